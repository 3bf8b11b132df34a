// <copy-button for="id">: copies what the element of that id holds. It has a button and, to say so, a role=status inside.

const SHOWN_MILLISECONDS = 2000;

class CopyButton extends HTMLElement {
  connectedCallback() {
    const button = this.querySelector("button");
    button.hidden = false; // without this script it does nothing
    button.addEventListener("click", () => this.#copy(button));
  }

  async #copy(button) {
    const source = document.getElementById(this.getAttribute("for"));
    source.select?.();
    try {
      await navigator.clipboard.writeText(source.value ?? source.textContent);
    } catch {
      return this.#refused(source);
    }
    this.#say(this.dataset.copied);
    button.dataset.state = "copied";
    setTimeout(() => delete button.dataset.state, SHOWN_MILLISECONDS);
  }

  /** The browser does not allow it: the person copies what is now selected. */
  #refused(source) {
    if (!source.select) getSelection().selectAllChildren(source);
    this.#say(this.dataset.refused);
  }

  #say(words) {
    if (words) this.querySelector("[role=status]").textContent = words;
  }
}

customElements.define("copy-button", CopyButton);
