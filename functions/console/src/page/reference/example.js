// Examples of bodies: that of the document, or one that has the members which must be there.

import { plain } from "../shell/words.js";
import { read } from "./schema.js";

/** So deep an example goes at most. */
const DEPTH = 6;

/** An example for a body of an operation. */
export function exampleOf({ schema, example }) {
  return example ?? make(schema, "", 0);
}

function make(node, name, depth) {
  const { schema, options, types } = read(node);
  if (schema.examples) return schema.examples[0];
  if (schema.enum) return schema.enum[0];
  if (options) return make(options[0], name, depth);
  const type = types[0] ?? (schema.properties ? "object" : "string");
  if (type === "object") return depth < DEPTH ? objectOf(schema, depth) : {};
  if (type === "array") return schema.items && depth < DEPTH ? [make(schema.items, name, depth + 1)] : [];
  if (type === "boolean") return schema.default ?? true;
  if (type === "integer" || type === "number") return schema.default ?? schema.minimum ?? 1;
  return textOf(schema, name);
}

/** Where nothing must be there, one text shows how it is written. */
function objectOf({ properties = {}, required = [] }, depth) {
  const isText = ([, node]) => !node.$ref && read(node).types[0] === "string";
  const names = required.length > 0 ? required : Object.entries(properties).filter(isText).map(([name]) => name).slice(0, 1);
  return Object.fromEntries(names.map((name) => [name, make(properties[name] ?? {}, name, depth + 1)]));
}

/** A text that has the form that is asked for. */
function textOf({ pattern = "", format }, name) {
  if (format === "uri") return "https://example.com/";
  if (format === "email" || name === "email") return "somebody@example.com";
  const words = plain(name);
  const [, prefix] = pattern.match(/^\^([a-z]+_)\[0-9A-Za-z\]\{22\}\$$/) ?? [];
  const tried = [words.charAt(0).toUpperCase() + words.slice(1), "example", "2026-01-31T00:00:00.000Z", "/v1/me", prefix && prefix + "0".repeat(22)];
  return tried.find((text) => text && fits(text, pattern)) ?? "…";
}

function fits(text, pattern) {
  try {
    return new RegExp(pattern, "u").test(text);
  } catch {
    return true;
  }
}
