// What the page tells the portal. Not one byte of the file is among it.

import { State } from "./states.js";

export class Portal {
  #urls;
  #token;
  #released = null;
  // A page's own, not the session's: a duplicated tab is another tab.
  #tab = Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16)).join("");

  constructor(root) {
    this.#urls = root.dataset;
    this.#token = root.querySelector("[name=csrfmiddlewaretoken]").value;
  }

  /**
   * Ask for the link. Answers {outcome, …}, of which State.UNREACHABLE when the portal itself does not answer, and
   * State.STALE when it sends people to sign in, or takes the form for an old one.
   */
  async start(options) {
    await this.#released; // a release that arrived later would free what is claimed now
    return this.#ask(this.#urls.startUrl, Object.fromEntries(options.map((name) => [name, "1"])));
  }

  /** The PUT is done: asks the API to confirm. */
  stored() {
    return this.#ask(this.#urls.storedUrl);
  }

  /** Until the portal heard of it, it might still confirm what reached the storage. */
  cancel() {
    return this.#ask(this.#urls.cancelUrl);
  }

  /** False once another tab has taken over. */
  async heartbeat() {
    const answer = await this.#post(this.#urls.heartbeatUrl).catch(() => null);
    return answer?.status !== 409;
  }

  release() {
    this.#released = this.#post(this.#urls.releaseUrl).catch(() => null);
  }

  /** The page goes away: nothing it asks for would still be answered. */
  leave() {
    navigator.sendBeacon(this.#urls.releaseUrl, this.#form());
  }

  async #ask(url, values) {
    const answer = await this.#post(url, values).catch(() => null);
    if (!answer) return { outcome: State.UNREACHABLE };
    const isJson = answer.headers.get("Content-Type")?.startsWith("application/json");
    if (isJson) return answer.json().catch(() => ({ outcome: State.UNREACHABLE }));
    return { outcome: answer.status >= 500 ? State.UNREACHABLE : State.STALE };
  }

  #post(url, values) {
    return fetch(url, {
      method: "POST",
      body: this.#form(values),
      redirect: "manual",
      keepalive: url === this.#urls.releaseUrl,
    });
  }

  #form(values = {}) {
    const form = new FormData();
    form.set("csrfmiddlewaretoken", this.#token);
    form.set("tab", this.#tab);
    for (const [name, value] of Object.entries(values)) form.set(name, value);
    return form;
  }
}
