// A number or the first letters choose an option, as in a cell of the grid. Keys that follow quickly belong together.

const TOGETHER_IN_MILLISECONDS = 600;
let typed = "";
let typedAt = 0;

/** The option that a text names: one that equals it or begins with it, or the one with that number. */
function named(text, labels) {
  const folded = labels.map((label) => label.trim().toLowerCase());
  const same = folded.indexOf(text);
  const first = same >= 0 ? same : folded.findIndex((label) => label.startsWith(text));
  return first < 0 && /^[1-9]\d*$/.test(text) && Number(text) <= labels.length ? Number(text) - 1 : first;
}

function choose(event) {
  const control = event.target;
  if (event.key.length !== 1 || event.key === " " || event.ctrlKey || event.metaKey || event.altKey) return;
  const group = control.closest?.("[data-shortcuts] [role=radiogroup]");
  const isList = control.matches("[data-shortcuts] select") && /\d/.test(event.key); // lists know letters by themselves
  if (!group && !isList) return;
  const options = group
    ? [...group.querySelectorAll("input")].filter((radio) => radio.value)
    : [...control.options].filter((option) => option.value);
  const labels = options.map((option) => (group ? option.closest("label") : option).textContent);
  const now = Date.now();
  const both = now - typedAt < TOGETHER_IN_MILLISECONDS ? typed + event.key.toLowerCase() : "";
  const text = both && named(both, labels) >= 0 ? both : event.key.toLowerCase();
  const option = options[named(text, labels)];
  [typed, typedAt] = [text, now];
  if (!option) return;
  event.preventDefault();
  if (group) {
    option.checked = true;
    option.focus();
  } else {
    option.selected = true;
  }
  for (const name of ["input", "change"]) (group ? option : control).dispatchEvent(new Event(name, { bubbles: true }));
}

document.addEventListener("keydown", choose);
