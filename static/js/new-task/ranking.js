// A ranking is one tab stop: arrows choose an item, Alt and an arrow moves it. Without this script its buttons work.

function renumber(list) {
  const rows = [...list.children];
  rows.forEach((row, at) => {
    row.querySelector(".n").textContent = String(at + 1);
    const [up, down] = row.querySelectorAll("button");
    up.disabled = at === 0;
    down.disabled = at === rows.length - 1;
    up.value = up.value.replace(/:\d+:/, `:${at + 1}:`);
    down.value = down.value.replace(/:\d+:/, `:${at + 1}:`);
  });
}

function choose(list, row, { focus = true } = {}) {
  for (const one of list.children) one.tabIndex = one === row ? 0 : -1;
  if (focus) row.focus();
}

function move(list, row, isUp) {
  if (isUp) row.previousElementSibling?.before(row);
  else row.nextElementSibling?.after(row);
  renumber(list);
  choose(list, row);
  const field = list.closest(".field");
  const sent = field.querySelector(`[name="send-${CSS.escape(list.dataset.ranking)}"]`);
  if (sent) sent.checked = true;
  const place = [...list.children].indexOf(row) + 1;
  field.querySelector("[role=status]").textContent = `${row.querySelector(".w").textContent}: ${place}.`;
  list.dispatchEvent(new Event("input", { bubbles: true }));
}

function onClick(event) {
  const button = event.target.closest("button[name=move]");
  if (!button) return;
  event.preventDefault();
  move(event.currentTarget, button.closest("li"), button.value.endsWith(":up"));
}

function onKey(event) {
  const list = event.currentTarget;
  const row = event.target.closest("li");
  const isUp = event.key === "ArrowUp";
  if (event.key === " ") {
    const sent = list.closest(".field").querySelector(`[name="send-${CSS.escape(list.dataset.ranking)}"]`);
    sent?.click();
  } else if (!isUp && event.key !== "ArrowDown") {
    return;
  } else if (event.altKey) {
    move(list, row, isUp);
  } else {
    const next = isUp ? row.previousElementSibling : row.nextElementSibling;
    if (next) choose(list, next);
  }
  event.preventDefault();
}

for (const list of document.querySelectorAll("[data-ranking]")) {
  list.removeAttribute("tabindex");
  for (const button of list.querySelectorAll("button")) button.tabIndex = -1;
  const sent = list.closest(".field").querySelector(`[name="send-${CSS.escape(list.dataset.ranking)}"]`);
  if (sent) sent.tabIndex = -1;
  choose(list, list.firstElementChild, { focus: false });
  list.addEventListener("click", onClick);
  list.addEventListener("keydown", onKey);
}
