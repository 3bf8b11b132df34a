// Toasts leave after a while, but not while somebody points at one or has the focus in it.

const STAYS_FOR_MILLISECONDS = 6000;
const toasts = document.getElementById("toasts");

function leaveLater(toast) {
  setTimeout(() => (toast.matches(":hover, :focus-within") ? leaveLater(toast) : toast.remove()), STAYS_FOR_MILLISECONDS);
}

toasts?.addEventListener("click", (event) => {
  if (event.target.closest("button")) event.target.closest(".toast").remove();
});
// Putting them in again makes screen readers announce what was on the page when it loaded.
toasts?.append(...toasts.children);
for (const toast of toasts?.children ?? []) leaveLater(toast);
