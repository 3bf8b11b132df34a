// A click beside an open menu, or Escape, closes it.

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = event.target.closest?.("details.menu[open], details.rail-fold[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
