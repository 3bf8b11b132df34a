// Typing in a cell. Choices are picked by their number, by their first letters, or from the list under the cell.

import { along, down, step, STEPS } from "./moving.js";

// The option that a digit picked last, and when. Keys that follow quickly belong together, as in the form.
const picked = { cell: null, key: "", at: 0 };
const TOGETHER_IN_MILLISECONDS = 600;
// In pixels: see grid.css.
const HIGHEST_LIST = 230;

class Editor {
  constructor(grid, cell, typed) {
    this.grid = grid;
    this.cell = cell;
    this.before = grid.edited(cell);
    this.typed = this.isBegunByTyping = typed !== undefined;
    const { kind, choices, offers } = grid.headOf(cell).dataset;
    this.choices = kind === "choice" ? JSON.parse(choices) : [];
    this.input = document.createElement(kind === "lines" || this.before.includes("\n") ? "textarea" : "input");
    this.input.value = typed ?? this.before;
    this.input.dir = "auto";
    if (offers !== undefined) this.input.dataset.offers = grid.nameOf(cell); // see offers.js
    this.input.setAttribute("aria-label", `${grid.headOf(cell).textContent.trim()}, row ${grid.numberOf(cell)}`);
    this.content = [...cell.childNodes];
    cell.dataset.editing = "";
    cell.replaceChildren(this.input);
    if (this.choices.length) this.#list();
    this.input.focus();
    this.input.setSelectionRange(this.input.value.length, this.input.value.length);
    this.input.addEventListener("input", () => this.#grow());
    this.input.addEventListener("blur", () => this.commit());
    this.#grow();
  }

  #list() {
    this.list = document.createElement("ul");
    this.list.id = "choices";
    this.list.setAttribute("role", "listbox");
    for (const [name, value] of Object.entries({
      role: "combobox", "aria-expanded": "true", "aria-controls": "choices", autocomplete: "off",
    })) this.input.setAttribute(name, value);
    this.list.addEventListener("mousedown", (event) => {
      event.preventDefault();
      const option = event.target.closest("li");
      if (option) this.#take(option.dataset.value);
    });
    this.cell.append(this.list);
    // Where there is no room under the cell, it opens upwards: no row is scrolled for it.
    const [box, here] = [this.cell.closest(".gridbox"), this.cell].map((each) => each.getBoundingClientRect());
    const below = box.bottom - here.bottom;
    this.list.classList.toggle("up", below < HIGHEST_LIST && here.top - box.top > below);
    this.#filter(this.typed ? this.input.value : "");
  }

  #filter(text) {
    const wanted = text.trim().toLowerCase();
    const shown = this.choices.filter((choice) => choice.toLowerCase().startsWith(wanted));
    this.list.replaceChildren(...shown.map((choice, place) => this.#option(choice, place)));
    const present = shown.indexOf(this.before);
    const exact = shown.findIndex((choice) => choice.toLowerCase() === wanted);
    this.#choose(shown.length ? (wanted ? Math.max(shown.indexOf(text.trim()), exact, 0) : present) : -1);
    this.list.hidden = !shown.length;
  }

  #option(choice, place) {
    const option = document.createElement("li");
    option.id = `choice-${place}`;
    option.setAttribute("role", "option");
    option.dataset.value = choice;
    const number = this.choices.indexOf(choice) + 1;
    option.append(choice);
    if (number < 10) option.append(Object.assign(document.createElement("kbd"), { textContent: String(number) }));
    return option;
  }

