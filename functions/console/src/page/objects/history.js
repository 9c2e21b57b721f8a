// What happened to an object, the last first: who changed what from what to what.

import { h } from "../shell/dom.js";
import { callExact } from "../parts/exact.js";
import { pager, pageQuery } from "../parts/pages.js";
import { plural, timeElement, personName } from "../shell/words.js";
import { holdsFiles, namesOf } from "./files.js";
import { textOf } from "./values.js";

const LIMIT = 20;
/** So many changes are shown at once; more are behind a click. */
const FEW = 8;
/** So much of a long text is shown of each side of a change. */
const LONG = 1_000;
const SAID = {
  created: "created it",
  updated: "changed it",
  deleted: "moved it to the trash",
  restored: "restored it",
  destroyed: "destroyed it",
  sent: "sent it to webhooks",
};

/** A page of the history. The section's cursor is that of the history, as an object has no other list of pages. */
export function readHistory(place, query) {
  return callExact("objects.history", place, { query: pageQuery(query, { limit: LIMIT }) });
}

export function historyElement(world, type, history) {
  return [
    h("h2", { class: "part" }, "History"),
    history.data.length > 0
      ? h("ol", { class: "card history", role: "list" }, history.data.map((entry) => entryElement(world, type, entry)))
      : h("p", { class: "soft" }, "Nothing is kept of what happened here."),
    pager("the history", history),
  ];
}

function entryElement(world, type, { event, at, actor, fields }) {
  const changes = fields.length > FEW || event === "created" ? folded(world, type, fields) : changesElement(world, type, fields);
  return h("li", {},
    h("p", {}, h("strong", {}, whoOf(actor)), ` ${SAID[event] ?? event} `, h("span", { class: "soft" }, timeElement(at))),
    fields.length > 0 && changes);
}

function whoOf({ user_id: id, name, email, token }) {
  if (!id) return "The system";
  const who = personName({ name, email, id });
  return token ? `${who}, by the token ${token.name ?? token.id},` : who;
}

/** Many values are put on the page when somebody wants to see them. */
function folded(world, type, fields) {
  const inside = h("div", { class: "inside" });
  const details = h("details", {}, h("summary", {}, plural(fields.length, "value")), inside);
  details.addEventListener("toggle", () => { if (details.open) inside.replaceChildren(changesElement(world, type, fields)); });
  return details;
}

function changesElement(world, type, fields) {
  const item = (change) => h("li", {}, h("span", { class: "soft" }, `${change.label}: `), changeText(world, type, change));
  return h("ul", { class: "changes" }, fields.map(item));
}

function changeText(world, type, { slug, old, new: now, omitted }) {
  if (omitted) return "changed; the values are too large, or private";
  const field = type.fields.find((each) => each.slug === slug) ?? {};
  const text = (value) => cut(world.labels.get(value) ?? (holdsFiles(field) && value ? namesOf(world, value) : textOf(field, value)));
  const isSet = old === null || old === undefined;
  if (isSet) return h("ins", { dir: "auto" }, text(now));
  return [
    h("del", { dir: "auto" }, text(old)),
    h("span", { "aria-hidden": "true" }, " → "),
    now === null || now === undefined ? "nothing" : h("ins", { dir: "auto" }, text(now)),
  ];
}

function cut(text) {
  return text.length > LONG ? `${text.slice(0, LONG)}…` : text;
}
