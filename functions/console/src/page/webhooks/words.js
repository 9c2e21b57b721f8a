// The words for webhooks and their deliveries.

import { h } from "../shell/dom.js";
import { listAll } from "../shell/api.js";
import { may } from "../shell/known.js";
import { EXACT, distanceTo } from "../shell/words.js";

/** The topics, in the order in which an object meets them. */
export const TOPICS = {
  "object.created": "An object was created.",
  "object.updated": "Values of an object have changed, or it was restored from the trash.",
  "object.deleted": "An object was moved to the trash, or destroyed.",
  "object.send": "Somebody has sent an object, without a change.",
};

export const CONTENTS = {
  full: { label: "The whole event", help: "With the object, its values and what has changed." },
  ids: { label: "Ids only", help: "Topic, ids, version and time. The receiver reads the rest, with a token." },
};

export const STATUSES = { active: "Active", failing: "Failing", inactive: "Switched off", disabled: "Disabled" };

/** The status as people need it: one that is active and fails is not simply active. */
export function standingOf({ status, health }) {
  return status === "active" && health.failing_since ? "failing" : status;
}

export const DELIVERY_STATUSES = { failed: "Failed", held: "Held", pending: "Pending", delivered: "Delivered" };

const REASONS = { failing: "the receiver failed for five days", gone: "the receiver answered 410 Gone" };

const ERRORS = {
  refused_target: "The address is not on the public internet.",
  name_not_found: "No host of this name was found: look at the URL.",
  connect: "The host does not take connections.",
  tls: "The certificate of the host is not valid.",
  timeout: "There was no answer within 15 seconds.",
  invalid_response: "The answer was not HTTP.",
  closed: "The host closed the connection before it answered.",
};

/** A time to the second, as attempts follow each other within seconds. */
export function exactTime(time) {
  return h("time", { datetime: time }, EXACT.format(new Date(time)));
}

export function badge(status, words) {
  return h("span", { data: { status } }, h("span", { class: "badge" }, words[status] ?? status));
}

/** Why there was no answer, in words; the API's own name of the error stands with it. */
export function errorText(error) {
  return [ERRORS[error] ?? "There was no answer.", " ", h("code", {}, error)];
}

/** What is to be known of a webhook that does not simply work; empty if it does. */
export function troubleOf({ status, trashed_at: trashedAt, health }) {
  if (trashedAt) return "";
  if (status === "disabled") return `Disabled ${distanceTo(health.disabled_at)}, as ${REASONS[health.disabled_reason] ?? "the receiver failed"}`;
  if (health.failing_since) return `Failing since ${EXACT.format(new Date(health.failing_since))}`;
  return health.slow_until && new Date(health.slow_until) > new Date() ? "Slow: answers take more than three seconds" : "";
}

/** The object types of the team, to choose from and to name; none if the role may not read them. */
export async function typesOf(team) {
  return may("object-types.list") ? listAll("object-types.list", { team }) : [];
}

/** "Contacts, Companies"; what cannot be named is told by its id. */
export function typeNames(ids, types) {
  return ids === null || ids === undefined ? "All" : ids.map((id) => types.find((type) => type.id === id)?.plural_label ?? id).join(", ");
}