  #choose(place) {
    const options = [...this.list.children];
    options.forEach((option, at) => option.setAttribute("aria-selected", String(at === place)));
    this.chosen = options[place];
    if (this.chosen) {
      this.input.setAttribute("aria-activedescendant", this.chosen.id);
      const { offsetTop: top, offsetHeight: height } = this.chosen;
      const { scrollTop, clientHeight } = this.list;
      this.list.scrollTop = Math.min(top, Math.max(scrollTop, top + height - clientHeight));
    } else this.input.removeAttribute("aria-activedescendant");
  }

  walk(by) {
    if (!this.list || this.list.hidden) return false;
    const options = [...this.list.children];
    this.#choose((options.indexOf(this.chosen) + by + options.length) % options.length);
    this.hasWalked = true;
    return true;
  }

  #take(value) {
    this.input.value = value;
    this.commit();
    this.grid.activate(this.cell);
  }

  #grow() {
    this.typed ||= this.input.value !== this.before;
    if (this.list) this.#filter(this.input.value);
    if (this.input.matches("textarea")) this.input.rows = Math.min(5, this.input.value.split("\n").length + 1);
  }

  /** The text that is meant: of a list the chosen option, where letters were typed or arrows pressed. */
  get value() {
    const isPicked = this.chosen && (this.hasWalked || (this.typed && this.input.value.trim()));
    return isPicked ? this.chosen.dataset.value : this.written;
  }

  /** What the person wrote, without a completion that they have not taken. */
  get written() {
    return this.input.dataset.typed ?? this.input.value;
  }

  commit() {
    const { grid, cell } = this;
    if (!this.#end()) return;
    const text = this.result;
    cell.replaceChildren(...this.content);
    if (text !== this.before) grid.saving.change(cell, text);
  }

  revert() {
    if (this.#end()) this.cell.replaceChildren(...this.content);
  }

  #end() {
    if (!("editing" in this.cell.dataset)) return false;
    this.result = this.value;
    delete this.cell.dataset.editing;
    current = null;
    return true;
  }
}

let current = null;

export function begin(grid, cell, typed) {
  current?.commit();
  if (!grid.canEdit(cell)) {
    if ("long" in cell.dataset) grid.say("Open the row by its number to change this text");
    return;
  }
  current = new Editor(grid, cell, typed);
}

function whileEditing(grid, event) {
  const { cell } = current;
  const isAlone = !event.ctrlKey && !event.metaKey && !event.altKey;
  if (event.isComposing) return;
  if (event.key === "Escape") {
    current.revert();
    grid.activate(cell);
  } else if (event.key === "Enter" && (isAlone || event.ctrlKey || event.metaKey) && !event.shiftKey) {
    current.commit();
    if (isAlone) down(grid, cell);
    else {
      grid.activate(cell);
      return; // creates: see creating.js
    }
  } else if (event.altKey && !event.ctrlKey && event.code === "KeyP") {
    current.commit();
    grid.activate(cell);
    cell.dispatchEvent(new KeyboardEvent("keydown", event)); // pins it
  } else if (event.key === "F8") {
    current.commit();
    grid.activate(cell);
    return; // goes to the next error
  } else if (event.key === "Tab" && isAlone) {
    current.commit();
    if (!along(grid, cell, event.shiftKey)) return;
  } else if (["ArrowUp", "ArrowDown"].includes(event.key) && current.walk(event.key === "ArrowUp" ? -1 : 1)) {
    // a choice of the list
  } else if (isAlone && !event.shiftKey && leaves(event.key)) {
    current.commit();
    step(grid, cell, STEPS[event.key]);
  } else {
    event.stopPropagation();
    return;
  }
  event.preventDefault();
}

/** Whether an arrow leaves the cell: up and down a line, right the end of what was begun by typing. */
function leaves(key) {
  const { input, typed, isBegunByTyping } = current;
  if (key === "ArrowRight") return isBegunByTyping && input.selectionStart === input.value.length;
  return ["ArrowUp", "ArrowDown"].includes(key) && typed && !input.matches("textarea");
}

/** The choice that a digit picks at once. A digit with which longer ones begin is the start of a text. */
function choiceOf(key, labels) {
  if (!/^[1-9]$/.test(key) || labels.some((label) => label !== key && label.startsWith(key))) return undefined;
  return labels.includes(key) && labels.every((label) => /^\d+$/.test(label)) ? key : labels[Number(key) - 1];
}

