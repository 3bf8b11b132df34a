// Keys that move from cell to cell. In a cell that is edited they are those of editing.js.

export const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

export function step(grid, cell, [down, right], options) {
  const row = cell.closest("tr");
  const rows = grid.rows;
  const target = rows[Math.min(Math.max(rows.indexOf(row) + down, 0), rows.length - 1)];
  const cells = grid.cells(target);
  const place = Math.min(Math.max(cell.cellIndex - 1 + right, 0), cells.length - 1);
  grid.activate(cells[place], options);
}

/** Go to the next cell, also of the next row. In a new row it is the next one that is still to be filled. */
export function along(grid, cell, isBack) {
  const row = cell.closest("tr");
  const rows = grid.rows;
  const cells = grid.cells(row);
  const rest = isBack ? cells.slice(0, cell.cellIndex - 1).reverse() : cells.slice(cell.cellIndex);
  const isNew = !isBack && row.matches("[data-blank], [data-fresh]");
  const other = rows[rows.indexOf(row) + (isBack ? -1 : 1)];
  const filled = grid.filledByLists(row);
  const next = isNew ? rest.find((each) => grid.isOpen(each) && !filled.has(grid.nameOf(each))) : rest[0];
  if (!next && !other && isBack) return false;
  grid.activate(next ?? (isBack ? grid.cells(other).at(-1) : grid.start(other ?? row)));
  return true;
}

/** Enter goes down, and from the last row to where the next one begins. */
export function down(grid, cell) {
  const row = cell.closest("tr");
  const next = grid.rows[grid.rows.indexOf(row) + 1];
  if (!next) return;
  grid.activate("blank" in next.dataset ? grid.start(next) : grid.cells(next)[cell.cellIndex - 1]);
  grid.left = [row.dataset.number, grid.nameOf(cell)];
}

function nextError(grid) {
  grid.leaveRows();
  const waiting = ".bad, .odd, tr:has(> .state > [data-status=info]) > .changed";
  const cells = [...grid.table.querySelectorAll("tbody td")].filter(
    (cell) => cell.matches(`${waiting}, tr:not(:has(.odd)) > .state:has(> [data-status=warning])`),
  );
  const rows = grid.rows;
  const place = (cell) => rows.indexOf(cell.closest("tr")) * 1000 + cell.cellIndex;
  // After Enter, the other errors of the row that it left come first.
  const from = (grid.left && grid.cell(...grid.left)) ?? grid.active;
  const here = from ? place(from) : -1;
  const next = cells.find((cell) => place(cell) > here);
  if (next || (cells.length && !grid.sheet.dataset.nextError)) {
    const cell = next ?? cells[0];
    grid.activate(cell.matches(".state") ? cell.closest("tr").children[1] : cell);
  } else if (grid.sheet.dataset.nextError) {
    const last = grid.rows.at(-1)?.dataset.number ?? 0;
    htmx.ajax("GET", `${grid.sheet.dataset.nextError}${last}`, { target: "#sheet", swap: "innerHTML" });
  }
}

function onKey(grid, event) {
  const cell = event.target.closest?.("td");
  if (!cell || cell.matches(".state") || event.defaultPrevented || "editing" in cell.dataset) return;
  const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
  if (event.key in STEPS && isPlain) {
    step(grid, cell, STEPS[event.key], { pick: event.shiftKey });
  } else if (event.key in STEPS && (event.ctrlKey || event.metaKey)) {
    step(grid, cell, STEPS[event.key].map((way) => way * 10_000), { pick: event.shiftKey });
  } else if (["Home", "End"].includes(event.key) && !event.altKey) {
    const far = event.key === "Home" ? -10_000 : 10_000;
    step(grid, cell, [isPlain ? 0 : far, far], { pick: event.shiftKey });
  } else if (["PageUp", "PageDown"].includes(event.key) && isPlain) {
    step(grid, cell, [event.key === "PageUp" ? -15 : 15, 0], { pick: event.shiftKey });
  } else if (event.key === "Tab" && isPlain && !("leaving" in grid.table.dataset)) {
    if (!along(grid, cell, event.shiftKey)) return;
  } else if (event.key === " " && event.shiftKey) {
    grid.activate(grid.cells(cell.closest("tr"))[0]);
    step(grid, grid.active, [0, 10_000], { pick: true });
  } else if (event.key === " " && event.ctrlKey) {
    grid.activate(grid.rows.findLast(({ dataset }) => !("blank" in dataset))?.children[cell.cellIndex]);
    step(grid, grid.active, [-10_000, 0], { pick: true });
  } else if (event.key === "Escape") {
    grid.pickNothing();
    grid.table.dataset.leaving = ""; // the next Tab leaves the grid
    grid.say("Press Tab to leave the grid");
    return;
  } else {
    return;
  }
  event.preventDefault();
}

export function listen(grid) {
  document.addEventListener("keydown", (event) => {
    const table = event.target.closest?.("table.grid");
    if (table) onKey(grid, event);
    if (table && !["Escape", "Tab", "Shift"].includes(event.key)) delete table.dataset.leaving;
    if (event.key === "F8" || (event.altKey && event.key === "ArrowDown" && table)) {
      event.preventDefault();
      nextError(grid);
    }
  });
  document.addEventListener("focusin", (event) => {
    const table = grid.sheet && grid.table;
    if (!table) return;
    if (!table.contains(event.target)) delete table.dataset.leaving;
    grid.leaveRows(event.target);
  });
  // A click beside the grid leaves the row, too. In another window it does not.
  document.addEventListener("focusout", () => {
    setTimeout(() => document.hasFocus() && grid.sheet && grid.leaveRows(document.activeElement));
  });
  document.addEventListener("mousedown", (event) => {
    const cell = event.target.closest?.("table.grid tr[data-number] > td:not(.state)");
    if (!cell || "editing" in cell.dataset) return;
    event.preventDefault();
    grid.activate(cell, { pick: event.shiftKey });
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("#next-error")) return;
    event.preventDefault();
    nextError(grid);
  });
  // The link to a single row goes to its cell. Only if the page does not show it, the link is followed.
  document.addEventListener(
    "click",
    (event) => {
      const link = event.target.closest?.("a[data-row]");
      const row = link && grid.row(link.dataset.row);
      if (!row) return;
      event.preventDefault();
      event.stopPropagation();
      for (const menu of document.querySelectorAll("#more-issues")) menu.open = false;
      grid.activate(grid.cell(link.dataset.row, link.dataset.field) ?? row.querySelector("td.bad, td.changed") ?? grid.cells(row)[0]);
    },
    true,
  );
}
