// Forms that send one request of the API, in a dialog or on the page.

import { h, once } from "../shell/dom.js";
import { call } from "../shell/api.js";
import { may } from "../shell/known.js";
import { tell } from "../shell/notice.js";
import { refresh } from "../shell/place.js";
import { closeButton, openDialog } from "./dialog.js";
import { solveConflict } from "./conflict.js";
import { isTouched, keepDraft, takeDraft, trackDraft } from "./draft.js";
import { clearFaults, faultAt, showFaults } from "./faults.js";
import { faultPlace, field } from "./fields.js";
import { requests } from "./request.js";

/**
 * A form. `fields` are its elements. `request(data)` says what is sent for what is filled in: `{ operation, parameters, query, body, version }`, or
 * null if nothing has changed. `done(answer, request)` is called after it was accepted. `submit` is the label of its button, `kind` its look.
 * `conflict` belongs to forms that change a thing with its version: see `solveConflict`. `isDone(fault)` is whether a fault says that what was asked for
 * is so already.
 */
export function form({ fields, request, done, submit, kind = "primary", footer = [], conflict, explain = (fault) => fault, isDone = () => false }) {
  const button = h("button", { type: "submit", class: kind, data: { operation: operationOf(request) } }, submit);
  const shown = requests([[submit, () => safely(() => request(new FormData(element))) ?? { operation: operationOf(request) }]]);
  const body = h("div", { class: "body" }, faultPlace(), fields, shown);
  const element = h("form", { novalidate: true, autocomplete: "off" }, body, h("footer", {}, footer, button));
  const sender = new Sender();
  element.addEventListener("input", () => { sender.forget(); shown?.repaint(); });
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!isHasty(element, button)) once(button, () => submitted(element, { request, done, sender, button, conflict, explain, isDone }));
  });
  markPresses(element, button);
  element.isUncertain = () => sender.isUncertain;
  // Elements in it may listen to what is brought back.
  queueMicrotask(() => {
    trackDraft(element);
    takeDraft(element);
  });
  return element;
}

/** Sends a form, and shows what is wrong with it. */
async function submitted(form, { request, done, sender, button, conflict, explain, isDone }) {
  clearFaults(form);
  let answer = null;
  let wanted = null;
  try {
    wanted = request(new FormData(form));
    if (wanted) answer = await sender.send(wanted).catch((fault) => { if (!isDone(fault)) throw fault; });
  } catch (fault) {
    if (fault.status === 401) keepDraft(form);
    // The form is gone, by the Escape key or the way back.
    if (fault.status === 401 || !form.isConnected) tell(fault);
    else if (fault.status === 412 && conflict) await solveConflict(form, conflict, () => form.requestSubmit(button)).catch((cause) => showFaults(form, cause));
    else showFaults(form, explain(fault));
    return;
  }
  // It is accepted: what fails from here on is no fault of the form.
  await Promise.resolve(done(answer ?? null, wanted)).catch(tell);
}

/** So long after a form has opened, the press of a key that has opened it may still be meant for that, in milliseconds. */
const HASTE = 500;

/** Notes when a form was opened, whether its button was pressed by a pointer, and whether anything was typed. */
function markPresses(form, button) {
  form.opened = performance.now();
  form.addEventListener("input", () => { form.opened = -HASTE; });
  button.addEventListener("click", ({ detail }) => { if (detail > 0) form.opened = -HASTE; });
}

/** Whether a form is sent by the second of two strokes of a key that was meant to open it. */
function isHasty({ opened }, button) {
  return performance.now() - opened < HASTE && document.activeElement !== button;
}

/** The operation of a form: it says so, as what it sends depends on what is filled in. */
function operationOf(request) {
  if (!request.operation) throw new Error("A form says which operation it is for.");
  return request.operation;
}

/** What a form sends, with its operation told beforehand. */
export function requestFor(operation, make) {
  return Object.assign((data) => {
    const made = make(data);
    return made && { operation, ...made };
  }, { operation });
}

function safely(task) {
  try {
    return task();
  } catch {
    return null;
  }
}

/** Sends requests so that one whose answer was lost is sent again with the same key, and so makes one thing, not two. */
class Sender {
  #key = null;
  /** Whether something was sent whose answer was lost. */
  isUncertain = false;

  async send({ operation, parameters, ...options }) {
    this.#key ??= crypto.randomUUID();
    try {
      const answer = await call(operation, parameters, { ...options, ...(options.body !== undefined && { key: this.#key }) });
      this.#key = null;
      this.isUncertain = false;
      return answer;
    } catch (fault) {
      if (fault.isFinal) this.#key = null;
      this.isUncertain = !fault.isFinal;
      throw fault;
    }
  }

  forget() {
    this.#key = null;
  }
}

/** A form in a dialog, which closes when the request was accepted. Gives what closes it. */
export function formDialog({ title, intro, size, isAlert, isSelf = false, fields = [], done, ...options }) {
  // The address may name what no button leads to.
  if (!may(operationOf(options.request), { isSelf })) throw new Error("Your role in this team does not allow this. An owner or an administrator can change it.");
  const said = intro && h("p", {}, intro);
  const element = form({
    ...options,
    fields: [said, fields],
    footer: [options.footer, closeButton("Cancel")],
    done: async (answer, wanted) => {
      element.closest("dialog").leave();
      if (wanted) await done(answer, wanted);
    },
  });
  return openDialog({
    title, size, isAlert, form: element,
    mayClose: () => mayLeave(element),
    // What was sent may have been done.
    done: () => { if (element.isUncertain()) refresh(); },
  });
}

/** The Escape key, pressed by mistake, must not lose what was typed: it is pressed again, or Cancel. */
function mayLeave(form) {
  if (!isTouched(form) || form.isWarned) return true;
  form.isWarned = true;
  clearFaults(form);
  form.querySelector("[data-fault='']").textContent = "This is not saved yet. Press Escape once more to leave it.";
  return false;
}

/** A question before something that is not undone by a click. The focus is on the way out. */
export function confirmDialog({ title, text, submit, kind = "danger", ...options }) {
  const close = formDialog({ title, fields: [h("p", {}, text)], submit, kind, isAlert: true, ...options });
  const dialogs = document.querySelectorAll("dialog[open]");
  dialogs[dialogs.length - 1].querySelector("[data-close]").focus();
  return close;
}

/** What is typed to confirm: the name of a thing, if it is one that somebody can type, else its id. */
export function typedName(name, id) {
  const canBeTyped = name && name.length <= 60 && /^[\p{L}\p{M}\p{N}\p{P}\p{S}]+( [\p{L}\p{M}\p{N}\p{P}\p{S}]+)*$/u.test(name);
  return canBeTyped ? name : id;
}

/** A question that is answered by typing the name of what is lost for good. */
export function destroyDialog({ name, request, ...options }) {
  const label = ["Type ", h("code", {}, name), " to confirm"];
  return formDialog({
    kind: "danger",
    isAlert: true,
    ...options,
    fields: [options.fields ?? [], field({ label, name: "confirmed" })],
    request: Object.assign((data) => {
      if (data.get("confirmed") !== name) throw faultAt("/confirmed", `This is not “${name}”.`);
      return request(data);
    }, { operation: request.operation }),
  });
}
