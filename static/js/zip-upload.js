// Step 2 of the wizard: sends the chosen file, and knows what to do when that does not go well.

import { fingerprint, keepFile, keptFile } from "./chosen-file.js";
import "./zip-upload-copy.js";
import { Guard } from "./zip-upload-guard.js";
import { Portal } from "./zip-upload-portal.js";
import { Sending } from "./zip-upload-sending.js";
import { View } from "./zip-upload-view.js";

/** A name as it comes back from a form: line ends are one character, and half a character is no character. */
function asPosted(name) {
  const lines = name.replace(/\r\n?|\n/g, "\n");
  return lines.toWellFormed?.() ?? lines;
}

const TURNS_TO_WAIT = 8;

class Upload {
  #root;
  #view;
  #portal;
  #guard = new Guard();
  #file = null;
  #sending = null;
  #viaRelay = false;
  #takesOver = false;
  #turnsToWait = 0;

  constructor(root) {
    this.#root = root;
    this.#view = new View(root);
    this.#portal = new Portal(root);
    root.addEventListener("click", (event) => this.#clicked(event));
    root.querySelector("[data-file]").addEventListener("change", (event) => this.#choose(event.target));
    root.addEventListener("htmx:afterSwap", () => this.#otherTabMoved());
    addEventListener("online", () => this.#view.state === "offline" && this.#begin());
    addEventListener("pagehide", () => this.#sending && this.#portal.leave());
    this.#open();
  }

  async #open() {
    const file = keptFile();
    if (file && !(await this.#difference(file).catch(() => "unreadable"))) this.#file = file;
    this.#view.show(this.#root.hasAttribute("data-held") ? "elsewhere" : this.#resting);
  }

  get #resting() {
    return this.#file ? "ready" : "needs-file";
  }

  #clicked(event) {
    const action = event.target.closest("[data-do]")?.dataset.do;
    if (!action) return;
    event.preventDefault();
    const actions = {
      start: () => this.#begin(),
      renew: () => this.#begin(["renew"]),
      anyway: () => this.#begin(["anyway"]),
      relay: () => ((this.#viaRelay = true), this.#begin()),
      "take-over": () => ((this.#takesOver = true), this.#begin()),
      restart: () => this.#restart(),
      cancel: () => this.#cancel(),
      "keep-going": () => this.#sending?.keepGoing(),
      tell: () => this.#tellStored(),
    };
    actions[action]?.();
  }

  async #choose(input) {
    const file = input.files[0];
    if (!file) return;
    const difference = await this.#difference(file).catch(() => "unreadable");
    if (difference) {
      this.#view.text("mismatch", this.#root.querySelector(`[data-sentence="${difference}"]`).textContent);
      input.value = "";
      return this.#view.notice("mismatch", true);
    }
    this.#file = file;
    keepFile(file);
    this.#view.show("ready");
    this.#root.querySelector('[data-do="start"]')?.focus();
  }

  /** Why `file` is not the one that was checked, or null. */
  async #difference(file) {
    const { name, size, fingerprint: expected } = this.#root.dataset;
    if (asPosted(file.name) !== asPosted(name)) return "other-name";
    if (file.size !== Number(size)) return "other-size";
    const found = await fingerprint(file);
    return found && expected && found !== expected ? "other-content" : null;
  }

  async #begin(options = []) {
    if (!this.#file) return this.#view.show("needs-file");
    if (this.#sending || this.#view.state === "starting") return;
    this.#view.show("starting");
    if (this.#viaRelay) options.push("relay");
    if (this.#takesOver) options.push("take_over");
    const answer = await this.#portal.start(options);
    this.#view.text("problem", answer.message ?? "");
    if (this.#takesOver && answer.outcome === "put") this.#turnsToWait = TURNS_TO_WAIT;
    this.#takesOver &&= answer.outcome !== "put";
    if (answer.outcome === "moved") return location.assign(answer.url);
    if (answer.outcome !== "put") return this.#view.show(answer.outcome);
    await this.#send(answer);
  }

  async #send({ url, seconds }) {
    const headers = this.#viaRelay ? this.#portal.csrfHeader : {};
    this.#guard.start();
    this.#sending = new Sending(this.#file, this.#view, this.#guard, this.#portal);
    const result = await this.#sending.run(url, headers, Date.now() / 1000 + seconds);
    this.#sending = null;
    this.#guard.stop();
    // Starting again goes on with the same claim: a release that arrived late would free it.
    if (result === "restart") return this.#begin();
    // From here on the portal may find out by itself, should this tab die.
    if (result !== "cancelled") this.#portal.release();
    if (result === "stored") return this.#tellStored();
    this.#view.show(result);
    return result === "busy" ? this.#waitForTheOther() : undefined;
  }

  /** The tab that was told to stop hears of it with its next heartbeat; until then the storage takes from that one. */
  async #waitForTheOther() {
    if (this.#turnsToWait-- <= 0) return;
    await new Promise((resolve) => setTimeout(resolve, 3000));
    if (this.#view.state === "busy") await this.#begin();
  }

  async #tellStored() {
    this.#view.show("telling");
    const answer = await this.#portal.stored();
    this.#view.text("problem", answer.message ?? "");
    if (answer.outcome === "moved") return location.assign(answer.url);
    return this.#view.show(answer.outcome === "gone" ? "untold" : answer.outcome);
  }

  #restart() {
    if (this.#sending) return this.#sending.stop("restart");
    return this.#begin();
  }

  async #cancel() {
    this.#sending?.stop("cancelled");
    const answer = await this.#portal.cancel();
    this.#view.text("problem", answer.message ?? "");
    if (answer.outcome === "moved") return location.assign(answer.url);
    return this.#view.show(answer.outcome);
  }

  /** The other tab's fragment was refreshed: once it says that the way is free, this tab may offer to send. */
  #otherTabMoved() {
    if (this.#view.state === "elsewhere" && this.#root.querySelector("[data-free]")) this.#view.show(this.#resting);
  }
}

function openAll(scope) {
  const roots = scope.matches?.("[data-zip-upload]") ? [scope] : scope.querySelectorAll("[data-zip-upload]");
  for (const root of roots) {
    if (root.dataset.opened) continue;
    root.dataset.opened = "true";
    new Upload(root);
  }
}

openAll(document);
document.addEventListener("htmx:load", (event) => openAll(event.detail.elt));
