// The items of a ranking move at once; without this script their buttons go round by the portal.

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

/** Focus stays with the item; at an end, on its other button. */
function keepFocus(row, button) {
  const target = button.disabled ? row.querySelector("button:not(:disabled)") : button;
  target?.focus();
}

function move(event) {
  const button = event.target.closest("button[name=move]");
  if (!button) return;
  event.preventDefault();
  const list = event.currentTarget;
  const row = button.closest("li");
  if (button.value.endsWith(":up")) row.previousElementSibling?.before(row);
  else row.nextElementSibling?.after(row);
  renumber(list);
  keepFocus(row, button);
  const field = list.closest(".field");
  const sent = field.querySelector(`[name="send-${CSS.escape(list.dataset.ranking)}"]`);
  if (sent) sent.checked = true;
  const place = [...list.children].indexOf(row) + 1;
  field.querySelector("[role=status]").textContent = `${row.querySelector(".w").textContent}: ${place}.`;
  list.dispatchEvent(new Event("input", { bubbles: true }));
}

for (const list of document.querySelectorAll("[data-ranking]")) list.addEventListener("click", move);
