// Keeps what is typed at the portal after a pause, so that a reload, a sign-in or another device finds it again.

const PAUSE_MILLISECONDS = 1500;
// Of what is larger, browsers promise nothing once a page is closed.
const MOST_BYTES_ON_LEAVING = 60_000;

function setUp(form) {
  let timer;
  let running;
  let changed = 0; // counts, so that what is typed during a save is saved after it
  let isLeaving = false;

  async function save({ keepalive = false } = {}) {
    clearTimeout(timer);
    if (isLeaving || (running && !keepalive)) return;
    const saving = changed;
    running = post(form, keepalive);
    const state = await running;
    running = null;
    if (isLeaving) return;
    show(state);
    if (saving !== changed) wait();
    else if (state) delete form.dataset.unsaved;
  }

  function wait() {
    clearTimeout(timer);
    timer = setTimeout(save, PAUSE_MILLISECONDS);
  }

  form.addEventListener("input", () => {
    changed += 1;
    form.dataset.unsaved = "true";
    wait();
  });
  form.addEventListener("submit", (event) => {
    if (!navigator.onLine) {
      event.preventDefault(); // the browser's page of the error would come in place of what was typed
      return say(" You’re offline. Nothing was sent: what you typed is only in this page.");
    }
    isLeaving = true;
    clearTimeout(timer);
  });
  addEventListener("pageshow", () => (isLeaving = false));
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden" && form.dataset.unsaved) save({ keepalive: isSmall(form) });
  });
  addEventListener("beforeunload", (event) => {
    if (isLeaving || !form.dataset.unsaved || isSmall(form)) return;
    save();
    event.preventDefault();
  });
}

function isSmall(form) {
  const texts = [...new FormData(form)].flat().join("\n");
  return new TextEncoder().encode(texts).length + 200 * form.elements.length < MOST_BYTES_ON_LEAVING;
}

/** What the portal says of it, as markup; null where it was not kept. */
async function post(form, keepalive) {
  const headers = { "HX-Request": "true" }; // signed out, the answer is a plain no
  try {
    const options = { method: "POST", body: new FormData(form), headers, keepalive, redirect: "error" };
    const answer = await fetch(form.dataset.draftUrl, options);
    return answer.ok || answer.status === 413 ? await answer.text() : null;
  } catch {
    return null;
  }
}

function show(markup) {
  const state = document.getElementById("draft-state");
  if (markup) {
    const parsed = new DOMParser().parseFromString(markup, "text/html").getElementById("draft-state");
    if (parsed) state.replaceWith(parsed);
    return;
  }
  say(" The draft is not saved just now: what you typed is only in this page.");
}

const say = (words) => {
  const state = document.getElementById("draft-state");
  state.setAttribute("role", "status");
  state.lastChild.textContent = words;
};

for (const form of document.querySelectorAll("form[data-draft-url]")) setUp(form);
