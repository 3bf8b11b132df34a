// New, repeated and deleted rows. New ones come last: the numbers of rows stay.

function picked(grid) {
  return grid.picked().map(([cell]) => cell.parentElement).filter(({ dataset }) => !("blank" in dataset));
}

function deleted(count) {
  return count === 1 ? "1 row deleted" : `${count} rows deleted`;
}

function whyNot(rows) {
  if (!rows.length) return "";
  if (rows.some(({ dataset }) => "requested" in dataset)) return "Not deleted. The row waits to be created: press Cancel first";
  return "Not deleted. The row is sent: Clear created removes it";
}

/** By the key that is pressed with Alt. */
export const rowKeys = {
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
    if (next) grid.activate(next);
    grid.say(rows.length ? deleted(rows.length) : whyNot(picked(grid)), rows.length ? "" : "warning");
  },
};
rowKeys.Backspace = rowKeys.Delete;
