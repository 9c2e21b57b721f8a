// Creating a token.

/** What the platform's most common token is: form submissions become contacts. */
const EXAMPLE = { name: "Form submissions", permissions: ["object:create", "object:update"] };
const BLANK = {
  name: "", description: "", permissions: [], expires_at: null, team_ids: null, allowed_cidrs: null, rate_limit: null, on_reuse: "record",
};

/** A request whose answer may have been lost. It is sent again as it was, so that it makes one token, not two. */
let attempt = null;

function bindCreate() {
  onPress(byId("create-open"), () => openCreate(BLANK));
  onPress(byId("create-example"), () => openCreate({ ...BLANK, ...EXAMPLE }));
}

/** Opens the form with a team chosen, as most services work in one: later teams are not reached by surprise. */
function openCreate(token) {
  subject = null;
  const [team] = known.teams;
  openEditor({ ...token, team_ids: team ? [team.id] : null }, { title: "Create a token", action: "Create token" });
}

async function create() {
  attempt ??= { key: crypto.randomUUID(), body: readEditor() };
  const { body } = attempt;
  let created;
  try {
    created = await call("POST", "/tokens", attempt);
  } catch (fault) {
    if (fault.isFinal) attempt = null;
    throw withValues(fault, body);
  }
  attempt = null;
  byId("editor").close();
  byId("editor-form").reset();
  const { token: secret, ...token } = created;
  addCard(token);
  paintEmptiness();
  showSecret(secret, () => focusOn(token.id, "name"));
}

