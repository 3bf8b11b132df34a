// A click anywhere in a row follows the row's link; one that ends a drag, or asks for more than that, does not.

const A_DRAG_IN_PIXELS = 4;
let pressed = null;

document.addEventListener("pointerdown", (event) => (pressed = event));
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("tr")?.querySelector("a.rowlink");
  const isPlain = !event.defaultPrevented && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  if (!link || !isPlain || event.target.closest("a, button, input, select, textarea, label, summary")) return;
  const moved = pressed ? Math.hypot(event.clientX - pressed.clientX, event.clientY - pressed.clientY) : 0;
  if (moved > A_DRAG_IN_PIXELS || !getSelection().isCollapsed) return;
  link.click();
});
