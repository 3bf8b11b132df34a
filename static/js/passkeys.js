// Joins our forms to allauth's script, which talks with the browser about passkeys. Without one, they stay hidden.

const ids = {
  login: "passkey-button",
  authenticate: "passkey-button",
  add: "passkey-button",
  passwordless: "id_passwordless",
  credential: "passkey-credential",
  data: "passkey-data",
};

function setUp(form) {
  window.allauth.webauthn.forms[`${form.dataset.passkey}Form`]({ ids });
  form.hidden = false;
  const failed = form.querySelector("[data-passkey-failed]");
  form.querySelector("button").addEventListener("click", () => (failed.hidden = true));
  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    failed.hidden = false;
  });
}

// A page has one such form at most.
const form = document.querySelector("form[data-passkey]");
if (form && window.PublicKeyCredential) {
  setUp(form);
}
