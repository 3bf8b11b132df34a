// <archive-check>, step 1 of the wizard: sends the end of the chosen archive to the portal, which reads the list of
// files out of it.

import { fingerprint, keepFile } from "./chosen-file.js";

// The list of some thousand files; the portal says when it needs more.
const FIRST_TAIL = 256 * 1024;

class ArchiveCheck extends HTMLElement {
  #connection;
  #file = null;
  #tailBytes = FIRST_TAIL;

  connectedCallback() {
    this.#connection = new AbortController();
    const { signal } = this.#connection;
    const on = (name, listener) => this.addEventListener(name, listener, { signal });
    on("change", (event) => this.#changed(event.target));
    on("htmx:confirm", (event) => this.#confirm(event));
    on("htmx:configRequest", (event) => this.#attachTail(event.detail));
    on("tail-too-short", (event) => this.#sendMore(event.detail.needed));
    on("htmx:beforeRequest", () => this.#busy(true));
    on("htmx:afterRequest", () => this.#busy(false));
    document.addEventListener("htmx:afterSettle", (event) => this.#focusFound(event.target), { signal });
    this.#openDropZone(this.querySelector("[data-drop]"));
    if (this.#input.files.length) this.#choose(this.#input.files[0]); // kept by the browser over Back
  }

  disconnectedCallback() {
    this.#connection.abort();
  }

  get #form() {
    return this.querySelector("form");
  }

  get #input() {
    return this.querySelector("[data-archive]");
  }

  #changed(input) {
    if (input === this.#input) return this.#choose(input.files[0] ?? null);
    if (input.matches("[data-rows]") && input.files.length && this.#file) this.#form.requestSubmit();
  }

  async #choose(file) {
    this.#file = null;
    this.#tailBytes = FIRST_TAIL;
    this.#set("name", file?.name ?? "");
    this.#set("size", file?.size ?? "");
    this.#unreadable(false);
    if (!file) return;
    try {
      this.#set("fingerprint", await fingerprint(file));
    } catch {
      return this.#unreadable(true);
    }
    this.#file = file;
    keepFile(file);
    if (this.#isComplete) this.#form.requestSubmit();
  }

  /** Whether a check says something: rows may still have to come. */
  get #isComplete() {
    const rows = this.querySelector("[data-rows]");
    return this.hasAttribute("data-rows-optional") || Boolean(rows?.files.length);
  }

  /** A file that was changed or removed since would fail the request with no reason: look first. */
  async #confirm(event) {
    if (!this.#file) return;
    event.preventDefault();
    const lastByte = this.#file.slice(-1).arrayBuffer();
    const isReadable = await lastByte.then(
      () => true,
      () => false,
    );
    this.#unreadable(!isReadable);
    if (isReadable) event.detail.issueRequest(true);
  }

  #attachTail({ formData }) {
    if (this.#file) formData.set("tail", this.#file.slice(Math.max(0, this.#file.size - this.#tailBytes)), "tail");
  }

  #sendMore(needed) {
    if (!this.#file || needed <= this.#tailBytes) return;
    this.#tailBytes = needed;
    this.#form.requestSubmit();
  }

  #set(name, value) {
    this.querySelector(`[data-file-${name}]`).value = value;
  }

  #busy(isBusy) {
    this.querySelector("[data-busy]").hidden = !isBusy || !this.#file;
  }

  #unreadable(isSo) {
    this.querySelector("[data-unreadable]").hidden = !isSo;
  }

  /** What the check found is where the reader goes next. */
  #focusFound(swapped) {
    if (swapped.id === "preview") swapped.querySelector("[data-found]")?.focus();
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
      this.#input.files = event.dataTransfer.files;
      this.#choose(event.dataTransfer.files[0]);
    });
  }
}

customElements.define("archive-check", ArchiveCheck);
