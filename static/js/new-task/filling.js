// Fills further fields of the form with what a chosen entry of a list says, if they are empty.

addEventListener("offers:fill", ({ target, detail }) => fillAll(target.form, detail));

// A field was left before its offers were there. The form is sent after them.
const expected = new Set();
addEventListener("offers:late", ({ target, detail }) => {
  const filling = fillLate(target, detail);
  expected.add(filling);
  filling.finally(() => expected.delete(filling));
});
addEventListener("submit", async (event) => {
  if (!expected.size) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  await Promise.all(expected);
  event.target.requestSubmit(event.submitter);
}, true);

async function fillLate(input, { text, taken }) {
  const found = await taken;
  if (!found || input.value !== text) return;
  if (found.value !== text) {
    input.value = found.value;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }
  fillAll(input.form, found.fills ?? {});
}

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
