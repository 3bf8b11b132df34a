// A form is sent once, however often its button is pressed, and shows that it is being sent.

const SLOW_AFTER_SECONDS = 5;

/** Count the seconds beside the button from the fifth on. */
function count(form, button) {
  const began = Date.now();
  const note = document.createElement("p");
  note.className = "muted small";
  note.setAttribute("role", "status");
  note.dataset.slow = "true";
  const seconds = document.createElement("span");
  seconds.setAttribute("aria-hidden", "true");
  const timer = setInterval(() => {
    if (!form.dataset.sent) {
      clearInterval(timer);
      return;
    }
    const passed = Math.round((Date.now() - began) / 1000);
    if (passed < SLOW_AFTER_SECONDS) return;
    if (!note.isConnected) {
      button.after(note);
      note.append(form.dataset.slow ?? "Still waiting", seconds);
    }
    seconds.textContent = ` (${passed} s)`;
  }, 1000);
}

function showThatItIsSent(form, button) {
  button.dataset.label = button.textContent;
  button.dataset.busy = "true";
  if (button.dataset.busyLabel) button.textContent = button.dataset.busyLabel;
  count(form, button);
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post" || "download" in form.dataset) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "true";
  form.setAttribute("aria-busy", "true");
  const buttons = [...form.elements].filter((element) => element.type === "submit");
  if (event.submitter?.matches("button")) showThatItIsSent(form, event.submitter);
  // Only after the browser has taken the pressed button's value into what it sends.
  setTimeout(() => {
    if (!form.dataset.sent) return;
    for (const button of buttons) button.setAttribute("aria-disabled", "true");
  });
});

// Back shows the page as it was left: its form can be sent again.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.removeAttribute("aria-busy");
    for (const button of form.elements) {
      if (button.type !== "submit") continue;
      button.removeAttribute("aria-disabled");
      if (button.dataset.busy && button.dataset.busyLabel) button.textContent = button.dataset.label;
      delete button.dataset.busy;
    }
  }
  for (const note of document.querySelectorAll("[data-slow]:not(form)")) note.remove();
});
