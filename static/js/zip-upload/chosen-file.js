// The file a person chose: kept from one step of the wizard to the next, and recognised after a reload.

const EDGE = 64 * 1024;
let kept = null;
let isToStart = false;

/** Keep the File for the next step. It lives as long as this document does. */
export function keepFile(file) {
  kept = file;
}

/** The File kept, or null (after a reload, say). */
export function keptFile() {
  return kept;
}

/** The person said in step 1 that it shall go up: step 2 need not ask again. */
export function startOnArrival() {
  isToStart = true;
}

/** Whether that was said; once. */
export function takeStart() {
  const said = isToStart;
  isToStart = false;
  return said;
}

/** SHA-256 over the first and last 64 KiB, in hex; "" where the browser hashes nothing (plain HTTP off localhost). */
export async function fingerprint(file) {
  if (!globalThis.crypto?.subtle) return "";
  const edges = new Blob([file.slice(0, EDGE), file.slice(Math.max(0, file.size - EDGE))]);
  const hash = await crypto.subtle.digest("SHA-256", await edges.arrayBuffer());
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
