// A secret, shown this once. It lies in one text on the page and nowhere else, and is wiped when its dialog closes.

import { h } from "../shell/dom.js";
import { closeButton, openDialog } from "./dialog.js";

const KEEP = "Keep it in a safe place, such as a password manager or the settings of the service that uses it.";

/** The secret that is shown and has not been copied yet, and whichever is shown; null if there is none. */
let atRisk = null;
let open = null;

addEventListener("beforeunload", (event) => { if (atRisk) event.preventDefault(); });
addEventListener("pagehide", () => open?.wipe());

/** Shows a secret until its dialog is closed: `what` names it, `keep` says where it belongs, `help` what it is for; then `done` is called. */
export function showSecret({ title, what, secret, keep = KEEP, help, note = "", done }) {
  const code = h("code", { tabindex: "0", "aria-label": `The ${what}` }, secret);
  const said = h("p", { class: "help", role: "status" });
  const copy = h("button", { type: "button", class: "primary", autofocus: true }, `Copy ${what}`);
  const shown = { wipe: () => { code.textContent = ""; said.textContent = ""; } };
  copy.addEventListener("click", () => copySecret(code, said));
  atRisk = shown;
  open = shown;
  openDialog({
    title,
    size: "roomy",
    content: [
      h("p", { class: "warning" }, h("strong", {}, "Copy it now. It is never shown again."), ` ${keep}`),
      h("div", {}, h("p", { class: "secret" }, code), said),
      note && h("p", {}, note),
      h("div", { class: "help" }, help),
    ],
    footer: [closeButton(), copy],
    // The Escape key, pressed by mistake, must not lose a secret that nobody has copied.
    mayClose: () => {
      if (atRisk) said.textContent = `Not copied yet. Close with the button if you do not need the ${what}.`;
      return !atRisk;
    },
    done: () => {
      shown.wipe();
      atRisk = null;
      open = null;
      done?.();
    },
  });
}

async function copySecret(code, said) {
  try {
    await navigator.clipboard.writeText(code.textContent);
    atRisk = null;
    said.textContent = "Copied to the clipboard.";
  } catch {
    getSelection().selectAllChildren(code);
    said.textContent = "The browser does not let this page copy. The text is selected: copy it by hand.";
  }
}
