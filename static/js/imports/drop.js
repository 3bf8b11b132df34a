// Start page of an import: a dropped file, or rows pasted anywhere on the page, are read at once.

const form = document.querySelector("[data-drop]");
const file = form?.querySelector("input[type=file]");
const text = form?.querySelector("textarea");

function mark(event) {
  event.preventDefault();
  form.toggleAttribute("data-over", event.type === "dragover");
}

function take(event) {
  mark(event);
  if (!event.dataTransfer.files.length) return;
  file.files = event.dataTransfer.files;
  form.requestSubmit();
}

function paste(event) {
  const pasted = event.clipboardData.getData("text/plain");
  if (event.target.matches?.("input, textarea") || !pasted.trim() || text.value) return;
  event.preventDefault();
  text.value = pasted;
  form.requestSubmit();
}

if (form) {
  form.addEventListener("dragover", mark);
  form.addEventListener("dragleave", mark);
  form.addEventListener("drop", take);
  document.addEventListener("paste", paste);
}
