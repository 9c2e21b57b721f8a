// Creating a token.

import { h } from "../shell/dom.js";
import { known, permissionGroups } from "../shell/known.js";
import { plural } from "../shell/words.js";
import { formDialog, requestFor } from "../parts/form.js";
import { SUGGESTED_DAYS, editorFields, fillEditor, paintEditor, readEditor, withValues } from "./editor.js";
import { FORM_PERMISSIONS, permissionFields } from "./permissions.js";
import { showToken } from "./show.js";
import { isEqual } from "../parts/changes.js";

/** What the platform's most common token is: form submissions become contacts. */
const EXAMPLE = { name: "Form submissions", permissions: FORM_PERMISSIONS };
const BLANK = {
  name: "", description: "", permissions: [], expires_at: null, team_ids: null, allowed_cidrs: null, rate_limit: null, on_reuse: "record",
};
const REQUIRED = ["name", "permissions"];

/** Opens the form with what the address asks for: the example, or the permissions that something needs. */
export async function createDialog(on, query) {
  const permissions = (query.get("permissions") ?? "").split(",").filter(Boolean);
  return openCreate({ ...BLANK, permissions, ...(on === "example" && EXAMPLE) }, await permissionGroups());
}

function openCreate(token, groups) {
  const fields = editorFields(permissionFields(groups, token.permissions));
  const count = h("p", { class: "soft", "aria-live": "polite" });
  let now = Date.now();
  let body;
  const close = formDialog({
    title: "Create a token",
    size: "wide",
    fields,
    footer: count,
    submit: "Create token",
    request: requestFor("tokens.create", (data) => {
      body = bodyOf(readEditor(data, now));
      return { body };
    }),
    explain: (fault) => withValues(fault, body),
    done: ({ token: secret, ...created }) => showToken(created.id, secret),
  });
  const form = fields[0].closest("form");
  const paint = () => {
    now = Date.now();
    paintEditor(form);
    count.textContent = `${plural(new FormData(form).getAll("permission").length, "permission")} chosen`;
  };
  // A team is chosen, as most services work in one: later teams are not reached by surprise. And a token ends by itself, unless its maker wants it otherwise.
  const team = known.team ?? known.teams[0];
  fillEditor(form, { ...token, team_ids: team ? [team.id] : null, expiry: SUGGESTED_DAYS });
  form.addEventListener("input", paint);
  paint();
  return close;
}

/** What is sent: what has to be, and what is not so by itself. */
function bodyOf(read) {
  const isMeant = ([name, value]) => REQUIRED.includes(name) || !isEqual(value, BLANK[name]);
  return Object.fromEntries(Object.entries(read).filter(isMeant));
}
