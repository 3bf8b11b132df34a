// The palette opens from its link, by "/" and by Ctrl K. Closing it gives the focus back.

const palette = document.getElementById("palette");

document.addEventListener("click", (event) => {
  if (!palette || !event.target.closest(".jump, .rail .find")) return;
  event.preventDefault();
  palette.showModal();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
  event.preventDefault();
  if (palette && !palette.open) palette.showModal();
});
palette?.addEventListener("click", (event) => {
  if (event.target === palette) palette.close();
});
