// Buttons that do what an operation of the API does. Who may not use the operation does not get the button.

import { h, once } from "../shell/dom.js";
import { may } from "../shell/known.js";
import { clearAlert, tell } from "../shell/notice.js";
import { openAt } from "../shell/place.js";

/**
 * A button for an operation; null if the role does not allow it. It opens a `dialog` of the section, about the thing `on` if
 * there is one, or it runs the task `press`. `of` says which of several things with the same button it is about. `key` tells the
 * button from the others of its operation; its label does if that stays the same.
 */
export function action(operation, label, { dialog, on = null, more, press, kind = "", isSelf = false, of, key = label } = {}) {
  if (!may(operation, { isSelf })) return null;
  const button = h("button", {
    type: "button",
    class: kind,
    "aria-label": of ? `${label}: ${of}` : null,
    data: { operation, does: dialog ? "asks" : "calls", key: [operation, key, on].filter(Boolean).join(" ") },
  }, label);
  button.addEventListener("click", (event) => isEcho(event, button) || once(button, async () => {
    clearAlert();
    try {
      await (dialog ? openAt(dialog, on, more) : press());
    } catch (fault) {
      tell(fault);
    }
  }));
  return button;
}

/** So close in time and place, two presses are one double click, in milliseconds and pixels. */
const [ECHO_TIME, ECHO_DISTANCE] = [500, 8];
/** The latest press by a pointer, and the one before. */
let [latest, before] = [null, null];

document.addEventListener("click", ({ detail, clientX: x, clientY: y, target }) => {
  if (detail > 0) [latest, before] = [{ time: performance.now(), x, y, button: target.closest("button") }, latest];
}, true);

/** Whether a press is the second of a double click that was meant for the button that stood here before. */
function isEcho({ detail }, button) {
  if (detail === 0 || !before || before.button === button) return false;
  return latest.time - before.time < ECHO_TIME && Math.hypot(latest.x - before.x, latest.y - before.y) < ECHO_DISTANCE;
}

/** What can be done to one thing, as a group named after it; null if there is nothing. */
export function actions(name, ...buttons) {
  const left = buttons.filter(Boolean);
  return left.length > 0 ? h("div", { class: "actions", role: "group", "aria-label": `Actions for ${name}` }, left) : null;
}
