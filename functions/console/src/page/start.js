// The first steps of somebody who is in no team yet: a team, a first object type, a token for a form.

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

function bindStart() {
  onSubmit(byId("start"), start);
}

function paintStart() {
  show(byId("start"), known.teams.length === 0);
  if (known.teams.length === 0) show(byId("empty"), false);
}

/** Makes what is missing. If a step fails, the next try goes on behind those that were done. */
async function start() {
  const name = byId("start-name").value;
  const { id: team } = known.teams[0] ?? (await call("POST", "/teams", { body: { name, slug: slugOf(name) } }));
  known.teams = (await call("GET", "/me")).teams;
  await call("POST", `/teams/${team}/object-types`, { body: CONTACTS }).catch((fault) => {
    if (fault.code !== "slug_taken") throw fault;
  });
  paintStart();
  paintEmptiness();
  announce(`The team ${name} is made.`);
  openCreate({ ...BLANK, ...EXAMPLE });
}

/** A slug for a name, with an end of its own, as others may have the same name. */
function slugOf(name) {
  const plain = name.normalize("NFKD").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "");
  const end = crypto.randomUUID().slice(0, 8);
  return [/^[a-z]/.test(plain) ? plain.slice(0, SLUG_LENGTH_MAX) : "team", end].join("-");
}
