// After a 429: the link says how long is left, and works when the wait is over.

function countDown(link) {
  let left = Number(link.dataset.countdown);
  const words = link.querySelector("[data-seconds]");
  link.removeAttribute("data-countdown");
  link.setAttribute("aria-disabled", "true");
  const timer = setInterval(() => {
    left -= 1;
    if (words) words.textContent = left > 0 ? ` (in ${left} s)` : "";
    if (left > 0) return;
    clearInterval(timer);
    link.removeAttribute("aria-disabled");
  }, 1000);
}

function countDownAll() {
  for (const link of document.querySelectorAll('[data-countdown]:not([data-countdown=""])')) countDown(link);
}

document.addEventListener("click", (event) => {
  if (event.target.closest('a[aria-disabled="true"]')) event.preventDefault();
});
document.addEventListener("htmx:afterSwap", countDownAll);
countDownAll();

// A pause that is told in words, beside what can be used meanwhile. At its end they send the event `wait-over`.
function countWait(words) {
  let left = Number(words.dataset.wait);
  words.removeAttribute("data-wait");
  const timer = setInterval(() => {
    left -= 1;
    words.textContent = left > 0 ? `${left} s` : "is over";
    if (left > 0) return;
    clearInterval(timer);
    words.dispatchEvent(new Event("wait-over", { bubbles: true }));
  }, 1000);
}

function countWaits() {
  for (const words of document.querySelectorAll("[data-wait]")) countWait(words);
}

for (const name of ["htmx:afterSwap", "page-changed"]) document.addEventListener(name, countWaits);
countWaits();

// While rows wait to be sent, Ctrl Z takes that back. In a text, and where another script knows more, it means something else.
addEventListener("keydown", (event) => {
  const isUndo = event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey;
  const button = document.getElementById("undo-sending");
  if (!isUndo || !button || event.defaultPrevented || event.target.closest?.("input, textarea, select")) return;
  event.preventDefault();
  button.click();
});
