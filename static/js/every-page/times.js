// Relative times stay true while a page is open.

const REFRESH_MILLISECONDS = 5000;
const MINUTE = 60;
const HOUR = 3600;
const DAY = 86400;

/** As `web/times.py` says it; null from a day on, when the server's words stay as they are. */
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

document.addEventListener("htmx:afterSwap", refreshTimes);
setInterval(refreshTimes, REFRESH_MILLISECONDS);
