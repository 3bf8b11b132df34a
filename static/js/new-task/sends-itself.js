// Pipelines asked for a pause and nothing was sent: the form sends itself when the pause is over, as if its button was
// pressed. It does not once somebody presses Cancel, changes a value, sends the form or leaves the page.

function sendAfterPause(button) {
  const { form } = button;
  const notice = button.closest(".note");
  const [waiting, stopped] = notice.querySelectorAll("[data-waiting], [data-stopped]");
  const listening = new AbortController();
  const { signal } = listening;

  function stop() {
    listening.abort();
    const isInUse = waiting.contains(document.activeElement);
    waiting.hidden = true;
    stopped.hidden = false;
    if (isInUse) form.querySelector("button[name=then][value=list]").focus();
  }

  notice.addEventListener("wait-over", () => {
    listening.abort();
    waiting.textContent = "Creating the task…";
    form.requestSubmit(button);
  }, { signal });
  notice.querySelector("[data-cancel]").addEventListener("click", stop, { signal });
  form.addEventListener("input", stop, { signal });
  form.addEventListener("change", stop, { signal });
  form.addEventListener("submit", () => listening.abort(), { signal });
  addEventListener("pagehide", stop, { signal });
}

for (const button of document.querySelectorAll("button[data-resend]")) sendAfterPause(button);
