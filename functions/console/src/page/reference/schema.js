// Schemas as a tree that can be read: what is inside of something is shown when somebody looks, so that one may lead to itself.

import { h } from "../shell/dom.js";
import { addressOf } from "../shell/place.js";
import { plural } from "../shell/words.js";
import { resolve } from "./document.js";
import { prose } from "./prose.js";

/** Of a longer pattern, people see no more than that there is one, until they look. */
const SHORT = 60;

/** A schema with all of its first level. */
export function schemaElement(schema) {
  const known = read(schema);
  const inside = hasInside(known) && insideOf(known);
  return h("div", { class: "schema" },
    h("p", { class: "schema-type" }, typeWords(known)), prose(known.schema.description), facts(known), eachOf(known), inside);
}

/** A schema after its references: its `name` if it has one, whether it may be null, and its `options` if it is one of several. */
export function read(node) {
  const { schema, name } = resolve(node === true ? {} : node);
  const options = schema.oneOf ?? schema.anyOf;
  const left = options?.filter(({ type }) => type !== "null");
  if (left?.length === 1) {
    const { anyOf, oneOf, ...beside } = schema;
    const only = read(left[0]);
    return { ...only, schema: { ...only.schema, ...beside }, isNullable: only.isNullable || options.length > 1 };
  }
  const types = [schema.type ?? []].flat();
  return {
    schema, name, options: left,
    types: types.filter((type) => type !== "null"),
    isNullable: types.includes("null") || (left?.length ?? 0) < (options?.length ?? 0),
  };
}

/** "array of string Slug or null", with links to what has a name. */
export function typeWords({ schema, name, options, types, isNullable }) {
  const link = name && h("a", { href: addressOf("reference", name) }, name);
  const words = [];
  // A list with a name may be in itself.
  if (types[0] === "array") words.push("array", !name && [" of ", schema.items ? typeWords(read(schema.items)) : "anything"]);
  else if (options && !name) words.push(options.map((option, index) => [index > 0 && " or ", schema.title ?? typeWords(read(option))]));
  else if (!options && !schema.allOf) words.push(types.join(" or ") || (link ? "" : "anything"));
  if (link) words.push(words.length > 0 && words[0] ? " " : "", link);
  if (isNullable) words.push(" or null");
  return words.flat().filter(Boolean);
}

/** The limits of a value, in words. */
export function facts({ schema, types }) {
  const { enum: values, pattern, format, default: initial, examples } = schema;
  const isTold = values?.every((value) => schema.description?.includes(`- \`${value}\``));
  const words = [
    within(schema.minLength, schema.maxLength, "character"),
    within(schema.minItems, schema.maxItems, "item"),
    within(schema.minProperties, schema.maxProperties, "member"),
    within(schema.minimum, schema.maximum),
    schema.uniqueItems && "each once",
    format && `format ${format}`,
  ].filter(Boolean).join(", ");
  const rows = [
    words && h("li", {}, words),
    values && !isTold && h("li", {}, values.length > 1 ? "One of " : "Always ", codes(values)),
    pattern && h("li", {}, patternOf(pattern)),
    schema.propertyNames?.pattern && h("li", {}, patternOf(schema.propertyNames.pattern, "Pattern of each name")),
    initial !== undefined && h("li", {}, "Default ", code(initial)),
    examples && types[0] !== "object" && h("li", {}, "Example ", code(examples[0])),
    schema.additionalProperties === false && h("li", {}, "Other members are refused"),
  ].filter(Boolean);
  return rows.length > 0 && h("ul", { class: "limits" }, rows);
}

function within(least, most, unit) {
  const counted = (count) => (unit ? plural(count.toLocaleString("en-GB"), unit) : count.toLocaleString("en-GB"));
  if (least === undefined) return most === undefined ? "" : `at most ${counted(most)}`;
  if (most === undefined) return least === 0 && unit ? "" : `at least ${counted(least)}`;
  return least === most ? counted(most) : `${least.toLocaleString("en-GB")} to ${counted(most)}`;
}

function patternOf(pattern, label = "Pattern") {
  return pattern.length <= SHORT
    ? [label, " ", h("code", {}, pattern)]
    : h("details", {}, h("summary", {}, label), h("code", {}, pattern));
}

const code = (value) => h("code", {}, typeof value === "string" && value ? value : JSON.stringify(value));

function codes(values) {
  return values.map((value, index) => [index > 0 && ", ", code(value)]);
}

function hasInside({ schema, options, types }) {
  if (types[0] === "array") return Boolean(schema.items) && hasInside(read(schema.items));
  return Object.keys(schema.properties ?? {}).length > 0 || Boolean(options || schema.allOf) || typeof schema.additionalProperties === "object";
}

/** What a schema is made of. */
function insideOf({ schema, options, types }) {
  if (types[0] === "array") return insideOf(read(schema.items));
  const needed = new Set(schema.required);
  const members = Object.entries(schema.properties ?? {}).sort(([a], [b]) => needed.has(b) - needed.has(a));
  const others = schema.additionalProperties;
  return h("ul", { class: "tree" },
    members.map(([name, member]) => row(h("code", { class: "name" }, name), member, needed.has(name))),
    typeof others === "object" && row(h("span", { class: "name" }, "any name"), others),
    (schema.allOf ?? []).map((part) => row("and", part)),
    (options ?? []).map((option) => row(option.title ? h("span", { class: "name" }, option.title) : null, option)));
}

function row(label, node, isNeeded = false) {
  const known = read(node);
  return h("li", {}, line(label, known, isNeeded), prose(known.schema.description), facts(known), eachOf(known), fold(known));
}

/** A name with the type of what it has. */
export function line(label, known, isNeeded) {
  return h("p", {},
    label, label && " ", h("span", { class: "schema-type" }, typeWords(known)), isNeeded && [" ", h("strong", { class: "needed" }, "required")]);
}

/** What is inside, when somebody looks. */
function fold(known) {
  if (!hasInside(known)) return null;
  const item = known.types[0] === "array" ? read(known.schema.items) : known;
  const label = item.options || item.schema.allOf ? "What it may be" : `Members${item.name ? ` of ${item.name}` : ""}`;
  const details = h("details", {}, h("summary", {}, label));
  details.addEventListener("toggle", () => { if (details.open && details.childElementCount === 1) details.append(insideOf(known)); });
  return details;
}

/** Of a list of simple values, what holds for each. */
function eachOf({ schema, types }) {
  if (types[0] !== "array" || !schema.items) return null;
  const item = read(schema.items);
  const told = [...prose(item.schema.description), facts(item), eachOf(item)].filter(Boolean);
  return told.length > 0 && !hasInside(item) && h("div", { class: "each" }, h("p", { class: "soft" }, "Each item:"), told);
}
