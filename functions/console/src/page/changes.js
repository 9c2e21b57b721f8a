// What can be done to a token: change it, switch it off and on, revoke it.

/** The token that the open dialog is about; null if it is about a new one. */
let subject = null;

function bindChanges() {
  bindDialog(byId("revoke"));
  onSubmit(byId("revoke-form"), revoke);
}

function openEdit(token) {
  subject = token;
  openEditor(token, { title: "Edit the token", action: "Save" });
}

async function change() {
  const body = readChanges();
  if (Object.keys(body).length === 0) return byId("editor").close();
  let changed;
  try {
    changed = await call("PATCH", pathOf(subject), { body });
  } catch (fault) {
    throw withValues(fault, body);
  }
  changeCard(changed);
  byId("editor").close();
  announce(`${changed.name} is changed.`);
}

async function switchToken(token) {
  const changed = await call("PATCH", pathOf(token), { body: { active: !token.active } });
  changeCard(changed);
  announce(changed.active ? `${changed.name} is active.` : `${changed.name} is deactivated.`);
}

function openRevoke(token) {
  subject = token;
  clearFaults(byId("revoke-form"));
  byId("revoke-name").textContent = token.name;
  byId("revoke").showModal();
}

async function revoke() {
  try {
    await call("DELETE", pathOf(subject));
  } catch (fault) {
    // Revoked elsewhere, which is what was asked for.
    if (fault.status !== 404) throw fault;
  }
  byId("revoke").close();
  removeCard(subject.id);
  byId("title").focus();
  announce(`${subject.name} is revoked.`);
}

function pathOf({ id }) {
  return `/tokens/${encodeURIComponent(id)}`;
}

