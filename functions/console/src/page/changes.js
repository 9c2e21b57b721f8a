// What can be done to a token: rename it, switch it off and on, revoke it.

/** The token that the open dialog is about. */
let subject = null;

function bindChanges() {
  bindDialog(byId("rename"));
  bindDialog(byId("revoke"));
  onSubmit(byId("rename-form"), rename);
  onSubmit(byId("revoke-form"), revoke);
}

function openRename(token) {
  subject = token;
  clearFaults(byId("rename-form"));
  byId("rename-name").value = token.name;
  byId("rename").showModal();
  byId("rename-name").select();
}

async function rename() {
  const changed = await call("PATCH", pathOf(subject), { body: { name: byId("rename-name").value } });
  changeCard(changed);
  byId("rename").close();
  announce(`The token is now called ${changed.name}.`);
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

