// A schema that has a name: what it is, and which operations take or give it.

import { h } from "../shell/dom.js";
import { addressOf } from "../shell/place.js";
import { head } from "../parts/pages.js";
import { schemaElement } from "./schema.js";
import { operationLink } from "./list.js";

/** So many operations stand in the document at most, half of them in each list. */
const MOST = 50;

export function namedContent(book, name) {
  const users = usersOf(book, name);
  return [
    h("p", { class: "reference-back" }, h("a", { href: addressOf("reference") }, "‹ All operations")),
    head(name, "A schema that operations share."),
    h("div", { class: "card" }, schemaElement(book.schemas[name])),
    h("h2", { class: "part" }, "Where it is used"),
    part("Operations that take it", users.filter(({ isTaken }) => isTaken)),
    part("Operations that answer with it", users.filter(({ isGiven }) => isGiven)),
    users.length === 0 && h("p", { class: "soft" }, "No operation takes it or answers with it."),
  ];
}

function part(label, users) {
  return users.length > 0 && [
    h("h3", { class: "part" }, label),
    h("ul", { class: "card operations", "aria-label": label }, users.map(({ operation }) => h("li", {}, operationLink(operation)))),
  ];
}

/** The operations that lead to a schema, directly or through others; as many as are shown. */
function usersOf(book, name) {
  const leading = leadingTo(book.schemas, name);
  const leads = (node) => namesIn(node).some((each) => leading.has(each));
  return book.operations.map((operation) => ({
    operation,
    isTaken: leads([operation.parameters, operation.body]),
    // All operations are refused alike.
    isGiven: leads(operation.responses.filter(({ status }) => status < 400)),
  })).filter(({ isTaken, isGiven }) => isTaken || isGiven).slice(0, MOST);
}

/** The names of the schemas in which a schema is, its own among them. */
function leadingTo(schemas, name) {
  const uses = new Map(Object.entries(schemas).map(([each, schema]) => [each, namesIn(schema)]));
  const found = new Set([name]);
  // A set that grows while it is walked through is walked through to its end.
  for (const target of found) {
    for (const [each, used] of uses) if (used.includes(target)) found.add(each);
  }
  return found;
}

function namesIn(node) {
  return [...(JSON.stringify(node ?? null)).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name);
}
