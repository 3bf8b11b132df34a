// Space presses a link that looks like a button, as it presses a button.

const BUTTONS = "a:is(.btn, .chip, .jump)[href]";

document.addEventListener("keydown", (event) => {
  if (event.key !== " " || !event.target.matches?.(BUTTONS)) return;
  event.preventDefault();
  if (!event.repeat) event.target.click();
});
