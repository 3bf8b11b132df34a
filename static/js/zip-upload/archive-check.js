// <archive-check>, step 1 of the wizard: sends the end of the chosen archive to the portal, which reads the list of
// files out of it.

import { fingerprint, keepFile, startOnArrival } from "./chosen-file.js";
import "./folder/index.js";
import { isOneZip } from "./folder/gathering.js";

// The list of some thousand files, in a form that the web server does not count as large; the portal says when it needs
// more.
const FIRST_TAIL = 192 * 1024;
const ASK_AGAIN_AFTER = 1000; // ms

class ArchiveCheck extends HTMLElement {
  #connection;
  #file = null;
  #tailBytes = FIRST_TAIL;
  #choices = 0;
  #isWaiting = false;

  connectedCallback() {
    this.#connection = new AbortController();
    const { signal } = this.#connection;
    const on = (name, listener) => this.addEventListener(name, listener, { signal });
    on("change", (event) => this.#changed(event.target));
    on("htmx:confirm", (event) => this.#confirm(event));
    on("htmx:configRequest", (event) => this.#attachTail(event.detail));
    on("tail-too-short", (event) => this.#sendMore(event.detail.needed));
    on("rows-being-read", () => this.#askAgain());
    on("htmx:beforeRequest", (event) => this.#leaving(event.detail.elt));
    on("htmx:afterRequest", () => this.#busy(false));
    on("folder-taken", () => this.#forget());
    on("zip-picked", ({ detail }) => this.#takeZip(detail.file));
    on("folder-made", ({ detail }) => this.#choose(detail.file, detail.levels));
    on("click", (event) => this.#leaveOut(event.target.closest("button[data-leave-out]")));
    on("submit", (event) => this.#downloads(event.target));
    on("htmx:afterSettle", (event) => this.#found(event.target));
    this.#openDropZone(this.querySelector("[data-drop]"));
    if (this.#input.files.length) this.#chooseZip(this.#input.files[0]); // kept by the browser over Back
  }

  disconnectedCallback() {
    this.#connection.abort();
  }

  get #form() {
    return this.querySelector("#choose-form");
  }

  get #input() {
    return this.querySelector("[data-archive]");
  }

  get #folder() {
    return this.querySelector("folder-zip");
  }

  #changed(input) {
    if (input === this.#input) return this.#chooseZip(input.files[0] ?? null);
    if (!input.matches("[data-rows]") || !input.files.length) return;
    this.querySelector("[data-corrections]")?.remove(); // they were typed over the cells of another file
    if (this.#file) this.#form.requestSubmit();
  }

  /** The input keeps the file over Back. */
  #takeZip(file) {
    const carrier = new DataTransfer();
    carrier.items.add(file);
    this.#input.files = carrier.files;
    return this.#chooseZip(file);
  }

  #chooseZip(file) {
    this.#folder.forget();
    return this.#choose(file);
  }

  /** A folder takes the place of whatever was chosen, and of what was found in that. */
  #forget() {
    this.#input.value = "";
    this.querySelector("#preview").replaceChildren(...this.querySelectorAll("[data-corrections]"));
    return this.#choose(null);
  }

  /** `levels` only of one that was made of a folder: how many outer folders were left out of it. */
  async #choose(file, levels = "") {
    const isLatest = () => choice === this.#choices;
    const choice = (this.#choices += 1);
    this.#file = null;
    this.#tailBytes = FIRST_TAIL;
    this.#set("name", file?.name ?? "");
    this.#set("size", file?.size ?? "");
    this.#set("levels", levels);
    this.#unreadable(false);
    if (!file) return;
    const found = await fingerprint(file).catch(() => null);
    if (!isLatest()) return;
    if (found === null) return this.#unreadable(true);
    this.#set("fingerprint", found);
    this.#file = file;
    keepFile(file);
    this.#form.requestSubmit();
  }

  /** A file that was changed or removed since would fail the request with no reason: look first. */
  async #confirm(event) {
    if (!this.#file || event.target !== this.#form) return;
    event.preventDefault();
    const lastByte = this.#file.slice(-1).arrayBuffer();
    const isReadable = await lastByte.then(
      () => true,
      () => false,
    );
    this.#unreadable(!isReadable);
    if (isReadable) event.detail.issueRequest(true);
  }

  #attachTail({ elt, formData }) {
    if (this.#file && elt === this.#form) formData.set("tail", this.#tail, "tail");
  }

  get #tail() {
    return this.#file.slice(Math.max(0, this.#file.size - this.#tailBytes));
  }

  /** The check is under way, or the way on was taken: then step 2 sends at once. */
  #leaving(source) {
    this.#busy(source === this.#form);
    if (source.matches("[data-upload-now]") && this.#file) startOnArrival();
  }

  /** What the check says of a folder in which everything lies: of one made here, it can be left out. */
  #leaveOut(button) {
    if (button) this.#folder.leaveOut(Number(button.dataset.leaveOut));
  }

  /** The page stays when a file is downloaded, and may be asked for it again. */
  #downloads(form) {
    if (form.matches("[data-rows-to-complete]")) setTimeout(() => delete form.dataset.sent);
  }

  #sendMore(needed) {
    if (!this.#file || needed <= this.#tailBytes) return;
    this.#tailBytes = needed;
    this.#form.requestSubmit();
  }

  /** The portal has not read the rows yet. */
  #askAgain() {
    const choice = this.#choices;
    this.#isWaiting = true;
    setTimeout(() => {
      this.#isWaiting = false;
      if (this.isConnected && choice === this.#choices) this.#form.requestSubmit();
    }, ASK_AGAIN_AFTER);
  }

  #set(name, value) {
    this.querySelector(`[data-file-${name}]`).value = value;
  }

  #busy(isBusy) {
    this.querySelector("[data-busy]").hidden = !(isBusy || this.#isWaiting) || !this.#file;
  }

  #unreadable(isSo) {
    this.querySelector("[data-unreadable]").hidden = !isSo;
  }

  /** What the check found is where the reader goes next. */
  #found(swapped) {
    if (swapped.id !== "preview") return;
    swapped.querySelector("[data-found]")?.focus();
    const place = swapped.querySelector("[data-tail]");
    if (!place || !this.#file) return;
    const carrier = new DataTransfer();
    carrier.items.add(new File([this.#tail], "tail"));
    place.files = carrier.files;
  }

  #openDropZone(zone) {
    const over = (event, isOver) => {
      event.preventDefault();
      zone.classList.toggle("over", isOver);
    };
    zone.addEventListener("dragover", (event) => over(event, true));
    zone.addEventListener("dragleave", (event) => over(event, false));
    zone.addEventListener("drop", (event) => {
      over(event, false);
      if (!event.dataTransfer.files.length) return;
      if (!isOneZip(event.dataTransfer)) return this.#folder.takeDrop(event.dataTransfer);
      this.#input.files = event.dataTransfer.files;
      this.#chooseZip(event.dataTransfer.files[0]);
    });
  }
}

customElements.define("archive-check", ArchiveCheck);
