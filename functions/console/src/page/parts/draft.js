// What was typed into a form and not sent, when the session ended or the page was left: kept in this tab until the form is open again.

import { h } from "../shell/dom.js";
import { known } from "../shell/known.js";
import { isEqual } from "./changes.js";

const KEY = "console.draft";

/** What each form held when it was opened. */
const opened = new WeakMap();

/** What the named inputs of a form hold, in their order. */
function valuesOf(form) {
  return [...form.elements].filter(({ name }) => name).map(({ name, type, value, checked }) => ({ name, type, value, checked: Boolean(checked) }));
}

/** Without the fragment, in which an invitation has its secret. */
const placeOf = ({ pathname, search }) => pathname + search;

/** Remembers what a form holds before anything is typed. Without it all that it holds counts as typed. */
export function trackDraft(form) {
  opened.set(form, valuesOf(form));
}

/** Whether something is typed that was not there when the form was opened. */
export function isTouched(form) {
  return opened.has(form) && !isEqual(valuesOf(form), opened.get(form));
}

/** Keeps what was typed, and what it would have replaced. Passwords and secrets are never typed into a form of this kind. */
export function keepDraft(form) {
  const before = opened.get(form) ?? [];
  const values = valuesOf(form).map((value, index) => (isEqual(value, before[index]) ? null : { ...value, before: before[index]?.value }));
  sessionStorage.setItem(KEY, JSON.stringify({ place: placeOf(location), user: known.user?.id, values }));
}

addEventListener("pagehide", () => {
  const form = [...document.querySelectorAll("dialog[open] form, #content form")].find(isTouched);
  if (form) keepDraft(form);
});

/** Brings back what this person had typed at this place, once; and tells where somebody else has changed the same meanwhile. */
export function takeDraft(form) {
  const draft = JSON.parse(sessionStorage.getItem(KEY));
  if (draft?.place !== placeOf(location) || draft.user !== known.user?.id) return;
  sessionStorage.removeItem(KEY);
  const overtaken = draft.values.map((kept, index) => kept && bringBack(form, kept, index)).filter(Boolean);
  form.dispatchEvent(new Event("input", { bubbles: true }));
  if (overtaken.length === 0) return;
  form.querySelector(".body")?.prepend(h("p", { class: "note", role: "alert" },
    `Somebody else has changed this meanwhile: ${overtaken.join(", ")}. What you had typed stands here again, and would replace it.`));
}

/** Fills one input; the label of it if it holds something else by now than when the draft was begun. */
function bringBack(form, { name, type, value, checked, before }, index) {
  // What is brought back may make other inputs, those that follow among them.
  const input = [...form.elements].filter((each) => each.name)[index];
  if (input?.name !== name) return null;
  const isChoice = ["checkbox", "radio"].includes(type);
  const isOvertaken = !isChoice && before !== undefined && ![before, value].includes(input.value);
  if (isChoice) input.checked = checked;
  else input.value = value;
  input.dispatchEvent(new Event("input", { bubbles: true }));
  return isOvertaken ? input.labels?.[0]?.firstChild?.textContent ?? name : null;
}
