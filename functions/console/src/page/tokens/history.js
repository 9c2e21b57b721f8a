// What has become of a token, in plain words, page by page.

import { h, once, show } from "../shell/dom.js";
import { call } from "../shell/api.js";
import { known, teamName } from "../shell/known.js";
import { tell } from "../shell/notice.js";
import { DATE_TIME, plain, plural, timeElement } from "../shell/words.js";

const PAGE_SIZE = 20;
/** So many lines stand there at once; the next page begins anew then. */
const LINES_MAX = 100;
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

/** The history from its latest entry on. An element that is replaced meanwhile takes its late answer with it. */
export function historyOf(token) {
  const state = h("p", { class: "soft", role: "status" }, "Loading…");
  const lines = h("ol", { role: "list", class: "lines" });
  const more = h("button", { type: "button", class: "link", hidden: true, data: { operation: "tokens.history" } }, "Show more");
  const read = readerOf(token, { state, lines, more });
  const readSafely = () => once(more, () => read().catch((fault) => {
    state.textContent = "The history could not be read.";
    more.textContent = "Try again";
    show(more);
    tell(fault);
  }));
  more.addEventListener("click", readSafely);
  readSafely();
  return h("div", {}, state, lines, more);
}

/** What appends the next page each time it is called. */
function readerOf(token, { state, lines, more }) {
  let cursor = null;
  return async () => {
    const page = await call("tokens.history", { token: token.id }, { query: { limit: PAGE_SIZE, cursor } });
    const added = page.data.map((entry) => lineOf(entry, token));
    if (lines.children.length + added.length > LINES_MAX) lines.replaceChildren();
    lines.append(...added);
    // The button may be gone when all is shown.
    if (cursor) added[0]?.focus();
    cursor = page.next_cursor;
    const count = lines.children.length;
    state.textContent = count > 0 ? `${plural(count, "line")} shown; kept for 90 days.` : "Nothing has happened in the last 90 days.";
    more.textContent = "Show more";
    show(more, Boolean(cursor));
  };
}

function lineOf(entry, token) {
  const { at, first_at: first, ip, user_agent: client, count } = entry;
  const since = count > 1 && first && `, first on ${DATE_TIME.format(new Date(first))}`;
  const rest = [doerOf(entry.by, token), ip && `from ${ip}`, client && `with ${client}`].filter(Boolean);
  return h("li", { tabindex: "-1" },
    whatHappened(entry), " ",
    h("span", { class: "soft" }, timeElement(at, DATE_TIME.format(new Date(at))), since, rest.map((each) => `, ${each}`)));
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
  return by.user_id === known.user.id ? "by you" : "by an owner";
}
