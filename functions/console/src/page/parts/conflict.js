// Two who change one thing: whoever comes second sees what the first has changed, and decides.

import { h } from "../shell/dom.js";
import { isEqual } from "./changes.js";

/**
 * Shows what somebody else has changed meanwhile. `conflict` has `initial`, the thing as the form was filled from it, `latest`, which reads it
 * as it is now, `labels` of the members that are shown, and `take`, which fills the form from the latest, or `keep`, which goes on with its version.
 */
export async function solveConflict(form, { initial, latest, labels, keep, take }, again) {
  const now = await latest();
  const isChanged = ([name]) => !isEqual(now[name], initial[name]);
  const rows = Object.entries(labels).filter(isChanged);
  form.querySelector(".conflict")?.remove();
  // Nothing that this form shows: what it changes stands beside what they have changed. Once; then something else is wrong.
  if (rows.length === 0) {
    if (form.lastTried === now.version) throw new Error("This cannot be saved over what is there by now. Close the form and begin again.");
    form.lastTried = now.version;
    keep(now);
    // The button of the form is busy until this ends.
    setTimeout(again);
    return;
  }
  const note = h("div", { class: "conflict note", role: "alert", tabindex: "-1" },
    h("p", {}, h("strong", {}, "Somebody else has changed this meanwhile.")),
    h("ul", {}, rows.map(([name, label]) => h("li", {}, `${label}: now “${textOf(now[name])}”, it was “${textOf(initial[name])}”`))),
    h("p", { class: "actions" },
      h("button", { type: "button", onclick: () => { leave(); keep(now); again(); } }, "Save mine all the same"),
      h("button", { type: "button", onclick: () => { leave(); take(now); } }, "Take theirs")));
  const leave = () => {
    note.remove();
    form.querySelector("input, textarea, select")?.focus();
  };
  form.querySelector(".body").prepend(note);
  note.scrollIntoView({ block: "nearest" });
  note.focus();
}

function textOf(value) {
  if (value === null || value === undefined) return "nothing";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
