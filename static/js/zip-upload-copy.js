// Copies the command beside the button, and says so.

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const command = button.parentElement.querySelector("[data-command]");
  const status = document.querySelector("[data-copied]");
  try {
    await navigator.clipboard.writeText(command.textContent);
    status.textContent = status.dataset.copied;
    button.dataset.state = "copied";
    setTimeout(() => delete button.dataset.state, 2000);
  } catch {
    // Not allowed to write to the clipboard: the person copies what is now selected.
    getSelection().selectAllChildren(command);
  }
});
