// Trying an operation with the session: who may, the form, and what it sends.

import { h, once } from "../shell/dom.js";
import { call, send, accessOf, requestOf } from "../shell/api.js";
import { known, learn, may } from "../shell/known.js";
import { announce, tell } from "../shell/notice.js";
import { plain } from "../shell/words.js";
import { copyButton } from "../parts/copy.js";
import { keepDraft, takeDraft } from "../parts/draft.js";
import { clearFaults, showFaults } from "../parts/faults.js";
import { faultPlace } from "../parts/fields.js";
import { curlOf, requests } from "../parts/request.js";
import { answerElement, readAnswer } from "./answer.js";
import { contentOf } from "./document.js";
import { exampleOf } from "./example.js";
import { block, spans } from "./prose.js";
import { fieldsOf, keepTyped, wantedOf } from "./fill.js";
import { statusName } from "./status.js";

/** The form to try an operation, or why there is none. */
export function trial(operation, team) {
  const access = accessOf(operation.id);
  if (access === "token") return byTokenAlone(operation);
  const isSelf = !may(operation.id) && may(operation.id, { isSelf: true });
  if (!may(operation.id) && !isSelf) return refused(operation, team);
  return trialForm(operation, team, [
    access === "public" && h("p", {}, "Anybody may call this, without a credential."),
    isSelf && h("p", {}, "With your role you may do this about yourself alone: your id is ", h("code", {}, known.user.id), "."),
    operation.isChange && h("p", { class: "note" }, h("strong", {}, "This is done for real"),
      team && operation.path.includes("{team}") ? `, in the team ${team.name}.` : ", in your name."),
  ]);
}

/** What a session cannot do is shown for a token. */
function byTokenAlone(operation) {
  const text = curlOf({ operation: operation.id, json: exampleText(operation) });
  return h("div", { class: "card stack" },
    h("p", {}, "Only a token may ask this, about itself, so that it cannot be tried with your session. Put a token in ",
      h("code", {}, "TOKEN"), " and run:"),
    operation.isChange && h("p", { class: "note" }, h("strong", {}, "This is done for real"), ", to the token that you use."),
    h("div", { class: "request" },
      block(`Request: ${operation.summary}`, text),
      h("p", { class: "links" }, copyButton(() => text))));
}

function refused(operation, team) {
  return h("div", { class: "card stack" },
    team
      ? h("p", {}, "Your role in ", h("strong", {}, team.name), `, ${plain(team.role)}, does not allow this. It needs: `, spans(operation.access), ".")
      : h("p", {}, "This is about what is in a team, and you have chosen none."),
    h("p", { class: "soft" }, team ? "An owner or an administrator of the team can change your role." : "Make a team, or let somebody invite you to one."));
}

export function exampleText({ body }) {
  const content = body && contentOf(body);
  return content && JSON.stringify(exampleOf(content), null, 2);
}

function trialForm(operation, team, notes) {
  const kind = isLoss(operation) ? "danger" : "primary";
  const button = h("button", { type: "submit", class: kind, data: { operation: operation.id, key: `try ${operation.id}` } }, "Send");
  const place = h("div", { class: "answer-place" });
  const form = h("form", { novalidate: true, autocomplete: "off", class: "stack" },
    notes, faultPlace(), fieldsOf(operation, team, exampleText(operation)));
  const shown = requests([["Send", () => wantedOf(operation, form)]]);
  form.append(h("p", {}, button), shown);
  form.addEventListener("input", () => { keepTyped(operation, form); shown.repaint(); });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    once(button, () => tryIt(operation, form, place));
  });
  // What was typed when a session ended is brought back after the next sign-in.
  queueMicrotask(() => takeDraft(form));
  return h("div", { class: "card stack trial" }, form, place);
}

/** What is lost by it does not come back by a click on this page. */
function isLoss({ method, permissions }) {
  return method === "DELETE" || permissions.some((permission) => permission.endsWith(":force-delete"));
}

async function tryIt(operation, form, place) {
  clearFaults(form);
  try {
    const wanted = requestOf(wantedOf(operation, form, { isStrict: true }));
    announce("Sending.");
    const answer = await readAnswer(() => send(wanted));
    if (answer.status === 401 && await isSessionOver()) {
      keepDraft(form);
      tell({ status: 401 });
      return;
    }
    place.replaceChildren(answerElement(answer));
    announce(`${statusName(answer.status)}, ${answer.time} milliseconds.`);
    place.scrollIntoView({ block: "nearest" });
    // The menu and the choice of the team show teams and roles.
    if (answer.isGood && operation.isChange && operation.id.startsWith("teams.")) await learn();
  } catch (fault) {
    showFaults(form, fault);
  }
}

/** An operation may refuse a credential that is good; the session is over if nothing takes it. */
async function isSessionOver() {
  try {
    await call("teams.me");
    return false;
  } catch (fault) {
    return fault.status === 401;
  }
}
