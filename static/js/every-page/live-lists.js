// A list that refreshes itself: what somebody uses in it stays as it is, and the list says whether it is live.
// Lists come with static/vendor/idiomorph-0.8.0/, which changes what differs, and leaves the rest where it stands.

// A key that the API rejects; nobody signed in; what is theirs no longer. To ask again would bring the same.
const OVER = new Set([286, 401, 404]);

const isPolled = (element) => element?.matches?.("[data-pause-when-hidden]");

/** Somebody is about to copy something. */
function isSelectedIn(list) {
  const selection = getSelection();
  return !selection.isCollapsed && selection.rangeCount > 0 && selection.getRangeAt(0).intersectsNode(list);
}

/** A field that somebody is in, or has changed. */
function isInUse(node) {
  if (!node.matches?.("input, select, textarea")) return false;
  if (node === document.activeElement) return true;
  if (node.matches("select")) return [...node.options].some((option) => option.selected !== option.defaultSelected);
  return node.value !== node.defaultValue || node.checked !== node.defaultChecked;
}

function sayWhether(isLive, list) {
  const words = list.querySelector(".live");
  const since = words?.querySelector("[data-since]"); // without it, the server said that it is not
  if (!since || words.dataset.live === (isLive ? "yes" : "no")) return;
  words.dataset.live = isLive ? "yes" : "no";
  if (!isLive) since.textContent = new Date().toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}

document.addEventListener("DOMContentLoaded", () => {
  if (!window.Idiomorph) return;
  const { defaults } = window.Idiomorph;
  // Its own `ignoreActiveValue` leaves the words of a focused link or summary as they were, too.
  defaults.callbacks.beforeNodeMorphed = (old) => !isInUse(old);
  // What offers.js shows under a field is not of the server.
  defaults.callbacks.beforeNodeRemoved = (node) => !node.matches?.(".offers");
  defaults.callbacks.beforeAttributeUpdated = (name) => name !== "open";
});

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (isPolled(detail.requestConfig.elt) && detail.target === detail.requestConfig.elt && isSelectedIn(detail.target)) {
    detail.shouldSwap = false;
  }
});

document.addEventListener("htmx:afterRequest", ({ detail }) => {
  const list = detail.requestConfig.elt;
  if (!isPolled(list)) return;
  const isOver = OVER.has(detail.xhr.status);
  if (isOver) list.dataset.over = "";
  sayWhether(detail.successful && !isOver, list);
});

// Whoever asked for what is new goes on from there.
document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.requestConfig.elt.matches?.("[data-focus-first]")) detail.target.querySelector("tbody a")?.focus();
});
