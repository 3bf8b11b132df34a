// Selecting tasks by keyboard: x selects the row with the focus, Shift x from the row chosen last, Escape clears.
// The keys of the selection's buttons are for the row with the focus if none is selected.
// Without this script the checkboxes and their buttons work.

const form = () => document.getElementById("selection");
const boxes = () => [...(form()?.querySelectorAll("input[name=task]") ?? [])];
const chosen = () => boxes().filter((box) => box.checked);
let last = null;

function say() {
  const count = chosen().length;
  const words = form()?.querySelector("[data-selected]");
  if (words) words.textContent = `${count} selected`;
}

function select(box, isRange) {
  const all = boxes();
  const from = all.findIndex((one) => one.value === last);
  const to = all.indexOf(box);
  const isChecked = isRange || !box.checked;
  const range = isRange && from >= 0 ? all.slice(Math.min(from, to), Math.max(from, to) + 1) : [box];
  for (const one of range) one.checked = isChecked;
  last = box.value;
  say();
}

async function copySelected() {
  const ids = chosen().map((box) => box.value);
  await navigator.clipboard.writeText(ids.join("\n"));
  document.dispatchEvent(new CustomEvent("portal:done", { detail: ids.length === 1 ? `Copied ${ids[0]}` : `Copied ${ids.length} IDs` }));
}

document.addEventListener("keydown", (event) => {
  // In a checkbox, some browsers press the first button of the form.
  if (event.key === "Enter" && event.target.matches?.("#selection input[name=task]")) event.preventDefault();
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.("input:not([name=task]), textarea, select")) return;
  const box = event.target.closest?.("tr")?.querySelector("input[name=task]");
  if (event.key.toLowerCase() === "x" && box && document.body.hasAttribute("data-single-keys")) {
    select(box, event.shiftKey);
    event.preventDefault();
  } else if (event.key === "Escape" && chosen().length && !event.target.closest?.("details[open]")) {
    form().reset();
    say();
  }
});
// Before single-keys.js presses the button.
addEventListener(
  "keydown",
  (event) => {
    const isForSelection = form()?.querySelector(`.selbar [aria-keyshortcuts="${CSS.escape(event.key)}"]`);
    if (!isForSelection || chosen().length || event.target.matches?.("input, select, textarea")) return;
    const box = event.target.closest?.("tr")?.querySelector("input[name=task]");
    if (box && document.body.hasAttribute("data-single-keys")) select(box, false);
    else event.stopImmediatePropagation();
  },
  true,
);
document.addEventListener("click", (event) => {
  if (event.target.matches?.("#selection input[name=task]")) {
    if (event.shiftKey && last) select(event.target, true);
    last = event.target.value;
    say();
  }
  if (event.target.closest?.("[data-copy-selected]")) copySelected();
});
document.addEventListener("reset", () => setTimeout(say));

// The address of a list names the task that was muted, for example. If it left the list, the next row gets the focus.
const place = Number(/^#t(\d+)$/.exec(location.hash)?.[1]);
const links = place && !document.querySelector(location.hash) ? [...document.querySelectorAll("#selection a[id^=t]")] : [];
(links.find((link) => Number(link.id.slice(1)) < place) ?? links.at(-1))?.focus();
