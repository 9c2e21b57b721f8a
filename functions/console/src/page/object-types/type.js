// The page of one object type: what it is, and its fields.

import { h } from "../shell/dom.js";
import { call, ifThere } from "../shell/api.js";
import { may } from "../shell/known.js";
import { addressOf, here } from "../shell/place.js";
import { DATE_TIME, momentOf, plural, timeElement } from "../shell/words.js";
import { action, actions } from "../parts/action.js";
import { empty, head, table } from "../parts/pages.js";
import { requests } from "../parts/request.js";
import { duplicateDialog, editDialog } from "./edit.js";
import { addDialog, changeDialog, moveDialog, removeDialog } from "./fields.js";
import { hasOptions } from "./kinds.js";
import { listTypes, readType } from "./read.js";
import { destroyTypeDialog, trashActions, trashType } from "./trash.js";
import { watchWork } from "./work.js";

/** So many fields stand on a page. */
const FIELDS_SHOWN = 100;

function lost() {
  return { title: "Object types", content: [wayBack(), head("There is no such object type", "It may have been destroyed, or it belongs to another team.")] };
}

const wayBack = () => h("p", { class: "type-back" }, h("a", { href: addressOf("object-types") }, "All object types"));

export async function typeView({ team, id, query }) {
  const type = await ifThere(readType(team.id, id));
  if (!type) return lost();
  watchWork([type], async () => [await readType(team.id, id)]);
  const isTrashed = Boolean(type.trashed_at);
  const [targets, count] = await Promise.all([targetsOf(team.id, type), isTrashed ? null : countOf(team.id, type)]);
  const parts = { team: team.id, type, isTrashed, targets, count };
  return {
    title: type.plural_label,
    content: [
      wayBack(),
      head(type.plural_label, `One of them is called “${type.singular_label}”.`, ...(isTrashed ? [] : [
        action("object-types.update", "Edit", { dialog: "edit", of: type.plural_label }),
        type.fields.length > 0 && action("object-types.add_field", "Add a field", { dialog: "add-field", kind: "primary" })])),
      isTrashed && trashNote(team.id, type),
      factsOf(parts),
      h("h2", { class: "part" }, "Fields"),
      fieldsOf(parts, query),
      !isTrashed && lifeOf(team.id, type),
      requestsOf(team.id, type),
    ],
    dialogs: isTrashed ? { destroy: () => destroyTypeDialog(team.id, type.id) } : {
      edit: () => editDialog(team.id, type.id),
      duplicate: () => duplicateDialog(team.id, type.id),
      "add-field": () => addDialog(team.id, type.id),
      "change-field": (slug) => changeDialog(team.id, type.id, slug),
      "move-field": (slug) => moveDialog(team.id, type.id, slug),
      "remove-field": (slug) => removeDialog(team.id, type.id, slug),
    },
  };
}

/** The types that relationships point at, by id. Who points at nothing needs to read nothing. */
async function targetsOf(team, { fields }) {
  const types = fields.some(({ type }) => type === "relationship") ? await listTypes(team) : [];
  return new Map(types.map((type) => [type.id, type]));
}

/** How many objects there are, in words; null if the role may not know it. */
async function countOf(team, { id }) {
  if (!may("objects.stats")) return null;
  try {
    const { count, complete } = await call("objects.stats", { team, type: id });
    return `${plural(count, "object")}${complete ? "" : " or more"}`;
  } catch (fault) {
    return `The objects cannot be counted: ${fault.message}`;
  }
}

function trashNote(team, type) {
  return h("div", { class: "note type-trashed" },
    h("p", {}, "In the trash since ", timeElement(type.trashed_at, momentOf(type.trashed_at)),
      ". Its objects are hidden, and nothing can be changed. After 30 days it is destroyed."),
    trashActions(team, type));
}

function factsOf({ type, count, isTrashed }) {
  const { id, slug, fields, item_label_fields: naming, updated_at: at } = type;
  const labels = naming.map((each) => fields.find((field) => field.slug === each)?.label ?? each);
  const fact = (label, ...value) => h("div", {}, h("dt", {}, label), h("dd", {}, value));
  return h("dl", { class: "card facts" },
    fact("Slug", h("code", {}, slug)),
    fact("Objects", isTrashed ? "Hidden" : may("objects.list") ? h("a", { href: addressOf("objects", "", { type: slug }) }, count) : "For others to see"),
    fact("Named by", labels.length > 0 ? labels.join(", ") : "Their ids"),
    fact("Changed", timeElement(at, DATE_TIME.format(new Date(at)))),
    fact("Id", h("code", {}, id)));
}

function fieldsOf({ team, type, isTrashed, targets }, query) {
  const { fields } = type;
  if (fields.length === 0) {
    return empty("No field yet", "Without fields there is nothing to say of an object. Begin with what names it.",
      !isTrashed && h("div", {}, action("object-types.add_field", "Add a field", { dialog: "add-field", kind: "primary" })));
  }
  const from = Math.min(Number(query.get("from")) || 0, fields.length - 1);
  const isWorked = fields.some(({ index, check }) => index || check);
  return [
    h("div", { class: "type-fields" }, table("Fields", [
      { label: "Field", isHead: true, cell: ({ label, slug }) => [label, h("code", { class: "under" }, slug)] },
      { label: "Type", cell: (field) => [h("span", { class: "field-type" }, field.type), detailOf(field, targets)] },
      { label: "Rules", cell: marksOf },
      ...(isWorked ? [{ label: "Index", cell: (field) => workOf(field, type) }] : []),
      ...(isTrashed ? [] : [{ label: "", cell: (field) => fieldActions(field, fields.length) }]),
    ], fields.slice(from, from + FIELDS_SHOWN))),
    fields.length > FIELDS_SHOWN && fieldPages(fields.length, from),
  ];
}

