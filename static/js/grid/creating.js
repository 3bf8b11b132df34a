// Ctrl Enter creates the rows that are ready. Typed rows stay in the page and show what became of them.

import { commitCurrent } from "./editing.js";

const POLL_MILLISECONDS = 3000;
const NOT_SAVED = "Nothing was created: what you typed is not saved yet. Try again in a moment.";

// What was said because the portal did not answer.
let unanswered = null;

async function create(grid) {
  const button = document.getElementById("send");
  if (!button || button.dataset.busy) return;
  const before = button.textContent;
  commitCurrent();
  button.dataset.busy = "true";
  const isSaved = await grid.saving.finish();
  const form = document.getElementById("create");
  if (!isSaved) grid.saving.tell(NOT_SAVED);
  else if (form) await send(grid, form);
  else pressAgain(grid, before);
  delete document.getElementById("send")?.dataset.busy;
}

/** The rows of an import are sent as the button says it. If the save changed the number, the person sees it first. */
function pressAgain(grid, before) {
  const button = document.getElementById("send");
  if (button?.textContent.trim() === before.trim()) return button.click();
  button?.focus();
  grid.say("The number of rows has changed. Press the button to create them.");
}

async function send(grid, form) {
  const ready = grid.rows.filter((row) => row.dataset.ready);
  // Those of other pages, too: the button counts them.
  const others = (form.dataset.allReady ?? "").split(",").filter((each) => each && !grid.row(each.split(":")[0]));
  if (!ready.length && !others.length) return grid.say("No row of this page is ready");
  const button = document.getElementById("send");
  const words = [...button.childNodes];
  button.setAttribute("aria-busy", "true");
  button.replaceChildren("Creating…");
  const rows = [...ready.map((row) => `${row.dataset.number}:${row.dataset.ready}`), ...others].join(",");
  const body = new URLSearchParams({ rows, import: grid.importId });
  const answer = await grid.saving.ask(form.action + location.search, body.toString());
  if (answer.isFailure) {
    unanswered = grid.warn("The portal did not answer. The rows show what was created as soon as it does.");
    await readAgain(grid);
  }
  if (button.isConnected) {
    button.removeAttribute("aria-busy");
    button.replaceChildren(...words);
  }
  if (!answer.isFailure && !answer.problem) grid.say(whatBecameOf(ready.map((row) => grid.row(row.dataset.number)?.dataset ?? {})));
  if (grid.blank && !grid.sheet.querySelector("[data-editing]")) grid.activate(grid.firstOpen(grid.blank));
}

/** Rows that wait or are still being created say so themselves. */
function whatBecameOf(rows) {
  if (rows.some((row) => "requested" in row)) return "";
  const sent = rows.filter((row) => "sent" in row).length;
  if (!sent) return "Nothing was created";
  return sent === 1 ? "1 row sent" : `${sent} rows sent`;
}

async function refresh(grid, rows) {
  const query = new URLSearchParams(location.search);
  query.set("rows", rows.map((row) => row.dataset.number).join(","));
  return query.get("rows") ? grid.saving.read(`${grid.sheet.dataset.created}?${query}`) : true;
}

/** Show what became of the rows of the page, which another window may have created. */
async function readAgain(grid) {
  const isRead = await refresh(grid, grid.rows.filter((row) => !grid.isNew(row.dataset.number)));
  if (!isRead) return;
  unanswered?.remove();
  unanswered = null;
}

export function listen(grid) {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.repeat) return;
    if (event.target.closest?.("dialog, form.issue")) return;
    event.preventDefault();
    create(grid);
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("#create button")) create(grid);
  });
  // What was typed is saved first. Then the button names another number, which the person sees before pressing it again.
  document.addEventListener(
    "submit",
    async (event) => {
      if (!event.target.querySelector("#send")) return;
      commitCurrent();
      if (!grid.saving.isDirty) return;
      event.preventDefault();
      event.stopPropagation();
      await grid.saving.finish();
      document.getElementById("send")?.focus();
    },
    true,
  );
  if (grid.sheet.dataset.created) {
    setInterval(() => {
      if (document.visibilityState !== "visible") return;
      const moving = grid.rows.filter((row) => "moving" in row.dataset);
      if (unanswered) readAgain(grid);
      else if (moving.length) refresh(grid, moving);
    }, POLL_MILLISECONDS);
    addEventListener("focus", () => grid.saving.isDirty || readAgain(grid));
  }
}
