// Ctrl Enter creates the task, Ctrl Shift Enter creates it and starts another. What is typed and not sent is not left lightly.

function pressByKeyboard(form) {
  const create = form.querySelector("button[name=then][value=list]");
  const another = form.querySelector("button[name=then][value=another]");
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    (event.shiftKey ? another : create).click();
  });
}

/** Only for what the portal does not keep yet: see autosave.js. */
function askBeforeLeaving(form) {
  form.addEventListener("submit", () => delete form.dataset.unsaved);
  addEventListener("beforeunload", (event) => form.dataset.unsaved && event.preventDefault());
}

/** What stands beside the form and belongs to it: Enter there means the button that is named, and no task. */
function pressNamedButton(event) {
  const button = document.getElementById(event.target.dataset?.enter);
  if (event.key !== "Enter" || event.ctrlKey || event.metaKey || event.isComposing || !button) return;
  event.preventDefault();
  button.click();
}

for (const form of document.querySelectorAll("form[data-shortcuts]")) {
  pressByKeyboard(form);
  askBeforeLeaving(form);
  document.addEventListener("keydown", pressNamedButton);
}
