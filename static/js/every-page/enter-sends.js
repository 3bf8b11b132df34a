// In a box that takes many lines but mostly gets one, Enter sends, Shift Enter begins a new line.

document.addEventListener("keydown", (event) => {
  const box = event.target.closest?.("textarea[data-enter-sends]");
  if (!box || event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  box.form.requestSubmit();
});
