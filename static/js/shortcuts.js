"use strict";
// Ctrl Enter presses a form's first button, Ctrl Shift Enter its second. What is typed and not sent is not left lightly.
(() => {
  const form = document.querySelector("form[data-shortcuts]");
  if (!form) return;
  const [create, another] = form.querySelectorAll("button[name=then]");
  let typed = false;

  form.addEventListener("input", () => { typed = true; });
  form.addEventListener("submit", () => { typed = false; });
  addEventListener("beforeunload", (event) => { if (typed) event.preventDefault(); });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    (event.shiftKey ? another : create).click();
  });

  // An error is where the cursor should be.
  const wrong = form.querySelector(".field.bad input, .field.bad select, .field.bad textarea");
  if (wrong) wrong.focus();
})();