function onKey(grid, event) {
  const cell = event.target.closest?.("table.grid td");
  if (current && cell === current.cell) {
    whileEditing(grid, event);
    return;
  }
  if (!cell || cell !== grid.active || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const { kind, choices } = grid.headOf(cell).dataset;
  if (event.key === "F2" || event.key === "Enter") {
    if (event.key === "Enter" && event.shiftKey) return;
    if (event.key === "Enter") down(grid, cell);
    else begin(grid, cell);
  } else if (picked.cell === cell && event.key.length === 1 && Date.now() - picked.at < TOGETHER_IN_MILLISECONDS) {
    begin(grid, cell, picked.key + event.key); // 15 is no 5: what is typed in one go is a text
    picked.cell = null;
  } else if (kind === "choice" && grid.canEdit(cell) && choiceOf(event.key, JSON.parse(choices))) {
    grid.saving.change(cell, choiceOf(event.key, JSON.parse(choices)));
    Object.assign(picked, { cell: grid.cell(grid.numberOf(cell), grid.nameOf(cell)) ?? cell, key: event.key, at: Date.now() });
  } else if (event.key.length === 1 && !(event.key === " " && event.shiftKey)) {
    begin(grid, cell, event.key);
  } else {
    return;
  }
  event.preventDefault();
}

/** Fill the empty cells of a row with texts by field. */
function fill(grid, row, texts) {
  for (const [name, text] of Object.entries(texts)) {
    const cell = grid.cell(row.dataset.number, name);
    if (cell && !grid.text(cell) && grid.canEdit(cell) && !("editing" in cell.dataset)) grid.saving.change(cell, text);
  }
}

/** The cell was left before its offers were there. It may be another element when they are. */
async function fillLate(grid, before, { text, taken }) {
  const [number, name] = [grid.numberOf(before), grid.nameOf(before)];
  const found = await taken;
  const cell = before.isConnected ? before : grid.cell(number, name);
  const isSame = cell && !("editing" in cell.dataset) && [grid.text(cell), grid.edited(cell)].includes(text);
  if (!found || !isSame || !grid.canEdit(cell)) return;
  if (found.value !== text) grid.saving.change(cell, found.value);
  fill(grid, cell.closest("tr"), found.fills ?? {});
}

export function listen(grid) {
  // What a chosen entry of a list says, for the empty cells of its row: see offers.js.
  addEventListener("offers:fill", ({ target, detail }) => fill(grid, target.closest("tr"), detail));
  addEventListener("offers:late", ({ target, detail }) => grid.saving.expect(fillLate(grid, target.closest("td"), detail)));
  document.addEventListener("keydown", (event) => onKey(grid, event), true);
  document.addEventListener("dblclick", (event) => {
    const cell = event.target.closest?.("table.grid tr[data-number] > td:not(.state)");
    if (cell) begin(grid, cell);
  });
}

export function commitCurrent() {
  current?.commit();
}

export function isChanged() {
  return Boolean(current) && current.value !== current.before;
}

/** End editing with what was typed so far. Return how to go on with it in the same cell, which may be another element. */
export function pauseCurrent(grid) {
  if (!current) return null;
  const { cell, input, typed } = current;
  const [number, name] = [grid.numberOf(cell), grid.nameOf(cell)];
  const { selectionStart, selectionEnd } = input;
  const value = current.written;
  current.commit();
  return () => {
    const again = grid.cell(number, name);
    const isElsewhere = document.activeElement !== document.body && !grid.table.contains(document.activeElement);
    if (!again || current || isElsewhere) return;
    grid.activate(again);
    begin(grid, again, typed ? value : undefined);
    if (typed) current?.input.setSelectionRange(selectionStart, selectionEnd);
  };
}
