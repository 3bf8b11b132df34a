// A click beside an open menu, or Escape, closes it. A menu that a person opens to type in gets the cursor.

const FIELD = ":is(input:not([type=hidden], [type=checkbox], [type=radio]), textarea)";
const TEXT = `.pop ${FIELD}`;

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
// A digit chooses from the menu that is open.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || !/^[1-9]$/.test(event.key) || event.target.matches(FIELD)) return;
  document.querySelector(`details.menu[open] [data-digit="${event.key}"]`)?.click();
});
document.addEventListener(
  "toggle",
  ({ target }) => {
    if (target.matches(".pop details[open]")) target.querySelector(FIELD)?.focus();
    if (!target.matches("details.menu[open]")) return;
    const isOpenedByPerson = [document.body, target.querySelector("summary")].includes(document.activeElement);
    if (isOpenedByPerson) target.querySelector(TEXT)?.focus();
  },
  true,
);
