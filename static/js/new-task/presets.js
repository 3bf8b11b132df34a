// Alt 1 to Alt 9 apply a preset.

document.addEventListener("keydown", (event) => {
  const digit = /^Digit([1-9])$/.exec(event.code)?.[1];
  if (!digit || !event.altKey || event.ctrlKey || event.metaKey) return;
  const button = document.querySelector(`[aria-keyshortcuts="Alt+${digit}"]`);
  if (!button) return;
  event.preventDefault();
  button.click();
});
