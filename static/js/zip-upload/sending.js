// One attempt at sending: figures, the link's expiry, standstill, the connection, and other tabs.

import { put } from "./put.js";
import { Speed } from "./speed.js";
import { State } from "./states.js";
import { duration, size } from "./words.js";

const STALL_SECONDS = 30;
const HEARTBEAT_SECONDS = 10;
const now = () => Date.now() / 1000;

/** How an attempt ends when the page has more to do than to show a State. */
export const Ending = Object.freeze({
  STORED: "stored",
  RESTART: "restart",
});

// The storage has no room for it just now; the same link is good.
const BUSY = new Set([429, 503]);

export class Sending {
  #file;
  #view;
  #guard;
  #portal;
  #put;
  #speed = new Speed(now());
  #sent = 0;
  #movedAt = now();
  #heartbeatAt = now();
  #shownAt = 0;
  #expiresAt;
  #stoppedFor = null;
  #lateIsFine = false;

  constructor(file, view, guard, portal) {
    this.#file = file;
    this.#view = view;
    this.#guard = guard;
    this.#portal = portal;
  }

  /** Resolves to Ending.STORED, or to what it was stopped for, or to the State that says what kept it from arriving. */
  async run(url, expiresAt) {
    this.#expiresAt = expiresAt;
    this.#view.show(State.SENDING);
    this.#show();
    this.#put = put(url, this.#file, { onProgress: (sent) => this.#moved(sent) });
    const clock = setInterval(() => this.#tick(), 1000);
    const result = await this.#put.done;
    clearInterval(clock);
    return this.#stoppedFor ?? this.#endingAfter(result);
  }

  stop(reason) {
    this.#stoppedFor = reason;
    this.#put.abort();
  }

  /** The person would rather see it end late than stop it. */
  keepGoing() {
    this.#lateIsFine = true;
    this.#view.notice("late", false);
  }

  #moved(sent) {
    this.#sent = Math.min(sent, this.#file.size);
    this.#movedAt = now();
    // Progress comes at full pace also in a hidden tab, where timers are slowed down.
    if (now() - this.#shownAt >= 0.5 || this.#sent === this.#file.size) this.#tick();
  }

  #tick() {
    // Also when nothing moved: a standstill is slow, not as fast as before it.
    this.#speed.note(this.#sent, now());
    this.#show();
    this.#warn();
    if (now() - this.#heartbeatAt >= HEARTBEAT_SECONDS) this.#heartbeat();
  }

  #show() {
    this.#shownAt = now();
    const percent = Math.floor((this.#sent / this.#file.size) * 100);
    this.#view.progress(percent);
    this.#guard.count(percent);
    this.#view.text("sent", `${size(this.#sent)} of ${size(this.#file.size)}`);
    this.#view.text("speed", this.#speed.perSecond ? `${size(this.#speed.perSecond)}/s` : "…");
    this.#view.text("left", this.#speed.perSecond ? duration(this.#secondsLeft) : "…");
    this.#view.text("expires", this.#untilExpiry > 0 ? `in ${duration(this.#untilExpiry)}` : "expired");
  }

  #warn() {
    this.#view.notice("stalled", now() - this.#movedAt >= STALL_SECONDS);
    this.#view.notice("offline", !navigator.onLine);
    const late = this.#secondsLeft - this.#untilExpiry;
    const isLate = this.#speed.isSettled(now()) && Number.isFinite(late) && late > 0 && !this.#lateIsFine;
    if (isLate) this.#view.text("late-by", duration(late));
    this.#view.notice("late", isLate);
  }

  async #heartbeat() {
    this.#heartbeatAt = now();
    if (!(await this.#portal.heartbeat())) this.stop(State.TAKEN);
  }

  get #secondsLeft() {
    return this.#speed.secondsLeft(this.#file.size);
  }

  get #untilExpiry() {
    return this.#expiresAt - now();
  }

  async #endingAfter(result) {
    if (result.kind === "stored") return Ending.STORED;
    if (result.kind === "refused") this.#view.text("status", String(result.status));
    if (this.#untilExpiry <= 0) return State.EXPIRED;
    if (result.kind === "refused") return BUSY.has(result.status) ? State.BUSY : State.REFUSED;
    if (!navigator.onLine) return State.OFFLINE;
    if (!(await isReadable(this.#file))) return State.UNREADABLE;
    // Every byte left and only the answer is missing: the API can tell whether the archive is there.
    return result.sentAll ? Ending.STORED : State.LOST;
  }
}

/** Browsers refuse to read a file that changed or moved since it was chosen. */
async function isReadable(file) {
  try {
    await file.slice(0, 1).arrayBuffer();
    await file.slice(-1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}
