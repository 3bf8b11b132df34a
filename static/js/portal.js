"use strict";
// What every page needs: polls that pause in a hidden tab, times that stay true, waits that count down.
(() => {
  const MINUTE = 60, HOUR = 3600, DAY = 86400;

  // A fragment that refreshes itself asks for nothing while nobody can see it.
  document.addEventListener("htmx:beforeRequest", (event) => {
    const source = event.detail.elt;
    if (source.hasAttribute("data-pause-when-hidden") && document.hidden) event.preventDefault();
  });

  function ago(seconds) {
    if (seconds < 5) return "just now";
    if (seconds < MINUTE) return `${Math.floor(seconds)} s ago`;
    if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min ago`;
    return seconds < DAY ? `${Math.floor(seconds / HOUR)} h ago` : null;
  }

  function refreshTimes() {
    for (const time of document.querySelectorAll("time[datetime]")) {
      const words = ago((Date.now() - Date.parse(time.dateTime)) / 1000);
      if (words && time.textContent !== words) time.textContent = words;
    }
  }

  // After a 429: the link says how long is left and works when the wait is over.
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
  // A click beside an open menu, or Escape, closes it.
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = event.target.closest?.("details.menu[open], details.rail-fold[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });

  // A form is sent once, however often its button is pressed. (Back brings the page with its button alive again.)
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "true";
    form.setAttribute("aria-busy", "true");
  });
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      form.removeAttribute("aria-busy");
    }
  });

  // htmx: the server did not answer at all.
  function serverGone() {
    const notice = document.getElementById("page-notice");
    const template = document.getElementById("no-answer");
    if (notice && template) notice.replaceChildren(template.content.cloneNode(true));
  }
  // A refresh that worked again takes back the note about those that did not.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const source = event.detail.requestConfig.elt;
    if (event.detail.xhr.status >= 400 || !source.hasAttribute("data-pause-when-hidden")) return;
    for (const note of document.querySelectorAll("#page-notice [data-api-error]")) note.remove();
  });
  document.addEventListener("htmx:sendError", serverGone);
  document.addEventListener("htmx:timeout", serverGone);
  document.addEventListener("htmx:afterSwap", countDownAll);
  document.addEventListener("htmx:afterSwap", refreshTimes);
  countDownAll();
  setInterval(refreshTimes, 5000);
})();
