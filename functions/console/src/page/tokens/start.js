// The first steps of somebody who is in no team yet: a team, a first object type, a token for a form.

import { h } from "../shell/dom.js";
import { call } from "../shell/api.js";
import { learn } from "../shell/known.js";
import { notify } from "../shell/notice.js";
import { addressOf, go } from "../shell/place.js";
import { field } from "../parts/fields.js";
import { form, requestFor } from "../parts/form.js";
import { head } from "../parts/pages.js";

const TITLE = "Begin with a team";
const TEXT = "Data belongs to teams. This makes a team of yours with a first object type, contacts, and then offers a token that lets a form create and update them.";
const SLUG_LENGTH_MAX = 40;
/** The first object type: what forms collect. */
const CONTACTS = {
  slug: "contacts",
  singular_label: "Contact",
  plural_label: "Contacts",
  item_label_fields: ["name"],
  fields: [
    { slug: "email", label: "E-mail", type: "email", unique: true, searchable: true, required: "always" },
    { slug: "name", label: "Name", type: "name", searchable: true },
    { slug: "company", label: "Company", type: "text", searchable: true },
    { slug: "newsletter", label: "Newsletter", type: "checkbox" },
    { slug: "notes", label: "Notes", type: "textarea" },
  ],
};

/** What every section of a team shows to somebody who is in none, and where another team is made. */
export function start(title = TITLE) {
  return { title, content: [head(title, TEXT), h("div", { class: "card" }, startForm())] };
}

/** The same as the first step of the tokens. */
export function startCard() {
  return h("section", { class: "card empty", "aria-labelledby": "start-title" }, h("h2", { id: "start-title" }, TITLE), h("p", {}, TEXT), startForm());
}

/** Makes what is missing. If a step fails, the next try goes on behind those that were done. */
function startForm() {
  // A request that is sent again has the same slug.
  const end = crypto.randomUUID().slice(0, 8);
  let team = null;
  return form({
    fields: field({ label: "Name of the team", name: "name", input: { maxlength: 100, required: true } }),
    submit: "Make the team",
    request: requestFor("teams.create", (data) => (team ? null : { body: { name: data.get("name"), slug: slugOf(data.get("name"), end) } })),
    done: async (made) => {
      team ??= made;
      await learn();
      await makeContacts(team.id);
      await go(addressOf("tokens", "", { team: team.id, dialog: "create", on: "example" }), { replace: true });
      notify(`The team ${team.name} is made.`);
    },
  });
}

async function makeContacts(team) {
  try {
    await call("object-types.create", { team }, { body: CONTACTS });
  } catch (fault) {
    // Made by a try whose answer was lost.
    if (fault.code !== "slug_taken") throw fault;
  }
}

/** A slug for a name, with an end of its own, as others may have the same name. */
function slugOf(name, end) {
  const plain = name.normalize("NFKD").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "");
  return [/^[a-z]/.test(plain) ? plain.slice(0, SLUG_LENGTH_MAX) : "team", end].join("-");
}
