// The OpenAPI document, read once, and what it says of each operation.

import { call } from "../shell/api.js";
import ROUTES from "../shell/routes.js";

const METHODS = ["get", "post", "put", "patch", "delete", "head", "options", "trace"];

/** The document as it came; references lead into it. */
let whole = null;
let reading = null;

/**
 * What the page needs of the document: `{ info, tags, operations, schemas }`. The operations stand in the order of their tags,
 * and there as in the tables.
 */
export function readDocument() {
  reading ??= call("discovery.openapi").then(understand);
  reading.catch(() => { reading = null; });
  return reading;
}

function understand(document) {
  whole = document;
  const tags = new Map(document.tags.map(({ name, description }) => [name, { name, description, operations: [] }]));
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of METHODS.filter((name) => item[name])) {
      const operation = operationOf(method, path, item);
      if (!tags.has(operation.tag)) tags.set(operation.tag, { name: operation.tag, description: "", operations: [] });
      tags.get(operation.tag).operations.push(operation);
    }
  }
  const order = Object.keys(ROUTES);
  for (const { operations } of tags.values()) operations.sort((a, b) => order.indexOf(a.id) - order.indexOf(b.id));
  const operations = [...tags.values()].flatMap((tag) => tag.operations);
  return { info: document.info, tags: [...tags.values()], operations, schemas: document.components?.schemas ?? {} };
}

/** Who may use it is told by the first sentence of the description. */
function operationOf(method, path, item) {
  const told = item[method];
  const description = told.description ?? "";
  const [sentence, access] = description.match(/^Access: ([^\n]*)\.$/m) ?? ["", ""];
  const permissions = told["x-permissions"] ?? [];
  return {
    id: told.operationId,
    method: method.toUpperCase(),
    path,
    tag: told.tags?.[0] ?? "Other",
    summary: told.summary ?? told.operationId,
    description: description.replace(sentence, "").trim(),
    access,
    permissions,
    isPublic: told.security?.length === 0,
    // What needs no more than to read changes nothing, whatever its method.
    isChange: method !== "get" && !(permissions.length > 0 && permissions.every((permission) => permission.endsWith(":read"))),
    parameters: [...(item.parameters ?? []), ...(told.parameters ?? [])].map((parameter) => resolve(parameter).schema),
    body: told.requestBody && resolve(told.requestBody).schema,
    responses: Object.entries(told.responses).map(([status, response]) => ({ status, ...resolve(response).schema })),
  };
}

/** What a reference leads to, with what stands beside it, and the name that it has there; what is no reference as it is. */
export function resolve(node) {
  let [schema, name] = [node, null];
  // A reference to itself ends somewhere.
  for (let step = 0; schema?.$ref && step < 20; step += 1) {
    const { $ref: reference, ...beside } = schema;
    name ??= reference.split("/").at(-1);
    schema = { ...at(reference), ...beside };
  }
  return { schema, name };
}

function at(reference) {
  const steps = reference.replace(/^#\//, "").split("/").map((step) => decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~"));
  return steps.reduce((node, step) => node?.[step], whole) ?? {};
}

/** The first schema of a body, with its media type; undefined if it has none. */
export function contentOf({ content = {} }) {
  const [type, { schema = {}, example } = {}] = Object.entries(content)[0] ?? [];
  return type && { type, schema, example };
}
