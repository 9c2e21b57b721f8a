// The objects of a type, a page at a time: filtered, sorted, or those in the trash.

import { h } from "../shell/dom.js";
import { call } from "../shell/api.js";
import { may } from "../shell/known.js";
import { announce } from "../shell/notice.js";
import { addressOf, here } from "../shell/place.js";
import { action, actions } from "../parts/action.js";
import { empty, head, PAGE_SIZE, pager, table, filter } from "../parts/pages.js";
import { requests } from "../parts/request.js";
import { DATE, plural, timeElement } from "../shell/words.js";
import { destroyDialog, restore, trash } from "./change.js";
import { callExact } from "../parts/exact.js";
import { expansion, learnFiles } from "./files.js";
import { conditionsIn, filterElement } from "./filter.js";
import { cellOf } from "./values.js";
import { createDialog } from "./write.js";
import { isSearchable, labelsOfList, learnLabels, nameOf } from "./world.js";

/** The columns of a table, with that of the name and that of the last change. */
const COLUMNS = 5;

export async function listView(world, type, query) {
  const isTrash = query.get("trashed") === "only";
  const conditions = conditionsIn(query);
  const fields = columnFields(type);
  const wanted = requestOf(world, type, query, { isTrash, conditions, fields });
  const { page, fault } = conditions ? await readPage(wanted) : { page: null, fault: null };
  if (page) {
    learnLabels(world, page.data);
    learnFiles(world, fields, page.data);
    await labelsOfList(world, fields, page.data);
  }
  return {
    title: type.plural_label,
    content: [
      head(type.plural_label,
        ["The objects of one type. ", h("a", { href: addressOf("object-types", type.id) }, "Its fields"), " say what they are made of."],
        !isTrash && action("objects.create", "Create", { dialog: "create", kind: "primary", of: type.singular_label })),
      h("div", { class: "filters" }, typeChoice(world, type), trashChoice()),
      filterElement(world, type, { conditions, fault }),
      page && [summary(world, type, page, query, conditions), shown(world, type, page, { query, isTrash, fields, conditions }), left(type, fields, page)],
      requests(requestsOf(wanted, isTrash)),
    ],
    dialogs: {
      create: () => createDialog(world, type),
      destroy: (id) => destroyDialog(world, type, id),
    },
  };
}

/** The fields that a table has room for. One that alone is the name of the objects is there already. */
function columnFields({ fields, item_label_fields: names }) {
  return fields.filter(({ slug }) => !(names.length === 1 && names[0] === slug)).slice(0, COLUMNS - 2);
}

/** What is sent for the list. Without a filter the newest come first; with one the API says what order costs least. */
function requestOf(world, type, query, { isTrash, conditions, fields }) {
  const parameters = { team: world.team, type: type.slug };
  const sort = isTrash ? null : query.get("sort") ?? (conditions?.length ? null : "-created_at");
  const asked = { limit: PAGE_SIZE, cursor: query.get("cursor"), sort, trashed: isTrash ? "only" : null, ...expansion(fields) };
  const slugs = fields.map(({ slug }) => slug);
  if (!conditions?.length) return { operation: "objects.list", parameters, query: { ...asked, fields: slugs.join(",") } };
  const kept = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== null));
  return { operation: "objects.query", parameters, body: { filter: { all: conditions }, ...kept, fields: slugs } };
}

/** The calls of the page, and of the buttons that call without a form. */
function requestsOf(wanted, isTrash) {
  const { parameters } = wanted;
  const row = (label, operation) => may(operation) && [label, { operation, parameters }];
  const more = isTrash ? [row("Restore one", "objects.restore")] : [row("Count them", "objects.stats"), row("Move one to the trash", "objects.trash")];
  return [["List the objects", wanted], ...more];
}

/** A page, or the fault of a filter, which is shown where the filter is. */
async function readPage(wanted) {
  try {
    return { page: await callExact(wanted.operation, wanted.parameters, wanted), fault: null };
  } catch (fault) {
    if (wanted.operation === "objects.query" && fault.errors?.some(({ pointer }) => pointer.startsWith("/filter"))) return { page: null, fault };
    if (fault.code !== "invalid_cursor") throw fault;
    return { page: { data: [], next_cursor: null, isLost: true }, fault: null };
  }
}

/** With another type all begins anew: fields and pages are those of one type. */
function typeChoice({ types }, type) {
  const options = types.map(({ slug, plural_label: label }) => [slug, label]);
  return filter({ label: "Object type", name: "type", id: "object-type", options, value: type.slug, dropped: ["sort", "filter"] });
}

function trashChoice() {
  return filter({ label: "Show", name: "trashed", id: "objects-shown", options: [["", "Those in use"], ["only", "The trash"]], dropped: ["sort"] });
}

/** How many there are: told at once if they are on one page, else counted when somebody wants to know. */
function summary(world, type, page, query, conditions) {
  if (page.data.length === 0) return null;
  const isWhole = !page.next_cursor && !query.get("cursor");
  const text = isWhole ? countOf(type, page.data.length) : `${page.data.length} on this page`;
  const said = h("p", { class: "soft" }, text);
  const filter = filterQuery(conditions);
  const canCount = !isWhole && filter && query.get("trashed") !== "only";
  const press = () => count(world, type, filter, said);
  return h("div", { class: "list-summary" }, said, canCount && action("objects.stats", "Count all", { kind: "link", press }));
}

