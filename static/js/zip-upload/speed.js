// How fast it goes and how long it takes, smoothed so that people can read it.

const HALF_LIFE = 3;

export class Speed {
  #perSecond = 0;
  #at;
  #sent = 0;
  #began;

  constructor(now) {
    this.#at = this.#began = now;
  }

  /** `sent` bytes in all, at `now` in seconds. Weighs the last few seconds most. */
  note(sent, now) {
    const seconds = now - this.#at;
    if (seconds < 0.2) return;
    const current = (sent - this.#sent) / seconds;
    const old = this.#perSecond ? 0.5 ** (seconds / HALF_LIFE) : 0;
    this.#perSecond = this.#perSecond * old + current * (1 - old);
    this.#at = now;
    this.#sent = sent;
  }

  get perSecond() {
    return this.#perSecond;
  }

  /** Whether enough was seen to foretell anything: at first, buffers on the way swallow all they can. */
  isSettled(now) {
    return now - this.#began >= 4 * HALF_LIFE && this.#perSecond > 0;
  }

  secondsLeft(total) {
    return this.#perSecond > 0 ? (total - this.#sent) / this.#perSecond : Infinity;
  }
}
