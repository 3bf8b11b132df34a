// While it sends: the tab's title counts, and leaving asks first.

function askFirst(event) {
  event.preventDefault();
}

export class Guard {
  #title = document.title;
  #on = false;

  start() {
    if (this.#on) return;
    this.#on = true;
    this.#title = document.title;
    addEventListener("beforeunload", askFirst);
  }

  count(percent) {
    if (this.#on) document.title = `${percent} % · ${this.#title}`;
  }

  stop() {
    if (!this.#on) return;
    this.#on = false;
    document.title = this.#title;
    removeEventListener("beforeunload", askFirst);
  }
}
