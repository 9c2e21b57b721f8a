// The new token, shown this once. It lies in one text on the page and nowhere else, and is wiped when the dialog closes.

/** Whether the token shown has been copied. */
let isCopied = false;

function bindSecret() {
  bindDialog(byId("secret"));
  byId("secret").addEventListener("close", wipeSecret);
  byId("secret").addEventListener("cancel", keepOpen);
  byId("secret-copy").addEventListener("click", copySecret);
  addEventListener("pagehide", wipeSecret);
  addEventListener("beforeunload", (event) => { if (isAtRisk()) event.preventDefault(); });
}

/** Shows a token until its dialog is closed, with a note if there is one; then `done` is called. */
function showSecret(token, done, note = "") {
  byId("secret-token").textContent = token;
  byId("secret-note").textContent = note;
  show(byId("secret-note"), Boolean(note));
  isCopied = false;
  byId("secret").addEventListener("close", done, { once: true });
  byId("secret").showModal();
}

async function copySecret() {
  const place = byId("secret-token");
  try {
    await navigator.clipboard.writeText(place.textContent);
    isCopied = true;
    byId("secret-copied").textContent = "Copied to the clipboard.";
  } catch {
    getSelection().selectAllChildren(place);
    byId("secret-copied").textContent = "The browser does not let this page copy. The token is selected: copy it by hand.";
  }
}

function isAtRisk() {
  return byId("secret").open && !isCopied;
}

/** The Escape key, pressed by mistake, must not lose a token that nobody has copied. */
function keepOpen(event) {
  if (!isAtRisk()) return;
  event.preventDefault();
  byId("secret-copied").textContent = "Not copied yet. Close with the button if you do not need the token.";
}

function wipeSecret() {
  byId("secret-token").textContent = "";
  byId("secret-copied").textContent = "";
}

