// Single keys, for those who want them: each does what a link of the page does. Not while somebody types, nor in a dialog.
// Links name their key in aria-keyshortcuts, or, of those after "g", in data-go.

const A_PAIR_IN_MILLISECONDS = 1500;
const FIELDS = "input, select, textarea, [contenteditable]";
// Of the event, not of now: a busy page handles both keys late.
let wentAt = -Infinity;

const rows = () => [...document.querySelectorAll("#main a.rowlink")];

function step(direction) {
  const links = rows();
  const here = links.indexOf(document.activeElement);
  const next = here < 0 ? links[0] : links[here + direction];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
  return links.length > 0;
}

async function copyId() {
  const link = document.activeElement.closest?.("a.rowlink[data-id]");
  const id = link ? link.textContent.trim() : document.querySelector("h1[data-task-id]")?.dataset.taskId;
  if (!id) return;
  await navigator.clipboard.writeText(id);
  document.dispatchEvent(new CustomEvent("portal:done", { detail: `Copied ${id}` }));
}

function press(element) {
  if (element?.matches(`${FIELDS}, summary`)) element.focus();
  if (!element?.matches(FIELDS)) element?.click();
  // At once: the menu itself would wait until it is shown, and what is typed meanwhile would be lost.
  if (element?.matches("summary")) element.nextElementSibling?.querySelector("input:not([type=hidden], [type=radio], [type=checkbox])")?.focus();
}

const DEEDS = {
  "?": () => document.getElementById("keys")?.showPopover(),
  c: copyId,
  g: (event) => (wentAt = event.timeStamp),
  j: () => step(1) || press(namedBy("j")),
  k: () => step(-1) || press(namedBy("k")),
};

/** The first one is the nearest: a page's own links come before the rail's. */
const wayTo = (key) => [...document.querySelectorAll("[data-go]")].find((link) => link.dataset.go === key);
/** What the row with the focus offers comes before what the page does. Other rows offer nothing. */
function namedBy(key) {
  const row = document.activeElement.closest?.("tr");
  const named = [...document.querySelectorAll("[aria-keyshortcuts]")].filter((each) => each.ariaKeyShortcuts === key);
  return named.find((each) => row?.contains(each)) ?? named.find((each) => !each.closest("tr"));
}

function deedOf({ key, timeStamp }) {
  const isAfterG = timeStamp - wentAt < A_PAIR_IN_MILLISECONDS;
  wentAt = -Infinity;
  const link = (isAfterG && wayTo(key)) || (!DEEDS[key] && namedBy(key));
  return link ? () => press(link) : DEEDS[key];
}

document.addEventListener("keydown", (event) => {
  const isModified = event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented;
  if (isModified || !document.body.hasAttribute("data-single-keys") || event.key.length > 1) return;
  if (event.target.closest?.(FIELDS) || document.querySelector(":popover-open, dialog[open]")) return;
  const deed = deedOf(event);
  if (!deed) return;
  event.preventDefault();
  deed(event);
});
