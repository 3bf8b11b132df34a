// Offers entries of the field's list while somebody types, or else their own earlier values, of which it completes the
// only one. Nothing is taken by leaving. For inputs that name their field in `data-offers`. In a box for conditions
// (`data-offers="conditions"`), the last of them is what is typed. While a completion is shown,
// `data-typed` has what was typed. `offers:fill` tells the page which further fields a chosen entry fills.
// What a key does must not depend on whether the offers were there before it: `offers:late` has a promise of what the
// key that left an input takes as soon as they are.

const PAUSE_MILLISECONDS = 120;
// Later offers are left out: what waits for them goes on.
const LATEST_MILLISECONDS = 3000;
// As in workflows/lists.py: the portal offers nothing for fewer.
const FEWEST_LETTERS = 2;
const LONGEST_NOTE = 20;
const ARROWS = new Set(["ArrowDown", "ArrowUp", "ArrowRight", "End"]);

let box = null;
let marked = null;
let completion = "";
let timer;
// What was typed is being looked up, and the arrows pressed since: they count as soon as the offers are there.
let isSearching = false;
let held = [];
// Escape keeps what was typed since the last one.
let canKeep = false;
let running;

const address = () => document.querySelector("[data-offers-url]")?.dataset.offersUrl;
const isOfConditions = (input) => input.dataset.offers === "conditions";
/** What the offers are for: the whole text, or the last condition in it, which may have quotes. */
const typedIn = (input) => (isOfConditions(input) ? /(?:[^\s"]|"[^"]*(?:"|$))*$/.exec(input.value)[0] : input.value);
const isServed = (input) => Boolean(input.dataset?.offers && address());
const options = () => [...box.querySelectorAll("[role=option]")];

function close(input) {
  clearTimeout(timer);
  running?.abort();
  box?.remove();
  box = marked = null;
  input.setAttribute("aria-expanded", "false");
  for (const name of ["aria-controls", "aria-activedescendant"]) input.removeAttribute(name);
}

/** Remove the completion: what was typed stays. */
function strip(input) {
  if (!("typed" in input.dataset)) return;
  input.value = input.dataset.typed;
  delete input.dataset.typed;
}

function take(input, offered, fills = null) {
  delete input.dataset.typed;
  const before = input.value.slice(0, input.value.length - typedIn(input).length);
  const value = isOfConditions(input) ? `${before}${offered}${offered.endsWith(":") ? "" : " "}` : offered;
  input.value = value;
  input.setSelectionRange(value.length, value.length);
  close(input);
  input.dispatchEvent(new Event("input", { bubbles: true }));
  if (fills) input.dispatchEvent(new CustomEvent("offers:fill", { bubbles: true, detail: fills }));
  if (value.endsWith(":")) find(input, false);
}

function complete(input, value) {
  const typed = input.value;
  completion = value;
  input.value = typed + value.slice(typed.length);
  input.dataset.typed = typed;
  input.setSelectionRange(typed.length, input.value.length);
}

function mark(input, by) {
  const all = options();
  strip(input);
  const place = marked ? all.indexOf(marked) + by : by > 0 ? 0 : -1;
  marked = all.at(place % all.length);
  for (const each of all) each.setAttribute("aria-selected", String(each === marked));
  input.setAttribute("aria-activedescendant", marked.id);
}

const span = (className, ...content) => {
  const element = Object.assign(document.createElement("span"), { className });
  element.append(...content);
  return element;
};

/** The text with what was typed marked, where a word begins with it. */
function highlighted(text, typed) {
  const at = ` ${text.toLowerCase()}`.indexOf(` ${typed.toLowerCase()}`);
  if (at < 0) return [text];
  const mark = Object.assign(document.createElement("mark"), { textContent: text.slice(at, at + typed.length) });
  return [text.slice(0, at), mark, text.slice(at + typed.length)];
}

/** An earlier value with its count, or an entry of a list: its code, its name, and what it fills. */
function option([value, note, fills], place, typed) {
  const item = document.createElement("div");
  item.id = `offer-${place}`;
  item.setAttribute("role", "option");
  item.setAttribute("aria-selected", "false");
  item.dataset.value = value;
  item.fills = fills;
  if (fills) {
    const more = Object.values(fills).filter((text) => text !== note && text.length <= LONGEST_NOTE);
    item.append(span("code", ...highlighted(value, typed)), span("", ...highlighted(note, typed)));
    item.append(span("n", more.join(" · ")));
  } else item.append(span("", ...highlighted(value, typed)), span("n", Number.isInteger(note) ? `${note}×` : note));
  return item;
}

/** The box, with a line about its keys. Returns its list. */
function frame(hasCompletion) {
  const list = Object.assign(document.createElement("div"), { id: "offers-list" });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Earlier values");
  const hint = Object.assign(document.createElement("p"), { className: "hintline" });
  const key = (sign) => Object.assign(document.createElement("kbd"), { textContent: sign });
  const name = document.createElement("span");
  name.dataset.list = "";
  const keys = hasCompletion ? [key("→")] : [key("↓"), " chooses · ", key("⏎")];
  hint.append(name, ...keys, " takes it · ", key("Esc"), " keeps what you typed");
  box = Object.assign(document.createElement("div"), { className: "offers" });
  box.append(list, hint);
  return list;
}

function show(input, { values: found, list: name }, mayComplete) {
  const typed = typedIn(input);
  close(input);
  const others = othersIn(found, name, typed);
  if (!others.length) return;
  const isOnly = !isOfConditions(input) && !name && found.length === 1;
  const hasCompletion = mayComplete && isOnly && found[0][0].toLowerCase().startsWith(typed.toLowerCase());
  const list = frame(hasCompletion);
  if (isOfConditions(input)) list.setAttribute("aria-label", "Conditions");
  list.append(...others.map((each, place) => option(each, place, typed.trim())));
  if (name) {
    list.setAttribute("aria-label", name);
    box.querySelector("[data-list]").textContent = `${name} · `;
  }
  box.addEventListener("mousedown", (event) => {
    event.preventDefault();
    const chosen = event.target.closest("[role=option]");
    if (chosen) take(input, chosen.dataset.value, chosen.fills);
  });
  input.parentElement.append(box);
  input.setAttribute("aria-expanded", "true");
  input.setAttribute("aria-controls", list.id);
  place(input);
  if (isMarked(found, name, typed)) mark(input, 1);
  else if (hasCompletion) complete(input, found[0][0]);
}

const othersIn = (found, name, typed) => (name ? found : found.filter(([value]) => value !== typed));

/** Whether the first offer is marked at once: the only entry of a list, or the one with that code. */
const isMarked = (found, name, typed) => Boolean(name && found.length && (found.length === 1 || found[0][0] === typed.trim()));

/** What Enter or Tab takes of these offers after arrows were pressed, or null. */
function takenOf({ values: found, list: name }, typed, by) {
  const others = othersIn(found, name, typed);
  const first = isMarked(found, name, typed) ? 0 : by > 0 ? -1 : 0;
  if (!others.length || (!by && !isMarked(found, name, typed))) return null;
  const [value, , fills] = others.at((first + by) % others.length);
  return { value, fills };
}

/** Where there is no room under the input, the offers open upwards. On a phone they are above its keyboard. */
function place(input) {
  const [offers, field] = [box, input].map((each) => each.getBoundingClientRect());
  const around = input.closest(".gridbox")?.getBoundingClientRect() ?? { top: 0, bottom: innerHeight, right: innerWidth };
  box.classList.toggle("up", offers.bottom > around.bottom && field.top - around.top > offers.height);
  box.classList.toggle("end", offers.right > around.right);
  const { height, offsetTop } = visualViewport;
  box.style.setProperty("--keyboard", `${Math.max(0, innerHeight - height - offsetTop)}px`);
}

/** Return the offers, or null if somebody typed on meanwhile. */
async function read(input, signal) {
  const parameters = new URLSearchParams({ field: input.dataset.offers, text: typedIn(input) });
  try {
    const headers = { "HX-Request": "true" }; // signed out, the answer is a plain no
    const answer = await fetch(`${address()}?${parameters}`, { headers, signal, redirect: "error" });
    if (answer.ok) return await answer.json();
  } catch (error) {
    if (error.name === "AbortError") return null;
  }
  return { values: [] };
}

async function find(input, mayComplete) {
  const text = typedIn(input);
  running = new AbortController();
  const found = await read(input, running.signal);
  if (!found) return;
  isSearching = false;
  if (typedIn(input) !== text || document.activeElement !== input) return;
  show(input, found, mayComplete);
  for (const key of held.splice(0)) input.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
}

/** The key that leaves the input came before its offers: the page takes from them what the key would have taken. */
function takeLate(input) {
  const text = input.value;
  const by = held.reduce((sum, key) => sum + ({ ArrowDown: 1, ArrowUp: -1 }[key] ?? 0), 0);
  const taken = read(input, AbortSignal.timeout(LATEST_MILLISECONDS)).then((found) => takenOf(found, text, by));
  input.dispatchEvent(new CustomEvent("offers:late", { bubbles: true, detail: { text, taken } }));
}

function onInput(event) {
  const input = event.target;
  if (event.isTrusted && !event.isComposing && isServed(input)) search(input, event.inputType === "insertText");
}

function search(input, mayComplete) {
  delete input.dataset.typed;
  clearTimeout(timer);
  running?.abort();
  const isAtEnd = input.selectionEnd === input.value.length;
  isSearching = typedIn(input).trim().length >= (isOfConditions(input) ? 1 : FEWEST_LETTERS) && isAtEnd;
  canKeep = isSearching;
  held = [];
  if (!isSearching) close(input);
  else timer = setTimeout(find, PAUSE_MILLISECONDS, input, mayComplete);
}

/** The condition that Enter or Tab takes: the marked one, or with Tab also the only one. */
function conditionFor(key) {
  if (!box || !["Enter", "Tab"].includes(key)) return null;
  return marked ?? (key === "Tab" && options().length === 1 ? options()[0] : null);
}

/** Return whether the key did all that it should. */
function press(input, key, isPlain) {
  const isCompleted = "typed" in input.dataset;
  if (box && isPlain && ["ArrowDown", "ArrowUp"].includes(key)) mark(input, key === "ArrowDown" ? 1 : -1);
  else if (isSearching && isPlain && ARROWS.has(key)) held.push(key);
  else if (isCompleted && isPlain && ["ArrowRight", "End"].includes(key)) take(input, completion);
  else if ((box || isCompleted || canKeep) && key === "Escape") leave(input);
  else if (isPlain && isOfConditions(input) && conditionFor(key)) take(input, conditionFor(key).dataset.value);
  else {
    if (!["Enter", "Tab"].includes(key)) return false;
    if (isPlain && marked) take(input, marked.dataset.value, marked.fills);
    else if (isPlain && isSearching && !isOfConditions(input)) takeLate(input);
    leave(input);
    return false;
  }
  return true;
}

function leave(input) {
  isSearching = canKeep = false;
  strip(input);
  close(input);
}

function setUp(input) {
  for (const [name, value] of Object.entries({
    role: "combobox", "aria-autocomplete": "both", "aria-expanded": "false", autocomplete: "off",
  })) input.setAttribute(name, value);
}

// On the window, so that it comes before those of the form and of the grid.
addEventListener(
  "keydown",
  (event) => {
    const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey;
    if (event.isComposing || !isServed(event.target) || !press(event.target, event.key, isPlain)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  },
  true,
);
addEventListener("input", onInput, true);
addEventListener("blur", ({ target }) => isServed(target) && leave(target), true);
addEventListener("focusin", ({ target }) => isServed(target) && setUp(target));
visualViewport?.addEventListener("resize", () => box && place(box.parentElement.querySelector("[data-offers]")));
// A draft that is saved meanwhile, and a form that is sent, have what was typed.
addEventListener("formdata", ({ target, formData }) => {
  const input = target.querySelector("[data-typed]");
  if (input) formData.set(input.name, input.dataset.typed);
});
for (const input of document.querySelectorAll("input[data-offers]")) {
  input.removeAttribute("list"); // for pages without scripts
  if (isServed(input)) setUp(input);
}
// What was typed until now in a box for conditions, and an error in it: its caret is at the end.
const current = document.activeElement;
if (current && isServed(current) && isOfConditions(current)) {
  if (!current.selectionEnd) current.setSelectionRange(current.value.length, current.value.length);
  if (current.value !== current.defaultValue) search(current, false);
}
