// New, repeated and deleted rows. New ones come last: the numbers of rows stay.

import { commitCurrent } from "./editing.js";

function picked(grid) {
  return grid.picked().map(([cell]) => cell.parentElement).filter(({ dataset }) => !("blank" in dataset));
}

const ACTIONS = {
  KeyN: (grid) => grid.activate(grid.start(grid.blank)),

  /** Pinned columns count up, also in a row that repeats another. */
  KeyR(grid) {
    const first = grid.blank;
    for (const row of picked(grid)) {
      const { blank } = grid;
      const counted = grid.series(blank).map(([cell]) => cell);
      grid.cells(blank).forEach((cell, place) => {
        const text = grid.text(grid.cells(row)[place]);
        if (text && !counted.includes(cell)) grid.saving.change(cell, text);
      });
    }
    grid.activate(grid.cells(first)[0]);
  },

  /** The portal removes a row without texts. */
  Delete(grid) {
    const rows = picked(grid).filter(({ dataset }) => !("sent" in dataset));
    const next = rows.at(-1)?.nextElementSibling.children[grid.active.cellIndex];
    for (const cell of rows.flatMap((row) => grid.cells(row))) if (grid.text(cell)) grid.saving.change(cell, "");
    grid.activate(next);
    if (rows.length) grid.say(rows.length === 1 ? "1 row deleted" : `${rows.length} rows deleted`);
  },
};
ACTIONS.Backspace = ACTIONS.Delete;

export function listen(grid) {
  const act = (event, name) => {
    if (!ACTIONS[name] || !grid.blank || !grid.active) return;
    event.preventDefault();
    commitCurrent();
    ACTIONS[name](grid);
  };
  document.addEventListener("keydown", (event) => {
    const isAlone = event.altKey && !event.ctrlKey && !event.metaKey && !event.shiftKey;
    if (isAlone && event.target.closest?.("table.grid")) act(event, event.code);
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-rows]");
    if (!button) return;
    button.closest("details").open = false;
    act(event, button.dataset.rows);
  });
}
