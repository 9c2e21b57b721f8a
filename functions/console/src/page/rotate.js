// A new secret for a token, which shows until when the old one works.

function bindRotate() {
  bindDialog(byId("rotate"));
  onSubmit(byId("rotate-form"), rotate);
  byId("rotate-leak-field").addEventListener("change", () => {
    clearFaults(byId("rotate-form"));
    show(byId("rotate-overlap-field"), hasLeaked() === "no");
  });
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
  show(byId("rotate-leak-field"), !hasEnded(token.pending));
  show(byId("rotate-overlap-field"), false);
  byId("rotate").showModal();
}

/** What was answered: `no`, `yes`, or nothing yet. */
function hasLeaked() {
  return byId("rotate-form").elements.leaked.value;
}

/** How long the old secret is to work; none if it has ended. */
function readOverlap() {
  if (hasEnded(subject.pending) || hasLeaked() === "yes") return { overlap_seconds: 0 };
  if (!hasLeaked()) throw faultAt("/leaked", "Answer this first: it decides whether the old secret ends now.");
  const overlap = { overlap_seconds: Number(byId("rotate-overlap").value) };
  return byId("rotate-first-use").checked ? { ...overlap, until: "first_use" } : overlap;
}

async function rotate() {
  const body = readOverlap();
  const { token: secret, ...token } = await call("POST", `${pathOf(subject)}/rotate`, { body });
  changeCard(token);
  byId("rotate").close();
  const until = momentOf(token.pending.overlap_until);
  const end = body.until ? `until ${until}, or until this one is first used` : `until ${until}`;
  showSecret(secret, () => focusOn(token.id, "rotate"), hasEnded(token.pending) ? "The old secret is refused from now on." : `The old secret works ${end}.`);
}

/** Whether the secret before the pending one is refused by now. */
function hasEnded(pending) {
  return Boolean(pending) && new Date(pending.overlap_until) <= Date.now();
}

/** The secrets of a rotation that is under way. */
function paintRotation(card, { pending, replaced }) {
  const lines = replaced.map(({ hint, overlap_until: until }) => `The replaced secret ${hint} works until ${momentOf(until)}.`);
  if (pending) {
    const old = hasEnded(pending) ? "the old one is refused." : `the old one works until ${momentOf(pending.overlap_until)}.`;
    lines.unshift(`New secret ${pending.hint} not used yet; ${old}`);
  }
  show(part(card, "rotation"), lines.length > 0);
  write(card, { rotation: lines.join(" ") });
}
