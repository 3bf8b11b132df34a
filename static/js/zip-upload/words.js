// Sizes, durations and names as people read them.

const UNITS = ["B", "kB", "MB", "GB", "TB"];

/** 842000000 → "842 MB" */
export function size(bytes) {
  let unit = 0;
  while (bytes >= 999.5 && unit < UNITS.length - 1) {
    bytes /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || bytes >= 99.95 ? 0 : bytes >= 9.995 ? 1 : 2;
  return `${bytes.toFixed(digits)} ${UNITS[unit]}`;
}

/** 6480 → "1 h 48 min"; coarser the longer it is, so that it does not flicker. */
export function duration(seconds) {
  if (!Number.isFinite(seconds)) return "unknown";
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const rest = minutes % 60;
  return rest ? `${Math.floor(minutes / 60)} h ${rest} min` : `${minutes / 60} h`;
}

// As pipelines_portal/web/file_names.py has it: what turns the text around it, breaks its line, or is not seen at all.
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
const LONGEST_NAME = 72;

/** A file's name: a sign that is seen for each that is not, and a long one without its middle. */
export function shortName(name) {
  const letters = Array.from(name);
  const half = LONGEST_NAME / 2;
  const short = letters.length > LONGEST_NAME ? [...letters.slice(0, half), "…", ...letters.slice(1 - half)] : letters;
  return short.join("").replace(UNSEEN, "\ufffd");
}
