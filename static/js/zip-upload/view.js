// The page's own words, shown and hidden. Every sentence stands in the server's template.

import { State } from "./states.js";

export class View {
  #root;
  #announced = 0;

  constructor(root) {
    this.#root = root;
  }

  get state() {
    return this.#root.dataset.state;
  }

  /** Show what is marked data-when="… state …". Focus follows when the button that had it is gone. */
  show(state) {
    const hadFocus = this.#root.contains(document.activeElement);
    this.#root.dataset.state = state;
    for (const part of this.#root.querySelectorAll("[data-when]")) {
      part.hidden = !part.dataset.when.split(" ").includes(state);
    }
    for (const notice of this.#root.querySelectorAll("[data-notice]")) notice.hidden = true;
    if (hadFocus && !document.activeElement?.checkVisibility?.()) this.#heading?.focus();
    this.#say(state);
  }

  /** A notice beside the state, until it is taken back or the state changes. */
  notice(name, isOn) {
    const notice = this.#root.querySelector(`[data-notice="${name}"]`);
    if (notice && notice.hidden === isOn) notice.hidden = !isOn;
  }

  text(name, words) {
    for (const place of this.#root.querySelectorAll(`[data-text="${name}"]`)) {
      if (place.textContent !== words) place.textContent = words;
    }
  }

  progress(percent) {
    const bar = this.#root.querySelector("progress");
    bar.value = percent;
    const step = Math.floor(percent / 10) * 10;
    if (step > this.#announced) this.text("announcement", `${step} % sent`);
    this.#announced = step;
  }

  /** Put the reader at what the page says now. */
  focus() {
    this.#heading?.focus();
  }

  get #heading() {
    return Array.from(this.#root.querySelectorAll("[data-focus]")).find((part) => part.checkVisibility());
  }

  /** Say the new state's heading to those who cannot see it appear. */
  #say(state) {
    if (state === State.SENDING) this.#announced = 0;
    const heading = this.#heading;
    if (heading) this.text("announcement", heading.textContent.trim());
  }
}
