// Asks the browser for a passkey, or for a new one, as the form's data-options say, and sends the answer with the form.
const bytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

const described = (list) => (list ?? []).map((each) => ({ ...each, id: bytes(each.id) }));

async function answer(kind, options) {
  const asked = { ...options, challenge: bytes(options.challenge) };
  if (kind === "create") {
    asked.user = { ...options.user, id: bytes(options.user.id) };
    asked.excludeCredentials = described(options.excludeCredentials);
    return navigator.credentials.create({ publicKey: asked });
  }
  asked.allowCredentials = described(options.allowCredentials);
  return navigator.credentials.get({ publicKey: asked });
}

function written(credential) {
  const response = {};
  for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[part]) response[part] = text(credential.response[part]);
  }
  if (credential.response.getTransports) response.transports = credential.response.getTransports();
  return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response });
}

const WORDS = {
  InvalidStateError: "This device holds a passkey for you already. Use another device, or the one that is there.",
  NotAllowedError: "No passkey was used, or it took too long. Press the button to try again.",
  SecurityError: "Passkeys work only at the address that they were made for, over a secure connection.",
};

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const says = form.querySelector("[data-passkey-says]");
  let asking = false;
  const ask = async () => {
    if (asking) return;
    asking = true;
    try {
      if (!window.PublicKeyCredential) throw new DOMException("", "NotSupportedError");
      const credential = await answer(form.dataset.passkey, JSON.parse(form.dataset.options));
      form.elements.credential.value = written(credential);
      HTMLFormElement.prototype.submit.call(form); // the form has a control of that name
    } catch (fault) {
      says.textContent = WORDS[fault.name] ?? "This browser cannot use a passkey here. Choose another way.";
      says.className = "message message-error";
    } finally {
      asking = false;
    }
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask();
  });
  ask();
}
