// All operations by family, and the search among them.

import { h } from "../shell/dom.js";
import { announce } from "../shell/notice.js";
import { ROOT, addressOf, change, here } from "../shell/place.js";
import { plural } from "../shell/words.js";
import { empty, head } from "../parts/pages.js";
import { requests } from "../parts/request.js";
import { spans } from "./prose.js";

/** So many operations are shown at once; of more, one family at a time. */
const MOST = 100;

export function listContent(book, query) {
  const text = query.get("q") ?? "";
  const tags = found(book.tags, text);
  return [
    head("Reference", `${book.info.description} Version ${book.info.version} has ${plural(book.operations.length, "operation")}.`),
    search(text, tags),
    tags.length > 0
      ? families(tags, query.get("family"))
      : empty("Nothing is found", "No operation has all of these words in its name, method, path, permissions or title.",
        h("p", {}, h("a", { href: addressOf("reference") }, "Show all operations"))),
    h("p", { class: "part soft" }, "For other tools: ",
      h("a", { href: `${ROOT}/v1/openapi.json`, target: "_blank", rel: "noopener" }, "the document itself (OpenAPI 3.1, in a new tab)"), "."),
    requests([["Read the document", { operation: "discovery.openapi" }]]),
  ];
}

/** The families with what is found in them; all words must be there. */
function found(tags, text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const has = (operation) => {
    const told = [operation.id, operation.method, operation.path, operation.summary, operation.tag, operation.access].join(" ").toLowerCase();
    return words.every((word) => told.includes(word));
  };
  return tags.map((tag) => ({ ...tag, operations: tag.operations.filter(has) })).filter(({ operations }) => operations.length > 0);
}

function countOf(tags) {
  return tags.reduce((sum, { operations }) => sum + operations.length, 0);
}

function search(text, tags) {
  const input = h("input", {
    type: "search", id: "reference-search", value: text, autocomplete: "off", spellcheck: "false", "aria-describedby": "reference-found",
  });
  const follow = async () => {
    await change({ q: input.value || null, family: null }, { replace: true });
    announce(document.getElementById("reference-found")?.textContent ?? "");
  };
  // What is being composed is not finished: its input must stay.
  input.addEventListener("input", ({ isComposing }) => { if (!isComposing) follow(); });
  input.addEventListener("compositionend", follow);
  return h("search", { class: "reference-search" },
    h("label", { for: "reference-search" }, "Search the operations"),
    input,
    h("p", { class: "help", id: "reference-found" },
      text ? `${plural(countOf(tags), "operation")} found.` : "For example: webhook, delete, /objects, object:read"));
}

/** Each family with its operations, or, if that is too much, with those of one. */
function families(tags, chosen) {
  const isMuch = countOf(tags) > MOST;
  const open = tags.find(({ name }) => name === chosen) ?? tags[0];
  return tags.map((tag) => h("section", {},
    h("h2", { class: "part" }, tag.name),
    tag.description && h("p", { class: "soft family" }, spans(tag.description)),
    isMuch && tag !== open ? opener(tag) : list(tag)));
}

function opener({ name, operations }) {
  const query = { ...Object.fromEntries(here().query), family: name };
  const label = `Show ${plural(operations.length, "operation")} of ${name}`;
  return h("p", {}, h("a", { href: addressOf("reference", "", query), data: { key: `family ${name}` } }, label));
}

function list({ name, operations }) {
  return [
    h("ul", { class: "card operations", "aria-label": name }, operations.slice(0, MOST).map(row)),
    operations.length > MOST && h("p", { class: "help" }, `The first ${MOST} of ${operations.length}. Search for the others.`),
  ];
}

function row(operation) {
  return h("li", {}, operationLink(operation), operation.access && h("p", { class: "help access" }, spans(operation.access)));
}

export function operationLink({ id, method, path, summary }) {
  return h("a", { href: addressOf("reference", id), data: { key: id } },
    methodBadge(method), " ", h("span", { class: "summary" }, summary), " ", h("code", {}, path));
}

export function methodBadge(method) {
  return h("span", { class: "method", data: { method } }, method);
}
