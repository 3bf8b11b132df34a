// Start page of an import: a file that is chosen or dropped, or rows pasted anywhere on the page, are read at once.

const form = document.querySelector("[data-drop]");
const file = form?.querySelector("input[type=file]");
const text = form?.querySelector("textarea");

function send() {
  form.querySelector("[data-reading]").hidden = false;
  form.requestSubmit();
}

function mark(event) {
  event.preventDefault();
  form.toggleAttribute("data-over", event.type === "dragover");
}

function take(event) {
  mark(event);
  if (!event.dataTransfer.files.length) return;
  file.files = event.dataTransfer.files;
  send();
}

function choose() {
  if (file.files.length) send();
}

/** In the empty field as well: what somebody wrote there is theirs to send. */
function paste(event) {
  const pasted = event.clipboardData.getData("text/plain");
  if ((event.target !== text && event.target.matches?.("input, textarea")) || !pasted.trim() || text.value) return;
  event.preventDefault();
  text.value = pasted;
  send();
}

if (form) {
  form.addEventListener("dragover", mark);
  form.addEventListener("dragleave", mark);
  form.addEventListener("drop", take);
  file.addEventListener("change", choose);
  form.querySelector(".paste").addEventListener("toggle", ({ target }) => target.open && text.focus());
  document.addEventListener("paste", paste);
}
