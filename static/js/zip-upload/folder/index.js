// <folder-zip>: a folder, or several files, becomes a ZIP file in the browser. Says "folder-taken" when it begins and
// "folder-made" with {file, levels} when it is done. Every sentence stands in templates/uploads/_folder.html.

import { shortName, size } from "../words.js";
import { TooManyFiles, dropped, isZip, picked } from "./gathering.js";
import { Packing, UnreadableFile } from "./packing.js";

const count = (number) => `${number.toLocaleString("en")} ${number === 1 ? "file" : "files"}`;

class FolderZip extends HTMLElement {
  #packing = null;
  #work = null;
  #shown = 0;

  connectedCallback() {
    this.hidden = false;
    this.#emptyInputs(); // a browser may keep them over Back, without the archive that was made
    this.addEventListener("change", (event) => this.#picked(event));
    this.addEventListener("click", (event) => this.#clicked(event));
  }

  disconnectedCallback() {
    this.#work?.abort();
  }

  /** What was dropped, of which at least one thing is a folder or no ZIP file. */
  takeDrop(transfer) {
    this.#take(dropped(transfer, this.#most));
  }

  /** Something else was chosen. */
  forget() {
    this.#work?.abort();
    this.#work = this.#packing = null;
    this.#emptyInputs();
    this.#show("");
  }

  /** Make it anew without so many folders in which everything lies, one in the other. */
  leaveOut(levels) {
    if (this.#packing?.leaveOut(levels)) this.#make();
  }

  get #most() {
    return Number(this.dataset.mostFiles);
  }

  #picked(event) {
    event.stopPropagation();
    const input = event.target;
    const [file, ...others] = input.files;
    if (input.matches("[data-takes-zip]") && file && !others.length && isZip(file)) return this.#handOver(file);
    this.#emptyInputs(input);
    this.#take(Promise.resolve().then(() => picked(input, this.#most)));
  }

  /** One ZIP file goes up as it is. */
  #handOver(file) {
    this.dispatchEvent(new CustomEvent("zip-picked", { bubbles: true, detail: { file } }));
  }

  #emptyInputs(besides = null) {
    for (const input of this.querySelectorAll("input[type=file]")) if (input !== besides) input.value = "";
  }

  #clicked(event) {
    const action = event.target.closest("[data-folder-do]")?.dataset.folderDo;
    if (action === "stop") this.#work?.abort();
    if (action === "put-back") {
      this.#packing.putBack();
      this.#make();
    }
  }

  async #take(gathered) {
    const work = this.#begin();
    this.#show("looking");
    try {
      const files = await gathered;
      if (work.signal.aborted) return;
      this.#packing = this.#packed(files);
    } catch (error) {
      return this.#failed(error, work);
    }
    await this.#make();
  }

  /** Who chooses a folder means what is in it, unless that is the folder of one task. */
  #packed(files) {
    if (this.dataset.levels) return new Packing(files, Number(this.dataset.levels));
    const packing = new Packing(files);
    if (!packing.isOneTask(this.dataset.fields?.split(" ").filter(Boolean) ?? [])) packing.leaveOut();
    return packing;
  }

  async #make() {
    const [packing, work] = [this.#packing, this.#begin()];
    this.#sayAll(packing);
    const problem = await this.#problemWith(packing);
    if (work.signal.aborted) return;
    if (problem) return this.#show(problem);
    this.#shown = 0;
    this.#show("making");
    try {
      const file = await packing.build(work.signal, (part) => this.#progress(part));
      if (!work.signal.aborted) this.#done(file, packing);
    } catch (error) {
      this.#failed(error, work);
    }
  }

  /** One thing at a time: what was begun before is given up. */
  #begin() {
    this.#work?.abort("replaced");
    this.#work = new AbortController();
    this.dispatchEvent(new CustomEvent("folder-taken", { bubbles: true }));
    return this.#work;
  }

  /** Before anything is read: the part that says why it cannot be made, or "". */
  async #problemWith(packing) {
    if (!packing.count) return "empty";
    if (packing.size > Number(this.dataset.largest)) return "too-large";
    const { quota, usage } = (await navigator.storage?.estimate().catch(() => null)) ?? {};
    return quota && packing.size > quota - usage ? "no-room" : "";
  }

  #done(file, packing) {
    this.#show("made");
    const detail = { file, levels: packing.levels };
    this.dispatchEvent(new CustomEvent("folder-made", { bubbles: true, detail }));
  }

  #failed(error, work) {
    if (work.signal.aborted) return work.signal.reason === "replaced" ? undefined : this.#show("stopped");
    if (error instanceof TooManyFiles) return this.#show("too-many");
    const isTheirs = error instanceof UnreadableFile || error instanceof DOMException;
    this.#say("unreadable", shortName(error.path ?? "One of the files"));
    return this.#show(isTheirs && error.name !== "QuotaExceededError" ? "unreadable" : "no-room");
  }

  #sayAll(packing) {
    this.#say("name", shortName(packing.folder || packing.name));
    this.#say("count", count(packing.count));
    this.#say("size", packing.count ? size(packing.size) : "");
    this.#say("junk", packing.junk.toLocaleString("en"));
    this.#say("left-out", shortName(`${packing.leftOut}/`));
    this.querySelector("[data-junk]").hidden = !packing.junk;
    this.querySelector("[data-left-out]").hidden = !packing.levels;
  }

  #progress(part) {
    const percent = Math.floor(part * 100);
    const bar = this.querySelector("progress");
    if (bar.value !== percent) bar.value = percent;
    if (percent < this.#shown + 10) return;
    this.#shown = percent - (percent % 10);
    this.#say("progress", `${this.#shown} % prepared`);
  }

  #say(place, words) {
    for (const element of this.querySelectorAll(`[data-say="${place}"]`)) element.textContent = words;
  }

  #show(wanted) {
    for (const part of this.querySelectorAll("[data-part]")) part.hidden = part.dataset.part !== wanted;
    // The button that had the focus may be gone.
    if (document.activeElement === document.body) this.querySelector(`[data-part="${wanted}"] [data-heading]`)?.focus();
  }
}

customElements.define("folder-zip", FolderZip);
