// What an entry says, in plain words.

import { h } from "../shell/dom.js";
import { may } from "../shell/known.js";
import { addressOf } from "../shell/place.js";
import { plain, plural } from "../shell/words.js";

export const KINDS = {
  "object": "object",
  "object-type": "object type",
  "view": "view",
  "webhook": "webhook",
  "form": "form",
  "team": "team",
  "member": "member",
  "invitation": "invitation",
  "token": "token",
};

export const EVENTS = {
  created: "created",
  updated: "changed",
  deleted: "moved to the trash",
  restored: "restored",
  destroyed: "destroyed for good",
  sent: "sent to webhooks",
  rejected: "rejected",
  downloaded: "fetched",
  joined: "joined",
  left: "left",
  removed: "removed",
  withdrawn: "withdrawn",
  activated: "switched on",
  deactivated: "switched off",
  rotated: "given a new secret",
  confirmed: "used with its new secret for the first time",
  revoked: "revoked",
  blocked: "blocked",
  unblocked: "no longer blocked",
  refused: "refused",
};

/** So many names of fields stand in a row of the table. */
const FIELDS_SHOWN = 3;

/** "Object moved to the trash" */
export function whatOf({ event, subject }) {
  const text = `${KINDS[subject.kind] ?? plain(subject.kind)} ${EVENTS[event] ?? plain(event)}`;
  return text[0].toUpperCase() + text.slice(1);
}

/** What else a row tells: which fields have changed, how often a token was refused, why nobody did it. */
export function moreOf({ event, fields = [], refusals, reason }) {
  if (refusals) return `At least ${plural(refusals.count, "request")}: ${reasonsOf(refusals)}`;
  if (reason) return reasonOf(reason);
  if (event !== "updated" || fields.length === 0) return null;
  const names = fields.slice(0, FIELDS_SHOWN).map(({ label, slug }) => label || slug).join(", ");
  return fields.length > FIELDS_SHOWN ? `${names} and ${fields.length - FIELDS_SHOWN} more` : names;
}

/** "insufficient scope, no access" */
export function reasonsOf({ reasons }) {
  return Object.keys(reasons).map(plain).join(", ");
}

export function reasonOf(reason) {
  if (reason === "expired") {
    return "It was not sent in its time.";
  }
  return reason === "trash_ended" ? "Its time in the trash was over." : plain(reason);
}

/** Who did it; `names` are those of the members, for entries that have the id alone. */
export function whoOf({ user_id: id, name, email, form }, names) {
  return name ?? email ?? names.get(id) ?? id ?? (form ? "A visitor" : "The system");
}

export function sourceOf(source) {
  return { app: "App", api: "API", form: "Form" }[source] ?? source;
}

/** The name of a thing at that time, which may be empty; set apart, as it may be written from right to left. */
export function labelOf({ label, id }) {
  return label ? h("bdi", {}, label) : h("code", {}, id);
}

/** The thing, as a link if it has a page that the person may open. What is destroyed has none. */
export function subjectOf({ event, subject }) {
  const address = event === "destroyed" ? null : addressOfSubject(subject);
  return address ? h("a", { href: address }, labelOf(subject)) : labelOf(subject);
}

function addressOfSubject({ kind, id, type }) {
  if (kind === "object" && type && may("objects.list")) return addressOf("objects", id, { type: type.slug });
  if (kind === "object-type" && may("object-types.list")) return addressOf("object-types", id);
  if (kind === "webhook" && may("webhooks.list")) return addressOf("webhooks", id);
  return null;
}
