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
