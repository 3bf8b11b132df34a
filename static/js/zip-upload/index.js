// <zip-upload>, step 2 of the wizard: sends the chosen file, and knows what to do when that does not go well.

import { fingerprint, keepFile, keptFile, takeStart } from "./chosen-file.js";
import "./folder/index.js";
import { Guard } from "./guard.js";
import { Portal } from "./portal-calls.js";
import { Ending, Sending } from "./sending.js";
import { Instruction, Mismatch, State } from "./states.js";
import { View } from "./view.js";

const RETRIES_AFTER_TAKING_OVER = 8;
const RETRY_MILLISECONDS = 3000;

/** A name as it comes back from a form: line ends are one character, and half a character is no character. */
function asPosted(name) {
  const lines = name.replace(/\r\n?|\n/g, "\n");
  return lines.toWellFormed?.() ?? lines;
}

class ZipUpload extends HTMLElement {
  #view;
  #portal;
  #guard = new Guard();
  #connection;
  #file = null;
  #sending = null;
  #takesOver = false;
  #retriesLeft = 0;

  #actions = {
    start: () => this.#begin(),
    renew: () => this.#begin(["renew"]),
    "take-over": () => ((this.#takesOver = true), this.#begin()),
    restart: () => this.#restart(),
    cancel: () => this.#cancel(),
    "keep-going": () => this.#sending?.keepGoing(),
    confirm: () => this.#confirm(),
  };

  connectedCallback() {
    const cameBySwap = document.readyState === "complete"; // from step 1, whose button had the focus and is gone
    this.#view = new View(this);
    this.#portal = new Portal(this);
    this.#connection = new AbortController();
    const { signal } = this.#connection;
    this.addEventListener("click", (event) => this.#clicked(event), { signal });
    this.addEventListener("htmx:afterSwap", () => this.#otherTabMoved(), { signal });
    this.querySelector("[data-file]").addEventListener("change", (event) => this.#choose(event.target), { signal });
    this.addEventListener("folder-made", ({ detail }) => this.#take(detail.file), { signal });
    addEventListener("online", () => this.#view.state === State.OFFLINE && this.#begin(), { signal });
    addEventListener("pagehide", () => this.#sending && this.#portal.leave(), { signal });
    this.#open(cameBySwap);
  }

  disconnectedCallback() {
    this.#connection.abort();
  }

  async #open(cameBySwap) {
    const file = keptFile();
    const isToStart = takeStart();
    if (file && !(await this.#mismatch(file))) this.#file = file;
    this.#view.show(this.hasAttribute("data-held") ? State.ELSEWHERE : this.#resting);
    if (cameBySwap) this.#view.focus();
    if (isToStart && this.#view.state === State.READY) await this.#begin();
  }

  get #resting() {
    return this.#file ? State.READY : State.NEEDS_FILE;
  }

  #clicked(event) {
    const action = event.target.closest("[data-do]")?.dataset.do;
    if (!action) return;
    event.preventDefault();
    this.#actions[action]?.();
  }

  async #choose(input) {
    if (input.files[0] && !(await this.#take(input.files[0]))) input.value = "";
  }

  /** False when it is another file than the one that was checked, which is told. */
  async #take(file) {
    const mismatch = await this.#mismatch(file);
    if (mismatch) {
      this.#view.text("mismatch", this.querySelector(`[data-sentence="${mismatch}"]`).textContent.trim());
      this.#view.notice("mismatch", true);
      return false;
    }
    this.#file = file;
    keepFile(file);
    this.#view.show(State.READY);
    this.querySelector('[data-do="start"]')?.focus();
    return true;
  }

  /** Why `file` is not the one that was checked, or null. */
  async #mismatch(file) {
    const { name, size, fingerprint: expected } = this.dataset;
    // A ZIP file that was made here got its name here, and another version of the page may choose another one.
    if (!("isMade" in this.dataset) && asPosted(file.name) !== asPosted(name)) return Mismatch.NAME;
    if (file.size !== Number(size)) return Mismatch.SIZE;
    try {
      const found = await fingerprint(file);
      return found && expected && found !== expected ? Mismatch.CONTENT : null;
    } catch {
      return Mismatch.UNREADABLE;
    }
  }

  async #begin(options = []) {
    if (!this.#file) return this.#view.show(State.NEEDS_FILE);
    if (this.#sending || this.#view.state === State.STARTING) return;
    this.#view.show(State.STARTING);
    if (this.#takesOver) options.push("take_over");
    const answer = await this.#portal.start(options);
    const isClaimed = answer.outcome === Instruction.PUT;
    if (this.#takesOver && isClaimed) this.#retriesLeft = RETRIES_AFTER_TAKING_OVER;
    this.#takesOver &&= !isClaimed;
    return isClaimed ? this.#send(answer) : this.#follow(answer);
  }

  async #send({ url, seconds }) {
    this.#guard.start();
    this.#sending = new Sending(this.#file, this.#view, this.#guard, this.#portal);
    const result = await this.#sending.run(url, Date.now() / 1000 + seconds);
    this.#sending = null;
    this.#guard.stop();
    // Starting again goes on with the same claim: a release that arrived late would free it.
    if (result === Ending.RESTART) return this.#begin();
    // From here on the portal may find out by itself, should this tab die.
    if (result !== State.CANCELLED) this.#portal.release();
    if (result === Ending.STORED) return this.#confirm();
    this.#view.show(result);
    return result === State.BUSY ? this.#retryWhileBusy() : undefined;
  }

  /** The tab that was told to stop hears of it with its next heartbeat; until then the storage takes from that one. */
  async #retryWhileBusy() {
    if (this.#retriesLeft-- <= 0) return;
    await new Promise((resolve) => setTimeout(resolve, RETRY_MILLISECONDS));
    if (this.#view.state === State.BUSY) await this.#begin();
  }

  async #confirm() {
    this.#view.show(State.CONFIRMING);
    const answer = await this.#portal.stored();
    this.#follow(answer.outcome === State.UNREACHABLE ? { outcome: State.UNCONFIRMED } : answer);
  }

  #restart() {
    if (this.#sending) return this.#sending.stop(Ending.RESTART);
    return this.#begin();
  }

  async #cancel() {
    this.#sending?.stop(State.CANCELLED);
    this.#follow(await this.#portal.cancel());
  }

  /** To the page or the state that the portal names. */
  #follow({ outcome, message, url }) {
    this.#view.text("problem", message ?? "");
    if (outcome === Instruction.MOVED) return location.assign(url);
    return this.#view.show(outcome);
  }

  /** The other tab's fragment was refreshed: once it says that the way is free, this tab may offer to send. */
  #otherTabMoved() {
    if (this.#view.state !== State.ELSEWHERE || this.querySelector("#other-tab[data-held]")) return;
    this.#view.show(this.#resting);
  }
}

customElements.define("zip-upload", ZipUpload);
