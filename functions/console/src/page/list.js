// The list of tokens. Each has one card, which is painted anew when the token changes.

const cards = new Map();

/** Shows these tokens, the newest first. */
function paintTokens(tokens) {
  cards.clear();
  byId("tokens").replaceChildren();
  for (const token of tokens.toSorted((a, b) => a.created_at.localeCompare(b.created_at))) addCard(token);
  paintEmptiness();
}

/** Puts a token on top of the list. */
function addCard(token) {
  const card = copyOf("token-template");
  cards.set(token.id, { card, token });
  const current = () => cards.get(token.id).token;
  onPress(part(card, "rename"), () => openRename(current()));
  onPress(part(card, "switch"), () => switchToken(current()));
  onPress(part(card, "revoke"), () => openRevoke(current()));
  part(card, "details").addEventListener("toggle", () => paintGranted(card, current()), { once: true });
  paintCard(card, token);
  byId("tokens").prepend(card);
}

/** Shows a token as it is now. */
function changeCard(token) {
  const { card } = cards.get(token.id);
  cards.set(token.id, { card, token });
  paintCard(card, token);
}

function removeCard(id) {
  cards.get(id).card.remove();
  cards.delete(id);
  paintEmptiness();
}

function paintEmptiness() {
  show(byId("empty"), cards.size === 0);
  show(byId("tokens"), cards.size > 0);
}

function paintCard(card, token) {
  const { name, description, hint, status, permissions } = token;
  write(card, { name, description, hint, status: STATUSES[status], count: plural(permissions.length, "permission") });
  card.dataset.status = status;
  show(part(card, "description"), Boolean(description));
  part(card, "last-used").replaceChildren(...lastUse(token.last_used));
  part(card, "expires").replaceChildren(expiry(token.expires_at));
  part(card, "expires").toggleAttribute("data-soon", isSoon(token.expires_at));
  part(card, "created").replaceChildren(timeElement(token.created_at, DATE.format(new Date(token.created_at))));
  paintLimits(card, token);
  paintActions(card, token);
}

function paintLimits(card, { team_ids: teams, allowed_cidrs: ranges }) {
  show(part(card, "ranges-row"), Boolean(ranges));
  write(card, { teams: teams ? teams.map(teamName).join(", ") : "All your teams", ranges: (ranges ?? []).join(", ") });
}

function paintActions(card, { name, status, active }) {
  part(card, "actions").setAttribute("aria-label", `Actions for ${name}`);
  part(card, "switch").textContent = active ? "Deactivate" : "Activate";
  // Switching on would not bring it back.
  show(part(card, "switch"), status !== "expired");
}

/** The permissions with what each means, made when they are first looked at. */
function paintGranted(card, { permissions }) {
  part(card, "granted").replaceChildren(...permissions.map((name) => {
    const element = copyOf("granted-template");
    write(element, { name, description: known.descriptions.get(name) ?? "" });
    return element;
  }));
}

function lastUse(use) {
  if (!use) return ["Never"];
  const element = timeElement(use.at, distanceTo(use.at));
  element.title = [element.title, use.ip && `from ${use.ip}`, use.user_agent].filter(Boolean).join("\n");
  return use.ip ? [element, `, from ${use.ip}`] : [element];
}

function expiry(time) {
  return time ? timeElement(time, `${DATE.format(new Date(time))} (${distanceTo(time)})`) : "Never";
}

function teamName(id) {
  return known.teams.find((team) => team.id === id)?.name ?? "a team you have left";
}

