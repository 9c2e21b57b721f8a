// One operation: what it takes, what it answers, how it may be refused, and a form to try it.

import { h } from "../shell/dom.js";
import { addressOf } from "../shell/place.js";
import { contentOf, resolve } from "./document.js";
import { exampleOf } from "./example.js";
import { methodBadge } from "./list.js";
import { block, prose, spans } from "./prose.js";
import { facts, line, read, schemaElement, typeWords } from "./schema.js";
import { statusName } from "./status.js";
import { trial } from "./trial.js";

const PLACES = [["path", "In the path"], ["query", "In the query"], ["header", "In headers"]];

export function operationContent(book, operation, team) {
  return [
    h("p", { class: "reference-back" }, h("a", { href: addressOf("reference") }, "‹ All operations")),
    top(operation),
    parametersPart(operation.parameters),
    operation.body && bodyPart(operation.body),
    answersPart(operation.responses.filter(({ status }) => !isRefusal(status))),
    refusalsPart(operation.responses.filter(({ status }) => isRefusal(status))),
    h("h2", { class: "part", id: "try", tabindex: "-1" }, "Try it"),
    trial(operation, team),
    neighbours(book.operations, operation),
  ];
}

const isRefusal = (status) => status >= 400 || status === "default";

function top({ id, method, path, summary, description, access, tag }) {
  return h("div", { class: "head operation-head" },
    h("div", {},
      h("p", { class: "soft" }, tag),
      h("h1", { tabindex: "-1" }, summary),
      h("p", { class: "line" }, methodBadge(method), " ", h("code", {}, path)),
      access && h("p", {}, "Access: ", spans(access)),
      h("p", { class: "soft" }, "Operation ", h("code", {}, id), " · ", h("a", { href: "#try" }, "Try it")),
      prose(description)));
}

function parametersPart(parameters) {
  if (parameters.length === 0) return null;
  const groups = PLACES.map(([place, label]) => [label, parameters.filter((parameter) => parameter.in === place)]);
  return [
    h("h2", { class: "part" }, "Parameters"),
    h("div", { class: "card stack" }, groups.filter(([, group]) => group.length > 0).map(([label, group]) =>
      h("div", {}, h("h3", {}, label), h("ul", { class: "tree", "aria-label": label }, group.map(parameterRow))))),
  ];
}

function parameterRow({ name, schema = {}, description, required }) {
  const known = read(schema);
  return h("li", {},
    line(h("code", { class: "name" }, name), known, required),
    prose(description ?? known.schema.description), facts(known));
}

function bodyPart(body) {
  const content = contentOf(body);
  if (!content) return null;
  return [
    h("h2", { class: "part" }, "Body"),
    h("div", { class: "card stack" },
      h("p", { class: "soft" }, h("code", {}, content.type), body.required ? ", which must be there" : ""),
      prose(body.description),
      schemaElement(content.schema),
      h("div", {}, h("h3", {}, "Example"), block("Example of the body", JSON.stringify(exampleOf(content), null, 2)))),
  ];
}

function answersPart(answers) {
  return [
    h("h2", { class: "part" }, "Answers"),
    h("div", { class: "stack" }, answers.map((answer) => {
      const content = contentOf(answer);
      return h("div", { class: "card stack" },
        h("div", {}, h("h3", {}, statusName(answer.status)), prose(answer.description)),
        headersList(answer.headers),
        content && h("div", {}, h("h4", {}, "Body, ", h("code", {}, content.type)), schemaElement(content.schema)));
    })),
  ];
}

function headersList(headers = {}) {
  const rows = Object.entries(headers).map(([name, header]) => parameterRow({ name, ...resolve(header).schema }));
  return rows.length > 0 && h("div", {}, h("h4", {}, "Headers"), h("ul", { class: "tree" }, rows));
}

/** Refusals are alike, so that their codes are what is looked for. */
function refusalsPart(refusals) {
  if (refusals.length === 0) return null;
  const content = contentOf(refusals[0]);
  return [
    h("h2", { class: "part" }, "Errors"),
    h("div", { class: "card refusals" },
      content && h("p", { class: "soft" },
        "Each is ", h("code", {}, content.type), ": ", typeWords(read(content.schema)), ". Act on its status and its code."),
      refusals.map((refusal) => h("details", {},
        h("summary", {}, statusName(refusal.status), " ", h("span", { class: "soft" }, codesOf(refusal).join(", "))),
        h("div", { class: "inside" }, prose(refusal.description), headersList(refusal.headers))))),
  ];
}

function codesOf({ description = "" }) {
  return [...description.matchAll(/^- `([^`]+)`/gm)].map(([, code]) => code);
}

function neighbours(operations, operation) {
  const index = operations.indexOf(operation);
  const link = (label, other) => other && h("a", { href: addressOf("reference", other.id), class: "button" }, `${label}: ${other.summary}`);
  return h("nav", { class: "pager", "aria-label": "Neighbours" }, link("Previous", operations[index - 1]), link("Next", operations[index + 1]));
}
