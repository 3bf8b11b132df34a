// Enter in a field moves to the next one, and from the last to the button. It passes fields that are pinned and filled.
// It creates no task: tasks cannot be deleted.

/** The control of a field that takes the focus: for choices the chosen one. */
function controlOf(field) {
  const controls = [...field.querySelectorAll("input, select, textarea, button")].filter(
    (control) => !control.disabled && control.type !== "hidden" && control.tabIndex >= 0,
  );
  const ranked = field.querySelector("[data-ranking] > [tabindex='0']");
  if (ranked) return ranked;
  return controls.find((control) => control.type === "radio" && control.checked) ?? controls[0];
}

function isPassed(field) {
  const controls = [...field.querySelectorAll("input:not([name=keep], [type=hidden]), select, textarea")];
  const isFilled = controls.some(({ type, checked, value }) => value && (checked || !["radio", "checkbox"].includes(type)));
  return isFilled && field.querySelector("input[name=keep]")?.checked && !field.matches(".bad");
}

function next(form, field) {
  const fields = [...form.querySelectorAll(".field")];
  const following = fields.slice(fields.indexOf(field) + 1).filter((each) => !isPassed(each)).map(controlOf);
  return following.find(Boolean) ?? form.querySelector("button[name=then][value=list]");
}

function moveOn(event) {
  const control = event.target;
  if (event.key !== "Enter" || event.ctrlKey || event.metaKey || event.isComposing) return;
  const form = control.form ?? control.closest("form");
  if (!form?.matches("[data-shortcuts]") || control.matches("textarea")) return;
  if (event.repeat) event.preventDefault(); // held down, it would press the button that it came to
  if (!control.matches("input, select, [data-ranking] > li") || control.dataset.enter) return;
  event.preventDefault();
  if (event.repeat) return;
  const field = control.closest(".field");
  if (form.contains(control) && field) next(form, field).focus();
}

document.addEventListener("keydown", moveOn);
