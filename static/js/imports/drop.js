// Step 1 of an import: a file dropped on the form is the one that is chosen, and is read at once.

const zone = document.querySelector("[data-drop]");
const input = zone?.querySelector("input[type=file]");

function mark(event) {
  event.preventDefault();
  zone.classList.toggle("over", event.type === "dragover");
}

function take(event) {
  mark(event);
  if (!event.dataTransfer.files.length) return;
  input.files = event.dataTransfer.files;
  input.form.requestSubmit();
}

if (input) {
  zone.addEventListener("dragover", mark);
  zone.addEventListener("dragleave", mark);
  zone.addEventListener("drop", take);
}
