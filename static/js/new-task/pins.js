// Alt P pins the field that has the focus: “Create and add another” keeps its value. Alt A says that its value was
// checked. Alt ↓ opens its list. Neither pins nor lists are tab stops: the next key would press what Tab leads to.

for (const each of document.querySelectorAll("form[data-shortcuts] :is(input[name=keep], button[name=choose])")) each.tabIndex = -1;

function toggle(field) {
  const pin = field?.querySelector("input[name=keep]");
  if (!pin) return;
  pin.click();
  const label = field.querySelector(".lab :is(label, .label)").textContent.trim();
  document.getElementById("said").textContent = `${label} ${pin.checked ? "pinned" : "not pinned"}`;
}

document.addEventListener("keydown", (event) => {
  const isAltAlone = event.altKey && !event.ctrlKey && !event.metaKey;
  const field = isAltAlone && event.target.closest?.("form[data-shortcuts] .field");
  if (!field) return;
  const accept = field.querySelector("[data-accept]");
  const choose = field.querySelector("button[name=choose]");
  if (event.code === "KeyP") toggle(field);
  else if (event.code === "KeyA" && accept) accept.click();
  else if (event.code === "ArrowDown" && choose) choose.click();
  else return;
  event.preventDefault();
});
