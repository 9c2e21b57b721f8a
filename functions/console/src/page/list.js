// The list of tokens. Each has one card, which is painted anew when the token changes.

const cards = new Map();

/** Shows these tokens, the newest first. */
function paintTokens(tokens) {
  cards.clear();
  byId("tokens").replaceChildren();
  byId("filter-status").value = "";
  for (const token of tokens.toSorted((a, b) => a.created_at.localeCompare(b.created_at))) addCard(token);
  paintEmptiness();
}

/** Puts a token on top of the list. */
function addCard(token) {
  const card = copyOf("token-template");
  cards.set(token.id, { card, token });
  const current = () => cards.get(token.id).token;
  onPress(part(card, "edit"), () => openEdit(current()));
  onPress(part(card, "rotate"), () => openRotate(current()));
  onPress(part(card, "switch"), () => switchToken(current()));
  onPress(part(card, "revoke"), () => openRevoke(current()));
  for (const name of ["details", "history-details"]) part(card, name).addEventListener("toggle", () => paintOpened(card, current(), name));
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

/** Brings the focus to a part of a token's card, if the card is still there. */
function focusOn(id, name) {
  const entry = cards.get(id);
  if (entry) part(entry.card, name).focus();
}

/** Shows the tokens of the chosen status. One that changes stays until another choice, as the focus is on it. */
function filterTokens() {
  const status = byId("filter-status").value;
  for (const { card, token } of cards.values()) show(card, !status || token.status === status);
  paintEmptiness();
  announce(`${plural(shownCards().length, "token")} shown.`);
}

function shownCards() {
  return [...cards.values()].filter(({ card }) => !card.hidden);
}

function paintEmptiness() {
  show(byId("empty"), cards.size === 0);
  show(byId("filter"), cards.size > 0);
  show(byId("tokens"), shownCards().length > 0);
  show(byId("no-match"), cards.size > 0 && shownCards().length === 0);
}