function countOf(type, count) {
  return plural(count, type.singular_label, type.plural_label);
}

/** The filter as parameters of a URL, which counting takes; null if it cannot be said so, as two conditions would have one name. */
function filterQuery(conditions) {
  const pairs = conditions.flatMap(({ field, op, value }) => (Array.isArray(value)
    ? value.map((each, index) => [`filter[${field}][${op}][${index}]`, each])
    : [[`filter[${field}][${op}]`, value]]));
  return new Set(pairs.map(([name]) => name)).size === pairs.length ? Object.fromEntries(pairs) : null;
}

/** Counts part by part, as one answer reads so many entries and no more. */
async function count(world, type, filter, said) {
  let total = 0;
  let cursor = null;
  do {
    const part = await call("objects.stats", { team: world.team, type: type.slug }, { query: { ...filter, cursor } });
    total += part.count;
    cursor = part.complete ? null : part.next_cursor;
    said.textContent = cursor ? `${total} so far…` : countOf(type, total);
  } while (cursor && said.isConnected);
  announce(said.textContent);
}

function shown(world, type, page, { query, isTrash, fields, conditions }) {
  const list = page.data.length > 0
    ? table(type.plural_label, columnsOf(world, type, { query, isTrash, fields }), page.data)
    : nothing(type, page, { query, isTrash, conditions });
  return [list, pager(type.plural_label, page)];
}

function nothing(type, page, { query, isTrash, conditions }) {
  const clear = h("p", {}, h("a", { class: "button", href: withQuery({ filter: null, cursor: null }) }, "Clear the filter"));
  if (page.isLost) return empty("This page is gone", "The list was asked in another way, or too long ago. Go to the first page.");
  if (page.next_cursor) return empty("Nothing on this page", "None of those that were read so far fits. The next page reads on.");
  if (query.get("cursor")) return empty("Nothing on this page", "All that there is is on the pages before.");
  if (conditions.length > 0) return empty("No object fits", "None meets all conditions. Change one of them, or clear the filter.", clear);
  if (isTrash) return empty("The trash is empty", "Objects that are moved to the trash stay here for 30 days.");
  return empty(`There is nothing in ${type.plural_label} yet`, "Create the first one here, or let another service send it through the API.");
}

/** A table has no room for all fields. */
function left({ fields, item_label_fields: names }, shownFields, { data }) {
  const more = fields.filter((field) => !shownFields.includes(field) && !(names.length === 1 && names[0] === field.slug));
  if (more.length === 0 || data.length === 0) return null;
  return h("p", { class: "help" }, `The page of each object has ${plural(more.length, "field")} more: ${more.map(({ label }) => label).join(", ")}.`);
}

function withQuery(query) {
  const { section, id, query: current } = here();
  return addressOf(section, id, { ...Object.fromEntries(current), dialog: null, on: null, ...query });
}

function columnsOf(world, type, { query, isTrash, fields }) {
  const names = type.item_label_fields;
  const naming = names.length === 1 ? type.fields.find(({ slug }) => slug === names[0]) : null;
  const head = (label, slug) => (isTrash || !slug ? { label } : sortHead(label, slug, query));
  const placeOf = ({ id }) => addressOf("objects", id, { type: type.slug, trashed: isTrash ? "only" : null });
  const open = (object) => h("a", { href: placeOf(object), dir: "auto" }, nameOf(object));
  return [
    { ...head(naming?.label ?? type.singular_label, naming && isSearchable(naming) && naming.slug), isHead: true, cell: open },
    ...fields.map((field) => ({
      ...head(field.label, isSearchable(field) && field.slug),
      isNumber: ["number", "money"].includes(field.type),
      cell: ({ fields: values }) => cellOf(world, field, values[field.slug]),
    })),
    isTrash
      ? { label: "In the trash since", cell: ({ trashed_at: at }) => timeElement(at) }
      : { ...head("Last change", "updated_at"), cell: ({ updated_at: at }) => h("span", { class: "whole" }, timeElement(at, DATE.format(new Date(at)))) },
    { label: "", cell: (object) => rowActions(world, type, object, isTrash) },
  ];
}

/** The head of a column that the list is sorted by, or can be: the same link turns the order round. */
function sortHead(label, slug, query) {
  const sort = query.get("sort");
  const isUp = sort === slug;
  const isDown = sort === `-${slug}`;
  const mark = isUp ? " ↑" : isDown ? " ↓" : "";
  const href = withQuery({ sort: isUp ? `-${slug}` : slug, cursor: null });
  const link = h("a", { href, data: { key: `sort ${slug}` } }, label, h("span", { "aria-hidden": "true" }, mark));
  return { label: link, sort: isUp ? "ascending" : isDown ? "descending" : "none" };
}

function rowActions(world, type, object, isTrash) {
  const of = nameOf(object);
  const about = { on: object.id, of, kind: "quiet" };
  if (!isTrash) return actions(of, action("objects.trash", "Move to the trash", { ...about, press: () => trash(world, type, object) }));
  return actions(of,
    action("objects.restore", "Restore", { ...about, press: () => restore(world, type, object) }),
    action("objects.destroy", "Destroy", { ...about, dialog: "destroy", kind: "quiet danger-text" }));
}
