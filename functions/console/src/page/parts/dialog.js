// Dialogs: made when they open, gone when they close.

import { byId, freshId, h } from "../shell/dom.js";
import { leaveDialog } from "../shell/place.js";

/**
 * Opens a dialog and gives what closes it. `content` is its body, `footer` its buttons, or `form` stands for both. A dialog that
 * the address names leaves the address when it is closed; `done` is called then in any case. `mayClose` is asked when the
 * Escape key is pressed.
 */
export function openDialog({ title, content = [], footer, form, size = "", isAlert = false, done, mayClose = () => true }) {
  const id = freshId("dialog");
  const head = h("header", {}, h("h2", { id, tabindex: "-1" }, title));
  const dialog = h("dialog", { class: size, role: isAlert ? "alertdialog" : null, "aria-labelledby": id });
  if (form) {
    form.prepend(head);
    dialog.append(form);
  } else {
    dialog.append(head, h("div", { class: "body" }, content), h("footer", {}, footer ?? closeButton()));
  }
  // While it is open, nothing outside of it is heard.
  dialog.append(h("div", { class: "unseen", role: "status", data: { live: "" } }));
  // All of it at once: the browser tells that a dialog is closed a moment later, and in between the next one may be asked for.
  dialog.leave = ({ isLeft = false } = {}) => {
    if (!dialog.isConnected) return;
    // An alert that was shown in it goes on outside of it.
    if (dialog.contains(byId("alert"))) byId("main").prepend(byId("alert"));
    dialog.close();
    dialog.remove();
    if (!isLeft) leaveDialog();
    done?.();
  };
  dialog.addEventListener("click", ({ target }) => { if (target.closest("[data-close]")) dialog.leave(); });
  dialog.addEventListener("cancel", (event) => {
    // A choice of files that is not made tells so too.
    if (event.target !== dialog) return;
    event.preventDefault();
    if (mayClose()) dialog.leave();
  });
  // A browser closes it all the same when it is asked to again and again.
  dialog.addEventListener("close", () => dialog.leave());
  document.body.append(dialog);
  dialog.showModal();
  // What scrolls can be scrolled by keyboard.
  dialog.querySelector(".body")?.setAttribute("tabindex", "-1");
  if (!dialog.querySelector("[autofocus]")) (dialog.querySelector("input:not([type=hidden]), textarea, select") ?? head.firstElementChild).focus();
  // The address has left the dialog already.
  return () => dialog.leave({ isLeft: true });
}

export function closeButton(label = "Close") {
  return h("button", { type: "button", data: { close: "" } }, label);
}
