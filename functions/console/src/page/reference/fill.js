// What is filled in to try an operation, and the request that comes of it.

import { h } from "../shell/dom.js";
import { area, field, select } from "../parts/fields.js";
import { faultAt } from "../parts/faults.js";
import { contentOf } from "./document.js";
import { spans } from "./prose.js";
import { read } from "./schema.js";

const PLACES = [["path", "In the path"], ["query", "In the query"], ["header", "In headers"]];

/** What was typed for each operation, kept as long as the page is there. */
const typed = new Map();

const nameOf = (parameter) => `${parameter.in} ${parameter.name}`;

/** A team that is in the path is the one that is chosen, and that of no other visit. */
const isTeam = (parameter) => parameter.in === "path" && parameter.name === "team";

export function keepTyped({ id }, form) {
  typed.set(id, new Map([...new FormData(form)].filter(([name]) => name !== "path team")));
}

/** The inputs for parameters and body. */
export function fieldsOf(operation, team, example = "") {
  const kept = typed.get(operation.id) ?? new Map();
  const valueOf = (parameter) => (isTeam(parameter) ? team?.id : kept.get(nameOf(parameter)));
  return [
    PLACES.map(([place, legend]) => {
      const group = operation.parameters.filter((parameter) => parameter.in === place);
      return group.length > 0 && h("fieldset", { class: "stack" },
        h("legend", {}, legend),
        h("div", { class: "inputs" }, group.map((parameter) => parameterField(parameter, valueOf(parameter)))));
    }),
    operation.body && bodyField(operation.body, kept.get("body"), example),
  ];
}

function bodyField({ required: isRequired }, kept, example) {
  const rows = Math.min(20, example.split("\n").length + 1);
  const input = area({ class: "mono", rows, spellcheck: "false", autocapitalize: "off", autocomplete: "off" });
  const putBack = () => {
    input.value = example;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    input.focus();
  };
  return h("div", {},
    field({ label: "Body", name: "body", isOptional: !isRequired, value: kept ?? example, help: "As JSON. It begins with an example.", input }),
    h("button", { type: "button", class: "link", onclick: putBack }, "Put the example back"));
}

function parameterField(parameter, value = "") {
  const { schema, types } = read(parameter.schema ?? {});
  const choices = schema.enum ?? (types[0] === "boolean" ? ["true", "false"] : null);
  const isMany = types[0] === "object";
  const more = [isMany && " One in each line.", schema.default !== undefined && ` Default ${schema.default}.`];
  const help = [...spans(parameter.description ?? ""), ...more].filter(Boolean);
  const element = field({
    label: parameter.name,
    name: nameOf(parameter),
    pointer: `/${parameter.in}/${parameter.name}`,
    isOptional: !parameter.required,
    help: help.length > 0 && help,
    input: choices ? selectOf(choices, value) : isMany ? area({ class: "mono" }) : { spellcheck: "false" },
    value,
  });
  element.classList.toggle("whole", isMany);
  return element;
}

function selectOf(choices, value) {
  return select([["", "not sent"], ...choices.map((each) => [String(each), String(each)])], value);
}

/** The request of what is filled in. `isStrict` finds faults before anything is sent; else it is the request as far as it goes. */
export function wantedOf(operation, form, { isStrict = false } = {}) {
  const data = new FormData(form);
  const values = (place) => operation.parameters.filter((parameter) => parameter.in === place)
    .map((parameter) => [parameter, data.get(nameOf(parameter)).trim()])
    .filter(([parameter, value]) => {
      if (isStrict) check(parameter, value);
      return value !== "";
    });
  const json = operation.body ? data.get("body") : "";
  if (isStrict && operation.body) checkBody(json, operation.body, form);
  return {
    operation: operation.id,
    parameters: Object.fromEntries(values("path").map(([{ name }, value]) => [name, value])),
    query: Object.fromEntries(values("query").flatMap(([parameter, value]) => partsOf(parameter, value))),
    more: Object.fromEntries(values("header").map(([{ name }, value]) => [name, value])),
    json: json.trim() === "" ? undefined : json,
    accept: [...new Set(operation.responses.map((response) => contentOf(response)?.type).filter(Boolean))].join(", ") || "application/json",
  };
}

/** A parameter that is an object stands for several, one in each line. */
function partsOf({ name, schema }, value) {
  if (read(schema ?? {}).types[0] !== "object") return [[name, value]];
  return linesOf(value).filter((line) => line.includes("=")).map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]);
}

const linesOf = (text) => text.split("\n").map((line) => line.trim()).filter(Boolean);

function check(parameter, value) {
  const pointer = `/${parameter.in}/${parameter.name}`;
  if (parameter.required && value === "") throw faultAt(pointer, "Fill this in: the request needs it.");
  // A browser takes these as steps within the path, and so would call something else.
  if (parameter.in === "path" && /^\.{1,2}$/.test(value)) throw faultAt(pointer, "This is no name.");
  if (parameter.in === "header" && !/^[\x20-\x7e]*$/.test(value)) {
    throw faultAt(pointer, "A header holds letters without accents, digits and marks alone.");
  }
  if (read(parameter.schema ?? {}).types[0] === "object" && linesOf(value).some((line) => !/^[^=]+=/.test(line))) {
    throw faultAt(pointer, "Each line is a name, “=” and a value.");
  }
}

/** What is no JSON is told where it was typed, with the place where reading it ended. */
function checkBody(text, { required: isRequired }, form) {
  if (text.trim() === "") {
    if (isRequired) throw faultAt("/body", "The request needs a body.");
    return;
  }
  try {
    JSON.parse(text);
  } catch (cause) {
    const [, position] = cause.message.match(/position (\d+)/) ?? [];
    const area = form.elements.body;
    if (position) area.setSelectionRange(Number(position), Number(position));
    throw faultAt("/body", `This is not JSON. ${cause.message}.`);
  }
}
