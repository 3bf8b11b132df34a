// Several rows that are pasted into the form belong into the grid: offer to go there with them.

const KEPT = "grid-paste";

function isRows(text, input) {
  const isTable = text.includes("\t") && text.trim().includes("\n");
  const isList = text.trim().includes("\n") && input.matches("input");
  return isTable || isList;
}

function offer(form, text) {
  document.getElementById("paste-offer")?.remove();
  const strip = document.createElement("div");
  strip.id = "paste-offer";
  strip.className = "strip";
  strip.setAttribute("role", "status");
  const words = document.createElement("span");
  const count = text.trim().split("\n").length;
  words.textContent = `You pasted ${count} rows. The form takes one.`;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn small";
  button.textContent = `Paste ${count} rows into the grid`;
  button.addEventListener("click", () => {
    sessionStorage.setItem(KEPT, text);
    location.assign(form.dataset.gridUrl);
  });
  strip.append(words, button);
  form.prepend(strip);
}

for (const form of document.querySelectorAll("form[data-grid-url]")) {
  form.addEventListener("paste", (event) => {
    const text = event.clipboardData.getData("text/plain").replace(/\r\n?/g, "\n");
    if (!event.target.matches("input, textarea") || !isRows(text, event.target)) return;
    event.preventDefault();
    offer(form, text);
  });
}
