// Copy, paste, fill down, clear, pin, undo, and presets.

import { commitCurrent } from "./editing.js";
import { rowKeys } from "./rows.js";

// The pins that were pressed are stored one after the other.
let stored = Promise.resolve();

/** Texts as spreadsheets copy them: tabs between them, quotes around those that hold tabs, line ends or quotes. */
function asCopied(rows) {
  const quoted = (text) => (/[\t\n"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return rows.map((texts) => texts.map(quoted).join("\t")).join("\n");
}

/** The rows of texts in what was copied. Quotes count only where they enclose a whole cell. */
function readCopied(copied) {
  const text = copied.replace(/\r\n?/g, "\n").replace(/\n$/, "");
  const rows = [[]];
  const cell = /(?:"([^"]*(?:""[^"]*)*)"(?=[\t\n]|$)|([^\t\n]*))([\t\n]?)/y;
  for (let end = "\t"; end; ) {
    const [, quoted, plain, sign] = cell.exec(text);
    if (end === "\n") rows.push([]);
    rows.at(-1).push(quoted?.replaceAll('""', '"') ?? plain);
    end = sign;
  }
  // A single text in quotes is a quotation, unless it has what a spreadsheet puts into quotes.
  if (isOneCell(rows) && !/[\t\n"]/.test(rows[0][0])) return [[text]];
  return rows;
}

function isOneCell(rows) {
  return rows.length === 1 && rows[0].length === 1;
}

function isInGrid(event, grid) {
  return event.target.closest?.("table.grid") === grid.table && !event.target.matches("input, textarea");
}

function onCopy(grid, event) {
  if (!isInGrid(event, grid)) return;
  event.preventDefault();
  event.clipboardData.setData("text/plain", asCopied(grid.picked().map((cells) => cells.map((cell) => grid.edited(cell)))));
  const count = grid.picked().flat().length;
  grid.say(count === 1 ? "Copied" : `Copied ${count} cells`);
}

function onPaste(grid, event) {
  const isNowhere = !event.target.closest?.("input, textarea, select, [contenteditable]");
  const text = event.clipboardData.getData("text/plain");
  const rows = readCopied(text);
  const inCell = event.target.closest?.("[data-editing]");
  if (inCell && isOneCell(rows)) {
    const [[one]] = rows;
    if (one === text) return;
    if (event.target.matches("textarea") || !one.includes("\n")) {
      event.preventDefault();
      document.execCommand("insertText", false, one);
      return;
    }
  }
  if (!inCell && !isNowhere) return;
  event.preventDefault();
  commitCurrent();
  paste(grid, text);
}

export async function paste(grid, text) {
  const cell = grid.active;
  if (!cell || !text) return;
  const rows = readCopied(text);
  if (isOneCell(rows)) {
    for (const each of grid.picked().flat()) if (grid.canEdit(each)) grid.saving.change(each, rows[0][0]);
    return;
  }
  if (!grid.canAdd) {
    pasteHere(grid, cell, rows);
    return;
  }
  await grid.saving.finish();
  const at = grid.active; // the answer to what was typed brought another cell
  await pasteRows(grid, rows.length, new URLSearchParams({
    text: asCopied(rows), number: grid.numberOf(at), field: grid.nameOf(at),
    blank: grid.blank?.dataset.number ?? "",
    columns: grid.heads.map((head) => head.dataset.name).join("\n"),
  }));
}

/** In the rows that the portal made of the empty one, pinned columns count up. */
function countUp(grid, first) {
  for (const row of grid.rows.filter(({ dataset }) => dataset.number >= first && !("blank" in dataset))) {
    for (const [cell, next] of grid.series(row)) if (!grid.text(cell) && grid.canEdit(cell)) grid.saving.change(cell, next);
  }
}

async function pasteRows(grid, lines, body) {
  const first = Number(body.get("blank"));
  grid.say(lines === 1 ? "Pasting 1 row…" : `Pasting ${lines} rows…`);
  const url = grid.at("paste/");
  const answer = await grid.saving.ask(url + location.search, body.toString());
  if (answer.isFailure) grid.warn("The rows were not pasted. Paste them again, or import them as a file.", url);
  if (answer.isFailure || answer.problem || !answer.said) return grid.say("");
  grid.say(answer.headed ? "" : answer.said);
  // A later change would be undone before that of the headings.
  if (first && !answer.headed) countUp(grid, first);
  grid.active?.scrollIntoView({ block: "nearest", inline: "nearest" }); // the first of the rows
  if (answer.headed) grid.warn(answer.said, url, rowButton(grid, lines, body, answer.headed));
}

/** The button that makes a row of the first line, which was taken for headings by the change `headed`. */
function rowButton(grid, lines, body, headed) {
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Paste headings as a row" });
  button.className = "btn small";
  button.addEventListener("click", async () => {
    commitCurrent();
    await grid.saving.finish();
    const again = { first_row: "row", instead: headed };
    Object.entries(again).forEach(([name, value]) => body.set(name, value));
    await pasteRows(grid, lines, body);
    grid.activate(grid.active);
  });
  return button;
}

/** The rows of an import get no new ones. What does not fit is not pasted: it would be lost, or be in another field. */
function pasteHere(grid, cell, texts) {
  const rows = grid.rows.slice(grid.rows.indexOf(cell.closest("tr")));
  const width = grid.heads.length - cell.cellIndex + 1;
  const columns = Math.max(...texts.map((line) => line.findLastIndex((text) => text.trim()) + 1));
  for (const [what, copied, shown] of [["columns", columns, width], ["rows", texts.length, rows.length]]) {
    if (copied > shown) return grid.warn(`Not pasted: ${copied} ${what} don’t fit into the ${shown} shown from this cell on.`);
  }
  texts.forEach((line, down) => {
    const cells = grid.cells(rows[down]).slice(cell.cellIndex - 1);
    line.slice(0, width).forEach((each, right) => {
      if (grid.canEdit(cells[right])) grid.saving.change(cells[right], each);
    });
  });
}

/** Fill the picked cells from above, after the uppermost that has a text, and after the second if it counts up. */
function fillDown(grid) {
  const rows = grid.picked();
  for (const place of rows[0].keys()) {
    const cells = rows.map((row) => row[place]);
    const isCounting = cells.length > 2 && grid.counted(cells[1]);
    const given = cells.length > 1 && grid.text(cells[0]) ? (isCounting ? 2 : 1) : 0;
    const isEmptied = !("once" in grid.headOf(cells[0]).dataset);
    for (const cell of cells.slice(given).filter((each) => grid.above(each) && grid.canEdit(each))) {
      const filling = grid.filling(cell);
      if (filling || isEmptied) grid.saving.change(cell, filling);
    }
  }
}

/** Pin a column: on the page at once, since the next row may begin before the portal has answered, then at the portal. */
function pin(grid) {
  const { pin: url } = grid.sheet.dataset;
  commitCurrent();
  const cell = grid.active;
  if (!url || !cell) return;
  const last = grid.text(cell) ? cell : grid.above(cell);
  const counts = Boolean(last && grid.counted(last));
  const pinned = counts ? last : cell;
  const place = [grid.numberOf(pinned), grid.nameOf(pinned)];
  const before = grid.pin(pinned, counts);
  stored = stored.then(async () => {
    await grid.saving.finish();
    const now = pinned.isConnected ? pinned : grid.cell(...place);
    if (!now) return;
    const body = new URLSearchParams({ field: place[1], text: grid.edited(now), ...(counts && { counts }) });
    const answer = await grid.saving.ask(url, body.toString());
    if (answer.said) grid.settlePin(place[1], answer.pinned, counts ? "" : grid.edited(now));
    else grid.unpin(before, answer.isFailure && "The column was not pinned. Try again.");
    if (answer.said) grid.say(answer.said);
  });
}

async function applyPreset(grid, button) {
  commitCurrent();
  await grid.saving.finish();
  if (!grid.active) return;
  const blank = grid.blank?.dataset.number ?? "";
  const body = new URLSearchParams({ number: grid.numberOf(grid.active), blank });
  await grid.saving.ask(grid.at(button.dataset.preset), body.toString());
  if (blank) countUp(grid, Number(blank));
  closeMenu();
  grid.activate(grid.active);
}

function closeMenu() {
  document.getElementById("grid-menu").open = false;
}

async function press(grid, id) {
  commitCurrent();
  await grid.saving.finish();
  document.getElementById(id)?.click();
}

function clear(grid) {
  for (const cell of grid.picked().flat()) if (grid.canEdit(cell) && grid.text(cell)) grid.saving.change(cell, "");
}

/** Accept the warning of the active cell, or all like it. Its line under the grid does so, and may want a reason. */
function accept(grid, isForAll) {
  const line = document.getElementById(`issue-${grid.active.dataset.mark}`);
  if (!line) return;
  line.elements.number.value = isForAll ? "" : grid.numberOf(grid.active);
  line.elements.value.value = grid.text(grid.active);
  line.closest("details")?.setAttribute("open", "");
  if (line.elements.why?.value === "") line.elements.why.focus();
  else line.requestSubmit();
}

/** Undo and redo work in the tray, too: an action of it has the focus just before. */
function onKey(grid, event) {
  if (!event.target.closest?.(".sheet") || event.target.matches("input, textarea")) return;
  const isInTable = Boolean(event.target.closest("table.grid"));
  const key = event.key.toLowerCase();
  const isControl = (event.ctrlKey || event.metaKey) && !event.altKey;
  if (isControl && key === "d" && isInTable) fillDown(grid);
  else if (isControl && (key === "y" || (key === "z" && event.shiftKey))) press(grid, "redo");
  else if (isControl && key === "z") press(grid, grid.hasCreated && document.getElementById("undo-sending") ? "undo-sending" : "undo");
  else if (!isInTable) return;
  else if (["Delete", "Backspace"].includes(event.key) && !isControl && !event.altKey) clear(grid);
  else if (!event.altKey || event.ctrlKey) return; // with Ctrl, Alt types letters on some keyboards
  else if (event.code === "KeyP") pin(grid);
  else if (event.code === "KeyA") accept(grid, event.shiftKey);
  else if (rowKeys[event.code] && grid.blank) rowKeys[event.code](grid);
  else return;
  event.preventDefault();
}

export function listen(grid) {
  document.addEventListener("copy", (event) => onCopy(grid, event));
  document.addEventListener("cut", (event) => {
    if (!isInGrid(event, grid)) return;
    onCopy(grid, event);
    clear(grid);
  });
  document.addEventListener("paste", (event) => onPaste(grid, event));
  document.addEventListener("keydown", (event) => onKey(grid, event));
  document.addEventListener("keydown", (event) => {
    const digit = /^Digit([1-9])$/.exec(event.code)?.[1];
    if (!digit || !event.altKey || event.ctrlKey || event.metaKey) return;
    const button = document.querySelector(`[data-preset][aria-keyshortcuts="Alt+${digit}"]`);
    if (!button) return;
    event.preventDefault();
    applyPreset(grid, button);
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-preset], [data-rows], [data-accept]");
    if (button && "accept" in button.dataset) accept(grid);
    else if (button?.dataset.preset) applyPreset(grid, button);
    else if (button && grid.blank && grid.active) {
      closeMenu();
      rowKeys[button.dataset.rows](grid);
    }
  });
  const kept = sessionStorage.getItem("grid-paste");
  if (kept && grid.canAdd) {
    sessionStorage.removeItem("grid-paste");
    paste(grid, kept);
  }
}
