// What can be done to a token: change it, switch it off and on, revoke it.

import { call } from "../shell/api.js";
import { teamName } from "../shell/known.js";
import { notify } from "../shell/notice.js";
import { refresh } from "../shell/place.js";
import { momentOf, periodOf, plural } from "../shell/words.js";
import { confirmDialog, formDialog, requestFor } from "../parts/form.js";
import { editorFields, fillEditor, paintEditor, readEditor, withValues } from "./editor.js";
import { focusOn } from "./show.js";
import { changedIn } from "../parts/changes.js";

/** What somebody may have changed meanwhile, by the labels of the form. */
const LABELS = {
  name: "Name", description: "Description", ends: "Expires", teams: "Teams", addresses: "Allowed addresses", rate: "Rate limit",
  on_reuse: "When a replaced secret is used",
};

/** A token as it is now. */
export function readToken(id) {
  return call("tokens.read", { token: id });
}

export async function editDialog(id) {
  const token = await readToken(id);
  const fields = editorFields();
  let { version } = token;
  let now = Date.now();
  let initial;
  let body;
  const close = formDialog({
    title: "Edit the token",
    fields,
    submit: "Save",
    request: requestFor("tokens.update", (data) => {
      body = changedIn(readEditor(data, now), initial);
      return Object.keys(body).length > 0 ? { parameters: { token: id }, body, version } : null;
    }),
    explain: (fault) => withValues(fault, body),
    done: async ({ name }) => {
      await refresh();
      notify(`${name} is changed.`);
    },
    conflict: {
      initial: inWords(token),
      latest: async () => inWords(await readToken(id)),
      labels: LABELS,
      keep: (latest) => { ({ version } = latest); },
      take: (latest) => fill(latest),
    },
  });
  const form = fields[0].closest("form");
  const fill = (latest) => {
    ({ version } = latest);
    fillEditor(form, latest);
    initial = readEditor(new FormData(form), now);
  };
  fill(token);
  form.addEventListener("input", () => {
    now = Date.now();
    paintEditor(form);
  });
  return close;
}

/** A token with what people read of it beside what it is. */
function inWords(token) {
  const { expires_at: end, team_ids: teams, allowed_cidrs: ranges, rate_limit: rate } = token;
  return {
    ...token,
    ends: end ? momentOf(end) : "never",
    teams: teams ? teams.map(teamName).join(", ") : "all your teams",
    addresses: ranges ? ranges.join(", ") : "everywhere",
    rate: rate ? `${plural(rate.limit, "request")} per ${periodOf(rate.window_seconds)}` : "none",
  };
}

/** Switches a token off or on, and offers the way back. */
export async function switchToken(id, name, isActive) {
  await call("tokens.update", { token: id }, { body: { active: isActive } });
  await refresh();
  const undo = async () => {
    await switchToken(id, name, !isActive);
    focusOn(`tokens.update switch ${id}`);
  };
  notify(isActive ? `${name} is active.` : `${name} is deactivated.`, { operation: "tokens.update", task: undo });
}

export async function revokeDialog(id) {
  const { name } = await readToken(id);
  return confirmDialog({
    title: "Revoke this token?",
    text: `“${name}” is refused from the next request on, and whatever uses it stops working. This cannot be undone. To stop it for a while, deactivate it instead.`,
    submit: "Revoke token",
    request: requestFor("tokens.revoke", () => ({ parameters: { token: id } })),
    // Revoked elsewhere, which is what was asked for.
    isDone: ({ status }) => status === 404,
    done: async () => {
      await refresh();
      notify(`${name} is revoked.`);
    },
  });
}
