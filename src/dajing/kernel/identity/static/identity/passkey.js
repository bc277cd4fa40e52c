// Passkeys: the two ceremonies of WebAuthn between the browser and the server, for a form with data-passkey.

const toBytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const toText = (buffer) =>
  btoa(Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join(""))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

/** The options of the server with bytes where the browser wants bytes. */
function options(publicKey) {
  const known = (list) => (list || []).map((one) => ({ ...one, id: toBytes(one.id) }));
  const given = { ...publicKey, challenge: toBytes(publicKey.challenge) };
  if (given.user) given.user = { ...given.user, id: toBytes(given.user.id) };
  if (given.excludeCredentials) given.excludeCredentials = known(given.excludeCredentials);
  if (given.allowCredentials) given.allowCredentials = known(given.allowCredentials);
  return given;
}

/** The credential as JSON: every byte string as base64url. */
function plain(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = toText(credential.response[name]);
  }
  return { id: credential.id, rawId: toText(credential.rawId), type: credential.type, response };
}

async function ask(form, address, body) {
  const answer = await fetch(address, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      Accept: "application/json",
      "X-CSRFToken": form.querySelector("[name=csrfmiddlewaretoken]").value,
    },
    body: JSON.stringify(body),
  });
  const found = await answer.json().catch(() => ({ message: form.dataset.failed }));
  if (found.go && !answer.ok) location.assign(found.go);
  if (!answer.ok) throw new Error(found.message || "");
  return found;
}

async function run(form) {
  const begun = await ask(form, form.dataset.begin, {});
  const publicKey = options(begun.publicKey);
  const adding = form.dataset.passkey === "add";
  const credential = adding
    ? await navigator.credentials.create({ publicKey })
    : await navigator.credentials.get({ publicKey });
  const { name, next } = form.elements;
  const body = { answer: plain(credential), name: name ? name.value : "", next: next ? next.value : "" };
  location.assign((await ask(form, form.action, body)).go);
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const said = form.querySelector("[role=status]");
  form.hidden = !window.PublicKeyCredential;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    said.textContent = "";
    form.querySelector("button").disabled = true;
    try {
      await run(form);
    } catch (error) {
      // the browser's own words (cancelled, no authenticator) are not in the page's language
      said.textContent = error instanceof DOMException || !error.message ? form.dataset.failed : error.message;
    }
    form.querySelector("button").disabled = false;
  });
}
