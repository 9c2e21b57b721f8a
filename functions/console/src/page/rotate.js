// A new secret for a token, which shows until when the old one works.

function bindRotate() {
  bindDialog(byId("rotate"));
  onSubmit(byId("rotate-form"), rotate);
}

function openRotate(token) {
  const form = byId("rotate-form");
  subject = token;
  form.reset();
  clearFaults(form);
  byId("rotate-name").textContent = token.name;
  byId("rotate-again").textContent = token.pending ? `The new secret that was not used yet (${token.pending.hint}) is replaced.` : "";
  show(byId("rotate-again"), Boolean(token.pending));
  // A secret that has ended is not brought back.
  show(byId("rotate-overlap-field"), !hasEnded(token.pending));
  byId("rotate").showModal();
}

async function rotate() {
  const body = { overlap_seconds: Number(byId("rotate-overlap").value) };
  const { token: secret, ...token } = await call("POST", `${pathOf(subject)}/rotate`, { body });
  changeCard(token);
  byId("rotate").close();
  const { overlap_until: until } = token.pending;
  const note = hasEnded(token.pending) ? "The old secret is refused from now on." : `The old secret works until ${momentOf(until)}, or until this one is first used.`;
  showSecret(secret, () => focusOn(token.id, "rotate"), note);
}

/** Whether the secret before the pending one is refused by now. */
function hasEnded(pending) {
  return Boolean(pending) && new Date(pending.overlap_until) <= Date.now();
}

function paintPending(card, { pending }) {
  show(part(card, "pending"), Boolean(pending));
  if (!pending) return;
  const old = hasEnded(pending) ? "the old one is refused." : `the old one works until ${momentOf(pending.overlap_until)}.`;
  write(card, { pending: `New secret ${pending.hint} not used yet; ${old}` });
}

