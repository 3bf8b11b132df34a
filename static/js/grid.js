// The grid of rows: typing, pasting, keys, saving. Served as one file.

import { Grid } from "./grid/table.js";
import { listen as move } from "./grid/moving.js";
import { listen as edit } from "./grid/editing.js";
import { listen as copyAndPaste } from "./grid/clipboard.js";
import { Saving } from "./grid/saving.js";
import { listen as create } from "./grid/creating.js";
import "./offers.js";

const grid = new Grid();

if (grid.canChange) {
  grid.saving = new Saving(grid);
  edit(grid);
  move(grid);
  copyAndPaste(grid);
  create(grid);
}
