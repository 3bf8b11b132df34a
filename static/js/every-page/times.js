// Times that are told by how long ago stay true while a page is open; and the portal learns which clock is around.

const REFRESH_MILLISECONDS = 5000;
const A_YEAR_IN_SECONDS = 31536000;
const MINUTE = 60;
const HOUR = 3600;

/** As `core/times.py` writes it; null from an hour on: then it is day and hour, which the server wrote into `data-ago`. */
function ago(seconds) {
  if (seconds < 5) return "just now";
  if (seconds < MINUTE) return `${Math.floor(seconds)} s ago`;
  return seconds < HOUR ? `${Math.floor(seconds / MINUTE)} min ago` : null;
}

function refreshTimes() {
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const words = ago((Date.now() - Date.parse(time.dateTime)) / 1000) ?? time.dataset.ago;
    if (words && time.textContent !== words) time.textContent = words;
  }
}

/** A cookie, so that the first thing a page says is by the right clock: see accounts/preferences.py. */
function tellZone() {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const said = `zone=${encodeURIComponent(zone)}`;
  if (!zone || document.cookie.split("; ").includes(said)) return;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${said}; Path=/; Max-Age=${A_YEAR_IN_SECONDS}; SameSite=Lax${secure}`;
}

tellZone();
document.addEventListener("htmx:afterSwap", refreshTimes);
setInterval(refreshTimes, REFRESH_MILLISECONDS);
