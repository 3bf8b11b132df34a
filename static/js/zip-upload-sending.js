// One attempt at sending: figures, the link's expiry, standstill, the connection, and other tabs.

import { put } from "./zip-upload-put.js";
import { Speed } from "./zip-upload-speed.js";
import { duration, size } from "./zip-upload-words.js";

const STALL_SECONDS = 30;
const BEAT_SECONDS = 10;
const now = () => Date.now() / 1000;

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
  #beatAt = now();
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

  /** Resolves to the state that follows: "stored", or what kept it from that. */
  async run(url, headers, expiresAt) {
    this.#expiresAt = expiresAt;
    this.#view.show("sending");
    this.#show();
    this.#put = put(url, this.#file, { headers, onProgress: (sent) => this.#moved(sent) });
    const clock = setInterval(() => this.#tick(), 1000);
    const result = await this.#put.done;
    clearInterval(clock);
    return this.#stoppedFor ?? this.#stateAfter(result);
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
    if (now() - this.#beatAt >= BEAT_SECONDS) this.#beat();
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

  async #beat() {
    this.#beatAt = now();
    if (!(await this.#portal.beat())) this.stop("taken");
  }

  get #secondsLeft() {
    return this.#speed.secondsLeft(this.#file.size);
  }

  get #untilExpiry() {
    return this.#expiresAt - now();
  }

  async #stateAfter(result) {
    if (result.kind === "stored") return "stored";
    if (result.kind === "refused") this.#view.text("status", String(result.status));
    if (this.#untilExpiry <= 0) return "expired";
    if (result.kind === "refused") return BUSY.has(result.status) ? "busy" : "refused";
    if (!navigator.onLine) return "offline";
    if (!(await isReadable(this.#file))) return "unreadable";
    // Every byte left and only the answer is missing: the API can tell whether the archive is there.
    return result.sentAll ? "stored" : "lost";
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
