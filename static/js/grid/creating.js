// Ctrl Enter creates the rows that are ready, or applies the remedy in whose input it is pressed. Typed rows stay in the page and show what became of them.

import { commitCurrent } from "./editing.js";

const POLL_MILLISECONDS = 3000;

let unanswered = null;
// What somebody wants to create as soon as it is saved: the note about it, the rows, and the words of the button.
let waiting = null;

/** Create the ready rows. What was `wanted` earlier leaves alone what is typed meanwhile. */
async function create(grid, wanted = null) {
  const button = document.getElementById("send");
  if (!button || button.dataset.busy) return;
  const { words = button.textContent, rows = grid.rows.filter((row) => !("blank" in row.dataset)) } = wanted ?? {};
  if (!wanted) commitCurrent();
  const place = placeOf(grid);
  button.dataset.busy = "true";
  const isSaved = await grid.saving.finish();
  if (!wanted) grid.leaveRows();
  const form = document.getElementById("create");
  if (!isSaved) wait(grid, { words, rows });
  else if (form) await send(grid, form, rows, wanted ? null : place);
  else pressAgain(grid, words);
  delete document.getElementById("send")?.dataset.busy;
}

/** Create the rows as soon as they are saved, unless the note that says so is closed before. */
function wait(grid, wanted) {
  const count = grid.saving.dirtyCount;
  const what = count === 1 ? "1 row isn’t saved" : `${count} rows aren’t saved`;
  const then = count === 1 ? "it’s created once it is" : "they’re created once they are";
  const said = `Not created yet. ${what}. Leave this page open: ${then}.`;
  waiting?.note.remove();
  waiting = { ...wanted, note: grid.warn(said) };
}

function goOn(grid) {
  const wanted = waiting;
  waiting = null;
  if (!wanted?.note.isConnected) return;
  wanted.note.remove();
  create(grid, wanted);
}

/** The rows of an import are sent as the button says it. If the save changed the number, the person sees it first. */
function pressAgain(grid, before) {
  const button = document.getElementById("send");
  if (button?.textContent.trim() === before.trim()) return button.click();
  button?.focus();
  grid.say("The number of rows has changed. Press the button to create them.");
}

/** The cell in which the person is: somebody who goes on before the answer is not taken away from there. */
const placeOf = ({ active }) => active?.isConnected && [active.closest("tr").dataset.number, active.cellIndex].join(":");

async function send(grid, form, rows, place) {
  const ready = rows.filter((row) => row.isConnected && row.dataset.ready);
  // Those of other pages, too: the button counts them.
  const others = (form.dataset.allReady ?? "").split(",").filter((each) => each && !grid.row(each.split(":")[0]));
  if (!ready.length && !others.length) return grid.say("No row of this page is ready");
  const button = document.getElementById("send");
  const words = [...button.childNodes];
  button.setAttribute("aria-busy", "true");
  button.replaceChildren("Creating…");
  const seen = [...ready.map((row) => `${row.dataset.number}:${row.dataset.ready}`), ...others].join(",");
  const body = new URLSearchParams({ rows: seen });
  const answer = await grid.saving.ask(form.action + location.search, body.toString());
  if (answer.isFailure) {
    unanswered = grid.warn("The portal did not answer. The rows show what was created as soon as it does.");
    await readAgain(grid);
  }
  if (button.isConnected) {
    button.removeAttribute("aria-busy");
    button.replaceChildren(...words);
  }
  grid.hasCreated = !answer.isFailure && !answer.problem;
  if (grid.hasCreated) grid.say(answer.said ?? "");
  if (grid.blank && place === placeOf(grid) && !grid.sheet.querySelector("[data-editing]")) grid.activate(grid.start(grid.blank));
}

async function refresh(grid, rows) {
  const query = new URLSearchParams(location.search);
  query.set("rows", rows.map((row) => row.dataset.number).join(","));
  return query.get("rows") ? grid.saving.read(`${grid.at("created/")}?${query}`) : true;
}

/** Show what became of the rows of the page, which another window may have created. */
async function readAgain(grid) {
  const isRead = await refresh(grid, grid.rows.filter((row) => !grid.isNew(row.dataset.number)));
  if (!isRead) return;
  unanswered?.remove();
  unanswered = null;
}

export function listen(grid) {
  grid.saving.whenSaved = () => goOn(grid);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.repeat) return;
    if (event.target.closest?.("dialog")) return;
    const remedy = event.target.closest?.("form.issue");
    if (remedy && !event.target.matches("input, select, textarea")) return;
    event.preventDefault();
    if (remedy && event.target.value) remedy.querySelector("button:not([name])")?.click();
    else create(grid);
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
  if (grid.canAdd) {
    setInterval(() => {
      if (document.visibilityState !== "visible") return;
      const moving = grid.rows.filter((row) => "moving" in row.dataset);
      if (unanswered) readAgain(grid);
      else if (moving.length) refresh(grid, moving);
    }, POLL_MILLISECONDS);
    addEventListener("focus", () => grid.saving.isDirty || readAgain(grid));
  }
}
