// One entry with all that it has. The API gives entries in pages only, so it is looked for in the page that is shown.

import { h } from "../shell/dom.js";
import { addressOf } from "../shell/place.js";
import { DATE_TIME, EXACT, distanceTo, plain, plural } from "../shell/words.js";
import { copyButton } from "../parts/copy.js";
import { closeButton, openDialog } from "../parts/dialog.js";
import { reasonOf, sourceOf, subjectOf, whatOf, whoOf } from "./words.js";

/** Values that are longer scroll in their cell. */
const SHORT = 200;

export function entryDialog(entry, { names }) {
  if (!entry) return tellElsewhere();
  return openDialog({
    title: whatOf(entry),
    size: "wide",
    content: [factsOf(entry, names), changesOf(entry), refusalsOf(entry), idsOf(entry), linksOf(entry, names)],
  });
}

function tellElsewhere() {
  return openDialog({
    title: "The entry is not on this page",
    content: h("p", {}, "It is on another page of the log, does not fit the filters any more, or its time is over."),
    footer: [h("a", { href: addressOf("audit-log"), class: "button" }, "Go to the latest entries"), closeButton()],
  });
}

function factsOf(entry, names) {
  const { at, actor, subject, reason } = entry;
  const who = whoOf(actor, names);
  return h("dl", { class: "log-facts" },
    fact("Subject", subjectOf(entry)),
    subject.type && subject.kind === "object" && fact("Object type", h("bdi", {}, subject.type.slug)),
    fact("Time", h("time", { datetime: at }, `${EXACT.format(new Date(at))} (${distanceTo(at)})`)),
    fact("Who", [h("bdi", {}, who), actor.email && actor.email !== who && h("small", { class: "under" }, actor.email)]),
    reason && fact("Why", reasonOf(reason)),
    actor.token && fact("Token", h("bdi", {}, actor.token.name ?? actor.token.id)),
    actor.form && fact("Form", h("bdi", {}, actor.form.name ?? actor.form.id)),
    actor.ip && fact("Address", actor.ip),
    actor.source && fact("Interface", sourceOf(actor.source)));
}

function idsOf({ id, actor, subject, request_id: request }) {
  return h("dl", { class: "log-facts ids" },
    idFact(`Id of the ${plain(subject.kind)}`, subject.id),
    subject.type && subject.kind === "object" && idFact("Id of the object type", subject.type.id),
    actor.user_id && idFact("Id of the person", actor.user_id),
    actor.token && idFact("Id of the token", actor.token.id),
    request && idFact("Id of the request", request),
    idFact("Id of the entry", id));
}

function fact(label, value) {
  return h("div", {}, h("dt", {}, label), h("dd", {}, value));
}

function idFact(label, id) {
  const copy = copyButton(() => id);
  copy.setAttribute("aria-label", `Copy: ${label}`);
  return fact(label, [h("code", {}, id), copy]);
}

/** The values before and after, side by side. */
function changesOf({ fields = [] }) {
  if (fields.length === 0) return null;
  const row = ({ slug, label, old, new: now, omitted }) => h("tr", {},
    h("th", { scope: "row" }, h("bdi", {}, label || slug), label && label !== slug && h("code", { class: "under" }, slug)),
    omitted
      ? h("td", { colspan: "2", class: "soft" }, "The values are left out: they are too large, or private.")
      : [h("td", {}, valueOf(old)), h("td", {}, valueOf(now))]);
  return h("div", {},
    h("h3", { class: "log-part" }, "What has changed"),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "What has changed" },
      h("table", { class: "log-changes" },
        h("thead", {}, h("tr", {}, ["Field", "Before", "After"].map((label) => h("th", { scope: "col" }, label)))),
        h("tbody", {}, fields.map(row)))));
}

function valueOf(value) {
  if (value === null || value === undefined) return h("span", { class: "soft" }, "nothing");
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (value === "") return h("span", { class: "soft" }, "an empty text");
  const isText = typeof value !== "object";
  const text = isText ? String(value) : JSON.stringify(value, null, 2);
  const isLong = text.length > SHORT || text.split("\n").length > 8;
  const look = { class: isLong ? "log-value long" : "log-value", dir: "auto", tabindex: isLong ? "0" : null };
  return isText ? h("div", look, text) : h("pre", look, h("code", {}, text));
}

function refusalsOf({ refusals }) {
  if (!refusals) return null;
  const latest = refusals.last_at ? `, the latest ${DATE_TIME.format(new Date(refusals.last_at))}` : "";
  return h("div", {},
    h("h3", { class: "log-part" }, "What was refused"),
    h("p", {}, `At least ${plural(refusals.count, "request")} from this address within the hour that begins at the time of the entry${latest}.`),
    h("ul", { class: "log-reasons" }, Object.entries(refusals.reasons).map(([reason, count]) => h("li", {}, `${plain(reason)}: ${count}`))));
}

/** Ways to other entries, without the filters that are there now. */
function linksOf({ subject, actor }, names) {
  const link = (filters, ...text) => h("a", { href: addressOf("audit-log", "", filters) }, text);
  return h("p", { class: "links" },
    link({ subject: subject.id }, `All entries about this ${plain(subject.kind)}`),
    actor.user_id && link({ user: actor.user_id }, "All entries of ", h("bdi", {}, whoOf(actor, names))),
    actor.token && link({ token: actor.token.id }, "All entries with this token"));
}
