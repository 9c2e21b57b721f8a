// What the page says: alerts that stay, notices that offer a way back, and words for those who do not see the page change.

import { byId, h, once, show } from "./dom.js";

let whenSessionEnds = () => {};
let whenRightsChange = () => {};

export function onSessionEnd(task) {
  whenSessionEnds = task;
}

/** `task` is called when something was refused that the page took for allowed. */
export function onRightsChange(task) {
  whenRightsChange = task;
}

/** Says something to those who do not see the page change. */
export function announce(text) {
  const live = [...document.querySelectorAll("dialog[open] [data-live]")].at(-1) ?? byId("live");
  live.textContent = "";
  requestAnimationFrame(() => { live.textContent = text; });
}

/** Tells of something that went wrong, where it can be seen; `retry`, if given, is offered as a way out. */
export function alertOf(text, retry) {
  const open = [...document.querySelectorAll("dialog[open] .body")].at(-1);
  (open ?? byId("main")).prepend(byId("alert"));
  byId("alert-text").textContent = text;
  byId("alert-retry").onclick = () => { clearAlert(); retry(); };
  show(byId("alert-retry"), Boolean(retry));
  show(byId("alert"));
}

/** Where to go on when what had the focus is gone. */
function focusContent() {
  (document.querySelector("dialog[open] h2") ?? byId("content").querySelector("h1"))?.focus();
}

export function clearAlert() {
  if (byId("alert").contains(document.activeElement)) focusContent();
  show(byId("alert"), false);
  byId("alert-text").textContent = "";
}

/** What a fault means to the person: the session is over, or something to read. */
export function tell(fault, retry) {
  if (fault.name === "AbortError") return;
  if (fault.status === 401) return whenSessionEnds();
  alertOf(fault.message, retry);
  if (fault.status === 403) whenRightsChange();
}

/** Says what was done, with a way to undo it if there is one: `{ label, operation, task }`. It stays until the next one or for 20 seconds. */
export function notify(text, undo) {
  const notice = byId("notice");
  const hide = () => {
    if (notice.contains(document.activeElement)) focusContent();
    clearTimeout(notice.timer);
    show(notice, false);
    notice.replaceChildren();
  };
  hide();
  const button = undo && h("button", { type: "button", class: "link", data: undo.operation ? { operation: undo.operation } : {} }, undo.label ?? "Undo");
  button?.addEventListener("click", () => once(button, async () => {
    try {
      await undo.task();
      // The way back may have its own notice, which stays.
      if (notice.contains(button)) hide();
    } catch (fault) {
      tell(fault);
    }
  }));
  notice.append(h("p", {}, text), ...(button ? [button] : []), h("button", { type: "button", class: "quiet", "aria-label": "Dismiss this notice", onclick: hide }, "✕"));
  show(notice);
  notice.timer = setTimeout(hide, undo ? 20_000 : 8_000);
}
