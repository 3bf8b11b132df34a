// The rows, cells and texts of the table. htmx may bring it again: only numbers of rows and names of fields are kept.

import { next, nextOf } from "./counting.js";

// Of a text, in its cell.
const LONGEST_SHOWN = 160;

export class Grid {
  #row = "";
  #name = "";
  // The other corner of the picked cells, as a row number and a name.
  anchor = null;
  // The cell that Enter left last, in the same way.
  left = null;
  #before = null;
  saving = null;
  // Whether nothing was changed since rows were created.
  hasCreated = false;
  #wasInTray = false;

  constructor() {
    document.addEventListener("htmx:afterSettle", () => this.#afterSwap());
    document.addEventListener("click", ({ target }) => target.closest?.("[data-close]")?.closest(".note").remove());
    new MutationObserver(() => this.#takeNotes()).observe(document.getElementById("page-notice"), { childList: true });
    document.addEventListener("scroll", ({ target }) => target.matches?.(".gridbox") && this.#showEdges(), true);
    addEventListener("resize", () => this.#showEdges());
    this.#takeNotes();
    this.#showEdges();
    this.#showStart();
  }

  get sheet() {
    return document.querySelector("#sheet > .sheet");
  }

  get canChange() {
    return Boolean(this.sheet?.dataset.page);
  }

  get table() {
    return this.sheet.querySelector("table.grid");
  }

  get token() {
    return this.sheet.querySelector("[name=csrfmiddlewaretoken]").value;
  }

  /** Whether rows are typed here. The rows of an import get no new ones. */
  get canAdd() {
    return "pin" in this.sheet.dataset;
  }

  /** The address of what the script posts. */
  at(name) {
    return this.sheet.dataset.page + name;
  }

  /** Show the address of the rows that the first text has begun. */
  takePlace(page) {
    if (page === this.sheet.dataset.page) return;
    this.sheet.dataset.page = page;
    history.replaceState(history.state, "", page + location.search);
  }

  get heads() {
    return [...this.table.querySelectorAll("thead [data-name]")];
  }

  get rows() {
    return [...this.table.querySelectorAll("tbody tr[data-number]")];
  }

  get blank() {
    return this.table.querySelector("tr[data-blank]");
  }

  row(number) {
    return this.table.querySelector(`tr[data-number="${number}"]`);
  }

  isNew(number) {
    return Boolean(this.row(number)?.matches("[data-new], [data-blank]"));
  }

  get newNumbers() {
    return this.rows.filter((row) => "new" in row.dataset).map((row) => Number(row.dataset.number));
  }

  cells(row) {
    return [...row.children].slice(1, -1);
  }

  cell(number, name) {
    const row = this.row(number);
    const place = this.heads.findIndex((head) => head.dataset.name === name);
    return row && place >= 0 ? this.cells(row)[place] : null;
  }

  headOf(cell) {
    return this.heads[cell.cellIndex - 1];
  }

  nameOf(cell) {
    return this.headOf(cell).dataset.name;
  }

  numberOf(cell) {
    return cell.closest("tr").dataset.number;
  }

  /** The text as the portal stores it. */
  text(cell) {
    return cell.dataset.text ?? (cell.querySelector(".v") ?? cell).textContent;
  }

  /** The text as a person edits it: times by their clock, and "Yes" for true. */
  edited(cell) {
    return cell.dataset.edited ?? this.text(cell);
  }

  canEdit(cell) {
    return cell.matches("tr[data-number]:not([data-sent]) > td:not(.state)") && !("long" in cell.dataset);
  }

  above(cell) {
    const row = cell.parentElement.previousElementSibling;
    return row?.dataset.number ? row.children[cell.cellIndex] : null;
  }

  /** The text that comes after that of a cell, if the cell counts on from the one above. */
  counted(cell) {
    const before = this.above(cell);
    if (!before || ["choice", "time"].includes(this.headOf(cell).dataset.kind)) return null;
    return next(this.edited(before)) === this.edited(cell) ? next(this.edited(cell)) : null;
  }

  /** The text that Ctrl D puts into a cell: the next one if the two above count up, or else that above. A value that is
      used once is never that above. */
  filling(cell) {
    const above = this.above(cell);
    if (!above) return "";
    const text = this.edited(above);
    return this.counted(above) ?? ("once" in this.headOf(cell).dataset ? next(text) ?? "" : text);
  }

  /** Show a typed text until the portal has answered. */
  show(cell, text) {
    cell.replaceChildren(text.replace(/\s+/g, " ").slice(0, LONGEST_SHOWN));
    cell.dataset.text = text;
    delete cell.dataset.edited;
    cell.classList.remove("bad", "fixed", "odd", "seen");
    for (const name of ["aria-invalid", "data-why", "data-answers", "data-mark", "title"]) cell.removeAttribute(name);
    if (cell === this.active) this.describe();
  }

  get active() {
    return this.cell(this.#row, this.#name);
  }

  activate(cell, { focus = true, pick = false } = {}) {
    if (!cell) return;
    this.left = null;
    for (const each of this.table.querySelectorAll("td[tabindex='0']")) {
      for (const name of ["tabindex", "aria-describedby", "data-ghost"]) each.removeAttribute(name);
    }
    if (!pick) this.pickNothing();
    else this.anchor ??= { number: this.#row, name: this.#name };
    cell.tabIndex = 0;
    cell.setAttribute("aria-describedby", "cellline");
    this.#row = this.numberOf(cell);
    this.#name = this.nameOf(cell);
    this.describe();
    if (pick) this.#showPicked();
    if (!focus) return;
    cell.focus({ preventScroll: true });
    cell.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** Fill the line under the grid: what is wrong with the active cell, its text if that is cut, and what Ctrl D does. */
  describe() {
    const cell = this.active;
    if (!cell) return;
    const head = this.headOf(cell);
    const [name, said, answers, hint, fill] = document.getElementById("cellline").children;
    const text = this.edited(cell);
    const isPending = !text && cell.matches("[data-fresh] > *");
    const why = (!isPending && cell.dataset.why) || cell.closest("tr").lastElementChild.dataset.why;
    const isCut = text.length > LONGEST_SHOWN || (cell.querySelector(".v") ?? cell).scrollWidth > cell.clientWidth;
    name.textContent = `Row ${this.numberOf(cell)} · ${head.textContent.trim()}`;
    said.className = `txt ${cell.dataset.mark ? "odd" : why ? "bad" : ""}`;
    said.textContent = [why && why.replace(/[^.?!]$/, "$&."), isCut && text].filter(Boolean).join(" ");
    hint.textContent = head.dataset.hint ?? "";
    const filling = !text && this.canEdit(cell) ? this.filling(cell).slice(0, LONGEST_SHOWN) : "";
    fill.textContent = filling && `Ctrl D: ${filling}`;
    if (filling) cell.dataset.ghost = filling;
    else delete cell.dataset.ghost;
    this.#showSeries();
    answers.replaceChildren(...JSON.parse(cell.dataset.answers ?? "[]").map((each) => this.#answer(cell, ...each)));
  }

  #answer(cell, words, text) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "btn small", textContent: words });
    button.addEventListener("click", () => {
      this.saving.change(cell, text);
      this.activate(cell);
    });
    return button;
  }

  /** Show at which sides more columns follow, and keep the active cell out from under what stays at the sides. */
  #showEdges() {
    const box = this.sheet?.querySelector(".gridbox");
    if (!box) return;
    const [number, first, state] = [0, 1, -1].map((place) => [...this.table.rows[0].cells].at(place));
    const stays = (cell) => getComputedStyle(cell).left !== "auto" || getComputedStyle(cell).right !== "auto";
    const left = number.offsetWidth + (stays(first) ? first.offsetWidth : 0);
    box.style.scrollPaddingInline = `${left}px ${stays(state) ? state.offsetWidth : 0}px`;
    box.toggleAttribute("data-before", box.scrollLeft > 1);
    box.toggleAttribute("data-after", box.scrollLeft + box.clientWidth < box.scrollWidth - 1);
  }

  pickNothing() {
    this.anchor = null;
    for (const each of this.table.querySelectorAll("[data-picked]")) each.removeAttribute("data-picked");
  }

  /** The picked cells as rows of cells, or the active cell alone. */
  picked() {
    const from = this.anchor && this.cell(this.anchor.number, this.anchor.name);
    const to = this.active;
    if (!to) return [];
    const [first, last] = order(from ?? to, to, (cell) => this.rows.indexOf(cell.closest("tr")));
    const [left, right] = order(from ?? to, to, (cell) => cell.cellIndex);
    const rows = this.rows.slice(first, last + 1);
    return rows.map((row) => this.cells(row).slice(left - 1, right));
  }

  #showPicked() {
    const { anchor } = this;
    this.pickNothing();
    this.anchor = anchor;
    for (const cell of this.picked().flat()) cell.dataset.picked = "";
  }

  addBlank(row) {
    if (!("blank" in row.dataset)) return;
    const next = row.cloneNode(true);
    this.#renumber(next, Number(row.dataset.number) + 1);
    delete row.dataset.blank;
    row.dataset.new = "";
    for (const cell of this.cells(next)) {
      cell.replaceChildren();
      for (const name of ["data-text", "data-edited", "data-editing", "data-picked", "data-ghost", "tabindex"]) cell.removeAttribute(name);
    }
    row.after(next);
  }

  /** Until a new row is left, its status is that somebody types in it. Return the cell with its former status. */
  startRow(row) {
    row.dataset.fresh = "";
    const state = document.createElement("td");
    state.className = "state";
    state.append(Object.assign(document.createElement("span"), { className: "muted", textContent: "Editing" }));
    const former = row.lastElementChild;
    former.replaceWith(state);
    return former;
  }

  /** Judge the new rows that do not have the element, because they were left. */
  leaveRows(element = null) {
    const left = [...this.table.querySelectorAll("[data-fresh]")].filter((row) => !row.contains(element));
    for (const row of left) {
      delete row.dataset.fresh;
      for (const cell of row.querySelectorAll("td.bad")) cell.setAttribute("aria-invalid", "true");
    }
    if (left.length) this.saving.showHeld();
  }

  #renumber(row, number) {
    row.dataset.number = String(number);
    row.id = `row-${number}`;
    row.querySelector(".n").textContent = String(number);
    if (number > 999) this.table.classList.add("long-numbers");
  }

  /** Give a row the number that the portal gave it. */
  moveTo(before, after) {
    const { blank } = this;
    const row = this.row(before);
    // The empty row makes room first: two rows of one number would both be the active one.
    if (blank && Number(blank.dataset.number) <= Number(after)) this.#follow(blank, Number(after) + 1);
    if (row && "new" in row.dataset) this.#follow(row, after);
  }

  #follow(row, number) {
    const before = row.dataset.number;
    if (this.#row === before) this.#row = String(number);
    if (this.anchor?.number === before) this.anchor.number = String(number);
    this.#renumber(row, number);
  }

  say(words, status = "") {
    const said = document.getElementById("grid-said");
    said.textContent = words;
    said.dataset.status = status;
  }

  get #notes() {
    return document.getElementById("grid-notes");
  }

  /** Say something that must not be missed, over the last rows and only once, with a button or without. Return the note. */
  warn(words, topic = "", ...button) {
    const present = [...this.#notes.children].find((each) => each.firstElementChild.textContent === words);
    if (present) return present;
    const note = document.createElement("div");
    note.className = "note";
    note.dataset.status = button.length ? "info" : "warning";
    note.dataset.topic = topic;
    const text = document.createElement("div");
    text.textContent = words;
    note.append(text, ...button);
    this.#notes.append(note);
    this.#takeNotes();
    return note;
  }

  /** Remove what was said of a topic, because it may no longer be true. */
  forget(topic) {
    for (const note of this.#notes.querySelectorAll("[data-topic]")) if (note.dataset.topic === topic) note.remove();
  }

  /** What other scripts say above the page would move the rows. Each note can be closed. */
  #takeNotes() {
    if (!this.sheet) return;
    this.#notes.append(...document.getElementById("page-notice").children);
    for (const note of this.#notes.querySelectorAll(":scope > .note:not(:has([data-close]))")) {
      note.append(document.getElementById("close-note").content.cloneNode(true));
    }
  }

  async keepNotes(swap) {
    const notes = [...this.#notes.children];
    await swap;
    this.#notes.prepend(...notes);
  }

  #showStart() {
    if (!this.canChange) return;
    for (const link of this.table.querySelectorAll(".no a")) link.tabIndex = -1;
    const at = this.sheet.dataset.at ? this.row(this.sheet.dataset.at) : null;
    const address = new URL(location.href);
    address.searchParams.delete("at"); // when the sheet comes again, the focus stays
    if (address.href !== location.href) history.replaceState(history.state, "", address);
    this.#showSeries(); // the first cell is one that no series fills
    const wrong = at?.querySelector("td.bad, td.odd") ?? (at && this.cells(at)[0]);
    const first = wrong ?? (this.blank && this.start(this.blank));
    const isFree = Boolean(at) || document.activeElement === document.body;
    if (first) this.activate(first, { focus: isFree });
    else if (this.rows.length) this.activate(this.cells(this.rows[0])[0], { focus: isFree });
  }

  /** Where a row begins: in the empty one at the first cell that no pinned value fills. */
  start(row) {
    const cells = this.cells(row);
    return ("blank" in row.dataset && cells.find((cell) => this.isOpen(cell))) || cells[0];
  }

  isOpen(cell) {
    return !this.text(cell) && !this.#pins?.children[cell.cellIndex].textContent.trim();
  }

  /** The names of the fields that entries of lists fill, for the codes in a row: whether they were looked up already or not. */
  filledByLists(row) {
    const lists = this.heads.filter(({ dataset }, place) => dataset.fills && this.text(this.cells(row)[place]));
    return new Set(lists.flatMap(({ dataset }) => JSON.parse(dataset.fills)));
  }

  get #pins() {
    return this.table.querySelector("tr.pinned");
  }

  /** Show that a column is pinned, or no longer, before the portal has stored it. Return how the pins were shown before. */
  pin(cell, counts) {
    const before = this.#pins.cloneNode(true);
    const pin = this.#pins.children[cell.cellIndex];
    const text = this.edited(cell);
    const isPinned = counts ? !pin.dataset.last : pin.textContent.trim() !== text;
    delete pin.dataset.last;
    pin.textContent = pin.dataset.unstored = isPinned ? text : "";
    if (counts && isPinned) Object.assign(pin.dataset, { last: text, lastRow: this.numberOf(cell) });
    if (counts) delete pin.dataset.unstored;
    this.#pins.hidden = !this.cells(this.#pins).some((each) => each.textContent.trim());
    this.#showSeries();
    return before;
  }

  /** Show what the portal has stored. The sheet is not read again: somebody may type in it. */
  settlePin(name, isPinned, text) {
    const pin = this.cells(this.#pins)[this.heads.findIndex(({ dataset }) => dataset.name === name)];
    if (!pin) return;
    delete pin.dataset.unstored;
    if (!isPinned) delete pin.dataset.last;
    if (!isPinned || text) pin.textContent = isPinned ? text : "";
    this.#pins.hidden = !this.cells(this.#pins).some((each) => each.textContent.trim());
    this.#showSeries();
  }

  unpin(before, words) {
    this.#pins.replaceWith(before);
    if (words) this.warn(words);
  }

  /** The cells of a new row with the texts of pins that the portal may not have stored yet: it adds the other ones. */
  newlyPinned(row) {
    return this.cells(this.#pins).filter(({ dataset }) => "unstored" in dataset).map((pin) => [row.children[pin.cellIndex], pin.dataset.unstored]);
  }

  /** The cells of a row with the texts to which the pinned columns count up. */
  series(row) {
    const columns = [...this.table.querySelectorAll("[data-last]")].map((pin) => [pin, row.children[pin.cellIndex]]);
    return columns.map(([pin, cell]) => {
      const texts = [];
      for (let above = this.above(cell); above; above = this.above(above)) texts.push(this.edited(above));
      // If the row that counted last is on the page, it may have been corrected since.
      const counted = this.row(pin.dataset.lastRow)?.children[cell.cellIndex];
      if (!counted || !this.text(counted)) texts.push(pin.dataset.last);
      return [cell, nextOf(texts) ?? "", pin];
    });
  }

  #showSeries() {
    for (const [, next, pin] of this.blank ? this.series(this.blank) : []) pin.textContent = next && `${next}, +1`;
  }

  #afterSwap() {
    this.#takeNotes();
    this.#showEdges();
    if (!this.sheet || !this.canChange) return;
    for (const link of this.table.querySelectorAll(".no a")) link.tabIndex = -1;
    const isLost = !document.activeElement || document.activeElement === document.body;
    const remedy = isLost && !this.sheet.dataset.at && this.#wasInTray && document.querySelector("#tray > .issue label :is(input, select, textarea)");
    const changed = this.#firstChanged();
    if (this.sheet.dataset.at) this.#showStart();
    else if (changed) this.activate(changed, { focus: isLost });
    else if (this.active) this.activate(this.active, { focus: isLost && !remedy });
    else this.#showStart();
    if (remedy) remedy.focus();
    this.saving?.showAgain();
  }

  rememberCells() {
    this.#before = new Map(this.rows.map((row) => [row.dataset.number, this.cells(row)]));
  }

  #firstChanged() {
    const before = this.#before;
    this.#before = null;
    const isChanged = (cell) => {
      const old = before.get(this.numberOf(cell))?.[cell.cellIndex - 1];
      return this.text(cell) !== (old ? this.text(old) : "");
    };
    return before && this.rows.flatMap((row) => this.cells(row)).find(isChanged);
  }

  /** Remember whether the focus is under the rows, where it goes on with the next remedy. */
  leaveSheet() {
    this.#wasInTray = Boolean(document.activeElement?.closest("#tray .issue"));
  }
}

function order(one, other, place) {
  return [place(one), place(other)].sort((a, b) => a - b);
}
