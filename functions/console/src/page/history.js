// What has become of a token, in plain words, page by page.

const EVENTS = {
  created: "Created",
  renamed: "Renamed",
  changed: "Settings changed",
  deactivated: "Deactivated",
  activated: "Activated",
  rotated: "New secret made",
  confirmed: "New secret used for the first time",
  revoked: "Revoked",
  blocked: "Blocked",
  unblocked: "No longer blocked",
  refused: "Refused",
  new_address: "Used from a new address",
};
const REASONS = {
  revoked: "it is revoked",
  rotated_away: "a replaced secret was used",
  inactive: "it was deactivated",
  expired: "it had expired",
  address: "the address is not among those allowed",
  reported: "somebody reported it as leaked",
  insufficient_scope: "it lacks a permission",
  insufficient_role: "your role does not allow it",
  no_access: "it does not reach the team",
  session_required: "only a signed-in person may do this",
  rate_limited: "more requests than its limit allows",
};

/** Shows the history from its latest entry on. A list that is replaced meanwhile takes its late answer with it. */
function paintHistory(card, token) {
  const element = copyOf("history-template");
  const more = part(element, "more");
  const read = historyReader(element, token);
  part(card, "history").replaceChildren(element);
  onPress(more, read);
  read().catch((fault) => {
    write(element, { state: "The history could not be read." });
    more.textContent = "Try again";
    show(more);
    tell(fault);
  });
}

/** What appends the next page each time it is called. */
function historyReader(element, token) {
  let cursor = null;
  return async () => {
    const query = new URLSearchParams({ limit: "20", ...(cursor && { cursor }) });
    const page = await call("GET", `${pathOf(token)}/history?${query}`);
    const lines = page.data.map((entry) => entryElement(entry, token));
    part(element, "lines").append(...lines);
    // The button may be gone when all is shown.
    if (cursor) lines[0]?.focus();
    cursor = page.next_cursor;
    const count = plural(part(element, "lines").children.length, "line");
    write(element, { state: `${count} shown; kept for 90 days.`, more: "Show more" });
    show(part(element, "more"), Boolean(cursor));
  };
}

function entryElement(entry, token) {
  const element = copyOf("entry-template");
  const { at, first_at: first, ip, user_agent: client, count } = entry;
  const time = timeElement(at, DATE_TIME.format(new Date(at)));
  const since = count > 1 && first ? `, first on ${DATE_TIME.format(new Date(first))}` : "";
  const rest = [doerOf(entry.by, token), ip && `from ${ip}`, client && `with ${client}`].filter(Boolean);
  write(element, { what: whatHappened(entry) });
  part(element, "about").append(time, since, ...rest.map((each) => `, ${each}`));
  return element;
}

/** "Refused at least 12 times: it had expired". */
function whatHappened({ event, reason, count, team_id: team }) {
  const times = count > 1 ? ` at least ${count} times` : "";
  const place = team ? ` in ${teamName(team)}` : "";
  const why = reason ? `: ${REASONS[reason] ?? plain(reason)}` : "";
  return `${EVENTS[event] ?? plain(event)}${times}${place}${why}`;
}

function doerOf(by, token) {
  if (!by) return "";
  if (by.token_id) return by.token_id === token.id ? "by the token itself" : "by another token";
  return by.user_id === known.user ? "by you" : "by an owner";
}

/** A name that has no words yet. */
function plain(name) {
  return name.replaceAll("_", " ");
}

