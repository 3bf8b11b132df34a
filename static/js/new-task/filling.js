// Fills further fields of the form with what a chosen entry of a list says, if they are empty.

addEventListener("offers:fill", ({ target, detail }) => {
  for (const [name, text] of Object.entries(detail)) fill([...target.form.elements].filter((each) => each.name === `field-${name}`), text);
});

function fill(inputs, text) {
  const isRadio = inputs[0]?.type === "radio";
  const isFilled = isRadio ? inputs.some((input) => input.checked && input.value) : inputs[0]?.value;
  if (!inputs.length || isFilled) return;
  const input = isRadio ? inputs.find((each) => each.value === text) : inputs[0];
  if (!input) return;
  if (isRadio) input.checked = true;
  else input.value = text;
  for (const kind of ["input", "change"]) input.dispatchEvent(new Event(kind, { bubbles: true }));
}
