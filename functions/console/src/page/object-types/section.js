// Object types: the list of them, in use or in the trash. One of them has a page of its own.

import { h } from "../shell/dom.js";
import { call } from "../shell/api.js";
import { may } from "../shell/known.js";
import { addressOf } from "../shell/place.js";
import { DATE, timeElement } from "../shell/words.js";
import { action } from "../parts/action.js";
import { empty, filter, head, pageQuery, pager, table } from "../parts/pages.js";
import { requests } from "../parts/request.js";
import { createDialog } from "./create.js";
import { destroyTypeDialog, trashActions } from "./trash.js";
import { typeView } from "./type.js";
import { watchWork } from "./work.js";

export async function view({ team, id, query }) {
  return id ? typeView({ team, id, query }) : listView({ team, query });
}

async function listView({ team, query }) {
  const trashed = query.get("trashed");
  const list = { operation: "object-types.list", parameters: { team: team.id }, query: pageQuery(query, { trashed }) };
  const page = await call(list.operation, list.parameters, list);
  watchWork(page.data, async () => (await call(list.operation, list.parameters, list)).data);
  const isFirst = !trashed && !query.get("cursor") && page.data.length === 0;
  return {
    title: "Object types",
    content: [
      head("Object types", "What the objects of the team are made of: which fields they have, and the rules that their values keep to.",
        !isFirst && action("object-types.create", "New object type", { dialog: "create", kind: "primary" })),
      h("div", { class: "filters" }, filter({ label: "Show", name: "trashed", options: [["", "In use"], ["only", "In the trash"]] })),
      contentOf(page.data, { team, trashed, isFirst }),
      pager("object types", page),
      requests([["List the object types", list]]),
    ],
    dialogs: {
      create: (example) => createDialog(team.id, example),
      destroy: (type) => destroyTypeDialog(team.id, type),
    },
  };
}

function contentOf(types, { team, trashed, isFirst }) {
  if (types.length > 0 && trashed) return table("Object types in the trash", [...COLUMNS, ...trashColumns(team.id)], types);
  if (types.length > 0) return table("Object types", [...COLUMNS, ...USE_COLUMNS], types);
  if (isFirst) return firstSteps();
  return trashed
    ? empty("The trash is empty", "What is moved here is kept for 30 days, and then destroyed with its objects.")
    : h("p", { class: "soft" }, "There are no more object types.");
}

function firstSteps() {
  const isMaker = may("object-types.create");
  return empty("No object type yet", isMaker
    ? "Begin with what your team works with most: contacts, orders, tickets. An object type says what is known of each; then objects can be made of it."
    : "An owner or an administrator of the team makes the first one. Then objects can be made of it.",
  isMaker && h("div", { class: "head-actions" },
    action("object-types.create", "New object type", { dialog: "create", kind: "primary" }),
    action("object-types.create", "Start from “Contacts”", { dialog: "create", on: "contacts" })));
}

const COLUMNS = [
  { label: "Object type", isHead: true, cell: ({ id, plural_label: label }) => h("a", { href: addressOf("object-types", id) }, label) },
  { label: "Slug", cell: ({ slug }) => h("code", {}, slug) },
  { label: "Fields", isNumber: true, cell: ({ fields }) => String(fields.length) },
];

const USE_COLUMNS = [
  { label: "Changed", cell: ({ updated_at: at }) => timeElement(at, DATE.format(new Date(at))) },
  {
    label: "",
    cell: ({ slug, plural_label: label }) => may("objects.list")
      && h("a", { href: addressOf("objects", "", { type: slug }), "aria-label": `Objects: ${label}` }, "Objects"),
  },
];

const trashColumns = (team) => [
  { label: "In the trash since", cell: ({ trashed_at: at }) => timeElement(at) },
  { label: "", cell: (type) => trashActions(team, type) },
];
