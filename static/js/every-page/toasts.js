// Toasts leave after a while, but not while somebody points at one or has the focus in it.

const STAYS_FOR_MILLISECONDS = 6000;
const UNDO_FOR_MILLISECONDS = 30000;
const DONE_FOR_MILLISECONDS = 2000;
const toasts = document.getElementById("toasts");

function leaveLater(toast, milliseconds = STAYS_FOR_MILLISECONDS) {
  setTimeout(() => (toast.matches(":hover, :focus-within") ? leaveLater(toast) : toast.remove()), milliseconds);
}

// Another script says that something is done.
document.addEventListener("portal:done", ({ detail }) => {
  const toast = document.getElementById("toast").content.firstElementChild.cloneNode(true);
  toast.querySelector("span").textContent = detail;
  toasts.append(toast);
  leaveLater(toast, DONE_FOR_MILLISECONDS);
});

toasts?.addEventListener("click", (event) => {
  if (event.target.closest("[type=button]")) event.target.closest(".toast").remove();
});
// Putting them in again makes screen readers announce what was on the page when it loaded.
toasts?.append(...toasts.children);
for (const toast of toasts?.children ?? []) {
  leaveLater(toast, toast.querySelector("form") ? UNDO_FOR_MILLISECONDS : STAYS_FOR_MILLISECONDS);
}