function fieldPages(count, from) {
  const pages = Array.from({ length: Math.ceil(count / FIELDS_SHOWN) }, (_, index) => index * FIELDS_SHOWN);
  const link = (start) => h("a", {
    class: "button", href: addressOf("object-types", here().id, { from: start }), "aria-current": start === from ? "page" : null,
  }, `${start + 1} to ${Math.min(start + FIELDS_SHOWN, count)}`);
  return h("nav", { class: "pager", "aria-label": "Pages of fields" }, pages.map(link));
}

/** What tells a field from others of its type. */
function detailOf({ type, settings, semantics }, targets) {
  const { options, currency, prefix, postfix, start, precision, fields, categories, keep_metadata: keeps } = settings;
  const { max_length: most, default_country: country, required_parts: parts } = settings;
  const said = [
    hasOptions(type) && plural(options.length, "option"),
    type === "money" && (currency ?? "USD"),
    type === "autogenerated" && `from ${prefix ?? ""}${start ?? 1}${postfix ?? ""}`,
    precision === "date-time" && "with a time",
    most && `at most ${most} characters`,
    country && `of ${country}`,
    parts?.length > 0 && `with ${parts.join(", ")}`,
    fields && plural(fields.length, "field"),
    categories?.length > 0 && categories.join(", "),
    keeps && "with metadata",
    semantics,
  ].filter(Boolean);
  if (type === "relationship") said.push(targetOf(targets.get(settings.object_type)));
  return said.length > 0 && h("small", { class: "under" }, said.flatMap((each, index) => (index ? [" · ", each] : [each])));
}

function targetOf(target) {
  return target ? ["to ", h("a", { href: addressOf("object-types", target.id) }, target.plural_label)] : "to a type that is in the trash, or gone";
}

function marksOf({ required, unique, searchable, locked, visible, default: preset }) {
  const isIf = (rule) => typeof rule === "object";
  const marks = [
    isIf(required) ? "required if…" : required === "always" && "required",
    unique && "unique", searchable && "searchable",
    isIf(locked) ? "locked if…" : locked === "once_set" && "locked once set",
    isIf(visible) && "visible if…",
    preset !== undefined && preset !== null && "has a default",
  ].filter(Boolean);
  return marks.length > 0 && h("ul", { class: "field-marks", role: "list" }, marks.map((mark) => h("li", { class: "field-mark" }, mark)));
}

function workOf({ index, check }, { slug }) {
  return [
    index && h("p", {}, stateOf(index, "Ready", "Building", "Failed"), conflictsOf(index, slug, "stand in the way")),
    check && h("p", {}, stateOf(check, "", "Checking the objects", "Checked"), conflictsOf(check, slug, "do not keep to the rules")),
  ];
}

function stateOf({ state, done, error }, ready, building, failed) {
  if (state === "ready") return ready;
  if (state === "failed") return failed;
  const count = done === undefined || done === null ? "" : ` (${done} done)`;
  return error ? `${building}${count}: stopped by ${error}, and tried again` : `${building}${count}`;
}

/** Which objects have to be changed before the work can end well. */
function conflictsOf({ state, found, objects }, slug, words) {
  if (state !== "failed") return null;
  const link = (id) => h("li", {}, h("a", { href: addressOf("objects", id, { type: slug }) }, id));
  return [`: ${found === undefined || found === null ? "some objects" : plural(found, "object")} ${words}.`,
    objects?.length > 0 && h("details", {}, h("summary", {}, "Which"), h("ul", {}, objects.slice(0, 20).map(link)))];
}

function fieldActions({ slug, label }, count) {
  return actions(label,
    action("object-types.update_field", "Change", { dialog: "change-field", on: slug, of: label, kind: "quiet" }),
    count > 1 && action("object-types.update", "Move", { dialog: "move-field", on: slug, of: label, kind: "quiet" }),
    action("object-types.remove_field", "Remove", { dialog: "remove-field", on: slug, of: label, kind: "quiet danger-text" }));
}

function lifeOf(team, type) {
  const { plural_label: label } = type;
  const buttons = actions(label,
    action("object-types.duplicate", "Duplicate", { dialog: "duplicate", of: label, kind: "quiet" }),
    action("object-types.trash", "Move to the trash", { press: () => trashType(team, type), of: label, kind: "quiet danger-text" }));
  return buttons && h("div", { class: "type-life" }, buttons);
}

/** What is read, and what buttons do without a form. */
function requestsOf(team, { id, trashed_at: isTrashed }) {
  const parameters = { team, type: id };
  const change = isTrashed
    ? ["Restore the object type", { operation: "object-types.restore", parameters }]
    : ["Move the object type to the trash", { operation: "object-types.trash", parameters }];
  return requests([
    ["Read the object type", { operation: "object-types.read", parameters, query: isTrashed ? { trashed: "only" } : {} }],
    !isTrashed && may("objects.stats") && ["Count its objects", { operation: "objects.stats", parameters }],
    may(change[1].operation) && change,
  ]);
}
