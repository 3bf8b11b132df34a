// The rows to fix: a row that was changed is saved when one goes on to another. htmx sends it, on "row-left".

document.addEventListener("change", ({ target }) => {
  target.closest(".fixrows tr[hx-post]")?.setAttribute("data-changed", "");
});

document.addEventListener("focusout", ({ target, relatedTarget }) => {
  const row = target.closest?.(".fixrows tr[data-changed]");
  if (!row || row.contains(relatedTarget) || relatedTarget?.closest("button[form], form button")) return;
  row.removeAttribute("data-changed");
  row.dispatchEvent(new CustomEvent("row-left"));
});
