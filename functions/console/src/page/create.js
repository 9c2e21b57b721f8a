// Creating a token.

/** What the platform's most common token is: form submissions become contacts. */
const EXAMPLE = { name: "Form submissions", permissions: ["object:create", "object:update"] };

/** A request whose answer may have been lost. It is sent again as it was, so that it makes one token, not two. */
let attempt = null;

function bindCreate() {
  const form = byId("create-form");
  bindDialog(byId("create"));
  onPress(byId("create-open"), () => openCreate());
  onPress(byId("create-example"), () => openCreate(EXAMPLE));
  form.addEventListener("input", paintForm);
  onSubmit(form, create);
}

/** Opens the form: empty, or with a name and permissions to begin with. */
function openCreate({ name = "", permissions = [] } = {}) {
  const form = byId("create-form");
  form.reset();
  clearFaults(form);
  paintGroups(paintForm);
  byId("create-teams").replaceChildren(...known.teams.map(teamElement));
  byId("create-name").value = name;
  for (const box of boxesIn(form)) box.checked = permissions.includes(box.value);
  show(byId("create-no-team"), known.teams.length === 0);
  paintForm();
  byId("create").showModal();
  byId("create").querySelector(".body").scrollTop = 0;
}

function teamElement({ id, name, role }) {
  const element = copyOf("team-template");
  write(element, { name, role: `your role: ${role}` });
  part(element, "box").value = id;
  return element;
}

/** Shows what depends on what is filled in. A changed form is another request. */
function paintForm() {
  attempt = null;
  const data = new FormData(byId("create-form"));
  show(byId("create-expiry-date"), data.get("expiry") === "date");
  show(byId("create-teams"), data.get("reach") === "some");
  byId("create-count").textContent = `${plural(data.getAll("permission").length, "permission")} chosen`;
}

async function create() {
  attempt ??= { key: crypto.randomUUID(), body: readForm(new FormData(byId("create-form"))) };
  const { body } = attempt;
  let created;
  try {
    created = await call("POST", "/tokens", attempt);
  } catch (fault) {
    if (fault.isFinal) attempt = null;
    throw withValues(fault, body);
  }
  attempt = null;
  byId("create").close();
  byId("create-form").reset();
  const { token: secret, ...token } = created;
  addCard(token);
  paintEmptiness();
  showSecret(secret, () => part(cards.get(token.id).card, "name").focus());
}

function readForm(data) {
  const body = { name: data.get("name"), permissions: data.getAll("permission") };
  const ranges = data.get("ranges").split(/[\s,]+/).filter(Boolean);
  if (data.get("description")) body.description = data.get("description");
  if (data.get("expiry")) body.expires_at = readExpiry(data.get("expiry"), data.get("expires_on"));
  if (data.get("reach") === "some") body.team_ids = data.getAll("team");
  if (ranges.length) body.allowed_cidrs = ranges;
  return body;
}

function readExpiry(choice, date) {
  const time = choice === "date" ? new Date(date) : new Date(Date.now() + Number(choice) * DAY);
  if (!Number.isNaN(time.valueOf())) return time.toISOString();
  const errors = [{ pointer: "/expires_at", detail: "Give a date and a time." }];
  throw Object.assign(new Error(errors[0].detail), { errors });
}

