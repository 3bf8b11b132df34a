// The rows to fix: a row that was changed is saved when one goes on to another. htmx sends it, on "row-left".

const form = document.getElementById("fix");
const changed = () => document.querySelectorAll(".fixrows tr[data-changed]");
const isBeingSaved = () => document.querySelector(".fixrows tr.htmx-request");

// While it is being saved its answer is awaited first: that must not lie over what was typed since.
function save(row) {
  if (row.matches(".htmx-request")) return row.setAttribute("data-left", "");
  row.removeAttribute("data-changed");
  row.dispatchEvent(new CustomEvent("row-left"));
}

for (const kind of ["input", "change"]) {
  document.addEventListener(kind, ({ target }) => {
    target.closest(".fixrows tr[hx-post]")?.setAttribute("data-changed", "");
  });
}

// What was typed before this script was there counts too.
for (const input of document.querySelectorAll(".fixrows tr[hx-post] :is(input, textarea)")) {
  if (input.value !== input.defaultValue) input.closest("tr").setAttribute("data-changed", "");
}

// What sends the whole page sends this row too.
document.addEventListener("focusout", ({ target, relatedTarget }) => {
  const row = target.closest?.(".fixrows tr[data-changed]");
  const sendsAll = relatedTarget?.type === "submit" && relatedTarget.form === form;
  if (row && !row.contains(relatedTarget) && !sendsAll) save(row);
});

// The number on a button is that of the rows before: whoever presses it meanwhile sees the new one first.
document.addEventListener(
  "submit",
  (event) => {
    if (event.target === form) {
      for (const row of changed()) row.removeAttribute("data-changed");
    } else if (changed().length || isBeingSaved()) {
      event.preventDefault();
      changed().forEach(save);
    }
  },
  true,
);

// One went back into the row before it was saved: what is typed there stays, and is saved when the row is left again.
document.addEventListener("htmx:beforeSwap", (event) => {
  const row = event.target.closest?.(".fixrows tr");
  if (!row || !(row.contains(document.activeElement) || row.hasAttribute("data-changed"))) return;
  event.detail.shouldSwap = false;
  row.setAttribute("data-changed", "");
  const answer = document.createElement("template");
  answer.innerHTML = event.detail.xhr.responseText;
  const saved = answer.content.querySelector("tr:not([data-stale]) input[name^='was-']");
  if (saved) row.querySelector("input[name^='was-']").value = saved.value;
});

document.addEventListener("htmx:afterRequest", ({ detail }) => {
  const row = detail.elt.closest(".fixrows tr");
  if (!row) return;
  const wasLeft = row.hasAttribute("data-left");
  row.removeAttribute("data-left");
  if (!detail.successful) row.setAttribute("data-changed", "");
  else if (wasLeft) save(row);
});

addEventListener("beforeunload", (event) => changed().length && event.preventDefault());
