// Ctrl Enter presses a form's first button, Ctrl Shift Enter its second. What is typed and not sent is not left lightly.

function pressByKeyboard(form) {
  const [create, another] = form.querySelectorAll("button[name=then]");
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

/** An error is where the cursor should be. */
function focusFirstError(form) {
  form.querySelector(".field.bad input, .field.bad select, .field.bad textarea")?.focus();
}

for (const form of document.querySelectorAll("form[data-shortcuts]")) {
  pressByKeyboard(form);
  askBeforeLeaving(form);
  focusFirstError(form);
}
