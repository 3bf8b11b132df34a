// <show-password for="id">: its button shows what is typed into the password field of that id, and hides it again.

class ShowPassword extends HTMLElement {
  connectedCallback() {
    const button = this.querySelector("button");
    button.hidden = false; // without this script it does nothing
    button.addEventListener("click", () => this.#toggle(button));
    // Browsers offer to keep a password only from a password field.
    this.closest("form").addEventListener("submit", () => (this.#field.type = "password"));
  }

  get #field() {
    return document.getElementById(this.getAttribute("for"));
  }

  #toggle(button) {
    const shown = this.#field.type === "text";
    this.#field.type = shown ? "password" : "text";
    button.setAttribute("aria-pressed", String(!shown));
  }
}

customElements.define("show-password", ShowPassword);
