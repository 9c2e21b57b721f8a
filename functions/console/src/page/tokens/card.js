// One token: its state, its limits, what it was used for, and what can be done to it.

import { h } from "../shell/dom.js";
import { teamName } from "../shell/known.js";
import { DATE, distanceTo, isSoon, periodOf, plural, timeElement } from "../shell/words.js";
import { action, actions } from "../parts/action.js";
import { requests } from "../parts/request.js";
import { switchToken } from "./changes.js";
import { historyOf } from "./history.js";
import { rotationOf } from "./rotate.js";

const STATUSES = { active: "Active", inactive: "Deactivated", expired: "Expired", revoked: "Revoked" };
/** The disclosures that are open, so that they still are when the list is painted again. */
const opened = new Set();

/** The card of a token. `descriptions` are those of the permissions by their names. */
export function cardOf(token, descriptions) {
  const { id, name, description, status, permissions, unused_permissions: unused, created_at: created } = token;
  const count = plural(permissions.length, "permission") + (unused.length ? `, ${unused.length} never used` : "");
  return h("li", { class: "card token", data: { status, token: id } },
    h("div", { class: "token-head" },
      h("div", { class: "token-name" },
        h("h2", { tabindex: "-1", data: { key: `token ${id}` } }, name),
        h("span", { class: "badge" }, STATUSES[status])),
      status !== "revoked" && actionsOf(token)),
    description && h("p", { class: "soft description" }, description),
    rotationOf(token),
    facts(token),
    h("div", { class: "folds" },
      disclosure(`permissions ${id}`, count, () => [
        ...grantedOf(token, descriptions),
        h("p", { class: "soft" }, "Created ", timeElement(created, DATE.format(new Date(created)))),
      ]),
      disclosure(`history ${id}`, "History", () => historyOf(token)),
      requests(calls(token))));
}

/** What neither the state nor the end of a token forbids. */
function actionsOf({ id, name, status, active }) {
  const isExpired = status === "expired";
  const label = active ? "Deactivate" : "Activate";
  return actions(name,
    action("tokens.update", "Edit", { dialog: "edit", on: id, kind: "quiet", of: name }),
    // Neither would bring it back.
    !isExpired && action("tokens.rotate", "Rotate", { dialog: "rotate", on: id, kind: "quiet", of: name }),
    !isExpired && action("tokens.update", label, { press: () => switchToken(id, name, !active), key: "switch", on: id, kind: "quiet", of: name }),
    action("tokens.revoke", "Revoke", { dialog: "revoke", on: id, kind: "quiet danger-text", of: name }));
}

function calls({ id, status, active }) {
  const parameters = { token: id };
  const isOver = ["expired", "revoked"].includes(status);
  return [
    status !== "revoked" && ["Read it", { operation: "tokens.read", parameters }],
    !isOver && [active ? "Deactivate it" : "Activate it", { operation: "tokens.update", parameters, body: { active: !active } }],
    ["See its history", { operation: "tokens.history", parameters }],
  ];
}

function facts(token) {
  const { hint, status, expires_at: end, revoked_at: revoked, team_ids: teams, blocked_team_ids: blocked } = token;
  const { allowed_cidrs: ranges, rate_limit: rate, on_reuse: onReuse } = token;
  const rows = [
    ["Token", h("code", {}, hint)],
    ["Last used", lastUse(token.last_used)],
    status === "revoked"
      ? ["Revoked", timeElement(revoked, `${DATE.format(new Date(revoked))} (${distanceTo(revoked)})`)]
      : ["Expires", h("span", { data: isSoon(end) ? { soon: "" } : {} }, expiry(end))],
    ["Teams", teams ? teams.map(teamName).join(", ") : "All your teams"],
    blocked.length > 0 && ["Blocked in", `${blocked.map(teamName).join(", ")}, by an owner`],
    ranges && ["Addresses", ranges.join(", ")],
    rate && ["Rate limit", `${plural(rate.limit, "request")} per ${periodOf(rate.window_seconds)}`],
    onReuse === "deactivate" && ["Reuse", "The use of a replaced secret deactivates the token"],
  ];
  return h("dl", { class: "facts" }, rows.filter(Boolean).map(([term, value]) => h("div", {}, h("dt", {}, term), h("dd", {}, value))));
}

function lastUse(use) {
  if (!use) return "Never";
  const element = timeElement(use.at);
  element.title = [element.title, use.ip && `from ${use.ip}`, use.user_agent].filter(Boolean).join("\n");
  return [element, use.ip && `, from ${use.ip}`];
}

function expiry(time) {
  return time ? timeElement(time, `${DATE.format(new Date(time))} (${distanceTo(time)})`) : "Never";
}

/** What is made only when somebody looks at it. */
function disclosure(key, label, content) {
  const inside = h("div", { class: "inside" });
  const details = h("details", { open: opened.has(key) }, h("summary", { data: { key } }, label), inside);
  details.addEventListener("toggle", () => {
    if (details.open) opened.add(key);
    else opened.delete(key);
    inside.replaceChildren(...(details.open ? [content()].flat() : []));
  });
  return details;
}

/** The permissions with what each means: those that were used, the latest first, and those that never were. */
function grantedOf({ used_permissions: used, unused_permissions: unused, last_used: lastUsed }, descriptions) {
  const latest = used.toSorted((a, b) => b.last_used_at.localeCompare(a.last_used_at));
  const advice = lastUsed && "What the service does not need it should not have: create a token without it, and revoke this one.";
  const line = (name, at) => h("li", {}, h("code", {}, name), " ", h("span", { class: "soft" }, descriptions.get(name) ?? ""), at && [" Last used ", timeElement(at)]);
  return [
    usage("Used", null, latest.map(({ permission, last_used_at: at }) => line(permission, at))),
    usage("Never used", advice, unused.map((name) => line(name))),
  ].filter(Boolean);
}

/** A list of permissions with its title; null if it is empty. */
function usage(title, advice, lines) {
  if (lines.length === 0) return null;
  return h("section", {}, h("h3", {}, title), advice && h("p", { class: "help" }, advice), h("ul", { role: "list", class: "lines" }, lines));
}
