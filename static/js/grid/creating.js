// Ctrl Enter creates the rows that are ready. Typed rows stay in the page and show what became of them.

import { commitCurrent } from "./editing.js";

const POLL_MILLISECONDS = 3000;

async function create(grid) {
  const button = document.getElementById("send");
  if (!button || button.dataset.busy) return;
  commitCurrent();
  button.dataset.busy = "true";
  const isSaved = await grid.saving.finish();
  const form = document.getElementById("create");
  if (!isSaved) grid.warn("Nothing was created: what you typed is not saved yet. Try again in a moment.");
  else if (!form) document.getElementById("send").click();
  else if (form.dataset.create === "0") grid.say("No row is ready");
  else await send(grid, form);
  delete document.getElementById("send")?.dataset.busy;
}

async function send(grid, form) {
  const button = document.getElementById("send");
  button.setAttribute("aria-busy", "true");
  button.replaceChildren("Creating…");
  const answer = await grid.saving.ask(form.action, new URLSearchParams({ rows: form.dataset.create }).toString());
  if (answer.isFailure) {
    grid.warn("The portal did not answer. The rows show what was created as soon as it does.");
    await refresh(grid, grid.rows);
  }
  const count = form.dataset.create;
  if (!answer.isFailure && !answer.problem) grid.say(count === "1" ? "1 row sent" : `${count} rows sent`);
  if (grid.blank && !grid.sheet.querySelector("[data-editing]")) grid.activate(grid.firstOpen(grid.blank));
}

async function refresh(grid, rows) {
  const numbers = rows.map((row) => row.dataset.number).join(",");
  if (numbers) await grid.saving.read(`${grid.sheet.dataset.created}?rows=${numbers}`);
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
      const moving = grid.rows.filter((row) => "moving" in row.dataset);
      if (moving.length && document.visibilityState === "visible") refresh(grid, moving);
    }, POLL_MILLISECONDS);
  }
}
