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

function askBeforeLeaving(form) {
  let isTyped = false;
  form.addEventListener("input", () => (isTyped = true));
  form.addEventListener("submit", () => (isTyped = false));
  addEventListener("beforeunload", (event) => isTyped && event.preventDefault());
}

for (const form of document.querySelectorAll("form[data-shortcuts]")) {
  pressByKeyboard(form);
  askBeforeLeaving(form);
}
