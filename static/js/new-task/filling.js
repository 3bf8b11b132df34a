// Fills further fields of the form with what a chosen entry of a list says, if they are empty.

addEventListener("offers:fill", ({ target, detail }) => fillAll(target.form, detail));

// The field was left before its offers were there.
addEventListener("offers:late", async ({ target, detail }) => {
  const taken = await detail.taken;
  if (!taken || target.value !== detail.text) return;
  if (taken.value !== target.value) {
    target.value = taken.value;
    target.dispatchEvent(new Event("input", { bubbles: true }));
  }
  fillAll(target.form, taken.fills ?? {});
});

function fillAll(form, texts) {
  for (const [name, text] of Object.entries(texts)) fill([...form.elements].filter((each) => each.name === `field-${name}`), text);
}

function fill(inputs, text) {
  const isRadio = inputs[0]?.type === "radio";
  const isFilled = isRadio ? inputs.some((input) => input.checked && input.value) : inputs[0]?.value;
  if (!inputs.length || isFilled) return;
  const input = isRadio ? inputs.find((each) => each.value === text) : inputs[0];
  if (!input) return;
  if (isRadio) input.checked = true;
  else input.value = text;
  if (input === document.activeElement) input.select?.(); // as if it had been filled before
  for (const kind of ["input", "change"]) input.dispatchEvent(new Event(kind, { bubbles: true }));
}
