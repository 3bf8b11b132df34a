// Says on leaving a field what the portal would certainly say of it after sending: numbers and ratings. How people of
// many countries write numbers, such as 1.234,50 €, only the portal reads.

const NUMBER = /^[+-]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d+)?$/i;

function isGood(input) {
  const { check, low, high } = input.dataset;
  const text = input.value.trim();
  if (!text || /^[+-]?\d{1,3}[.,]\d{3}$/.test(text) || (/\d/.test(text) && !NUMBER.test(text))) return true;
  const value = Number(text.replace(",", "."));
  const isKind = NUMBER.test(text) && (check === "number" || Number.isInteger(value));
  return isKind && !(value < Number(low ?? -Infinity)) && !(value > Number(high ?? Infinity));
}

/** Says that a number has so many digits that it is sent as a text, which keeps them all. */
function noteLength(input) {
  const isLong = input.dataset.check === "number" && input.value.replace(/\D/g, "").replace(/^0+|0+$/g, "").length > 15;
  const note = document.getElementById(`${input.id}_length`);
  if (!isLong) note?.remove();
  else if (!note) {
    const line = Object.assign(document.createElement("span"), { id: `${input.id}_length`, className: "help" });
    line.textContent = input.dataset.long;
    input.after(line);
  }
}

function say(input, words) {
  const error = document.getElementById(`${input.id}_error`);
  error.hidden = !words;
  error.querySelector("span").textContent = words;
  input.closest(".field").classList.toggle("bad", Boolean(words));
  input.setAttribute("aria-invalid", String(Boolean(words)));
}

for (const input of document.querySelectorAll("[data-shortcuts] [data-check]")) {
  let isTouched = false;
  input.addEventListener("input", () => (isTouched = true));
  input.addEventListener("blur", () => {
    if (isTouched) say(input, isGood(input) ? "" : input.dataset.wrong);
    noteLength(input);
    isTouched = false;
  });
}
