// A button that copies a text.

import { h } from "../shell/dom.js";
import { announce } from "../shell/notice.js";

export function copyButton(text, label = "Copy") {
  const button = h("button", { type: "button", class: "link" }, label);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text());
      announce("Copied to the clipboard.");
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = label; }, 2_000);
    } catch {
      announce("The browser does not let this page copy.");
    }
  });
  return button;
}
