"use strict";
// The button that copies a new key, shown only where it can work.
(() => {
  const button = document.querySelector("[data-copy]");
  const said = document.querySelector("[data-copied]");
  const input = document.getElementById(button.dataset.copy);

  async function copy() {
    input.select();
    try {
      await navigator.clipboard.writeText(input.value);
      said.textContent = "Copied.";
    } catch {
      said.textContent = "The browser does not allow copying: the key is selected, copy it with Ctrl+C.";
    }
  }

  button.hidden = false;
  button.addEventListener("click", copy);
})();
