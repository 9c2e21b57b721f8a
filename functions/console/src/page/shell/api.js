// Calls of the API by the names of its operations, whose methods, paths and rules are made from the tables of the functions.

import { request } from "./fetch.js";
import { ROOT } from "./place.js";
import ROUTES from "./routes.js";
import { sessionToken } from "./session.js";

const API = `${ROOT}/v1`;

/** A refusal or a failure, as problem+json (RFC 9457) tells it. */
export class Problem extends Error {
  constructor(status, { code = "", detail = "", errors = [], request_id: requestId = "", ...more }) {
    const place = status >= 500 && requestId ? ` (request ${requestId})` : "";
    super(`${detail || `The API answered with status ${status}.`}${place}`);
    Object.assign(this, { status, code, errors, more });
  }

  /** Whether the same request, sent again, would be answered the same. */
  get isFinal() {
    return this.status < 500 && !["idempotency_in_progress", "rate_limited"].includes(this.code);
  }
}

/** Who may use an operation: a word, or the permissions it needs. */
export function accessOf(operation) {
  return routeOf(operation)[2];
}

function routeOf(operation) {
  const route = ROUTES[operation];
  if (!route) throw new Error(`There is no operation ${operation}.`);
  return route;
}

/**
 * What is sent for an operation: method, path with its query, headers but the credential, and the body as text. `json` is a body
 * that is text already, and `more` are headers that have no word of their own here.
 */
export function requestOf({ operation, parameters = {}, query = {}, body, json, key, version, accept = "application/json", more = {} }) {
  const [method, pattern] = routeOf(operation);
  const path = pattern.replaceAll(/\{(\w+)\}/g, (_, name) => encodeURIComponent(parameters[name] ?? `{${name}}`));
  const text = new URLSearchParams(Object.entries(query).filter(([, value]) => ![null, undefined, ""].includes(value)));
  const headers = { Accept: accept, ...more };
  const sent = json ?? (body === undefined ? undefined : JSON.stringify(body));
  if (sent !== undefined) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  if (version !== undefined) headers["If-Match"] = `"${version}"`;
  return { method, path: [`${API}${path}`, text.toString()].filter(Boolean).join("?"), headers, body: sent };
}

/** Sends a request and gives the response, whatever its status. */
export function send({ method, path, headers, body }, signal) {
  const credential = { Authorization: `Bearer ${sessionToken()}` };
  return request(path, { method, headers: { ...headers, ...credential }, body, signal });
}

/** What an operation answers; null if that has no body. */
export async function call(operation, parameters = {}, { signal, ...options } = {}) {
  // A segment of dots would lead to another path.
  const dots = Object.values(parameters).find((value) => [".", ".."].includes(value));
  if (dots) throw new Error(`There is nothing with the id “${dots}”.`);
  const response = await send(requestOf({ operation, parameters, ...options }), signal);
  if (!response.ok) throw new Problem(response.status, await response.json().catch(() => ({})));
  if (response.status === 204 || response.status === 202) return response.json().catch(() => null);
  return options.accept ? response : response.json().catch((cause) => { throw new Error("What came back is not of this API. Load the page anew.", { cause }); });
}

/** What was asked for; null if it is not there. */
export async function ifThere(asked) {
  try {
    return await asked;
  } catch (fault) {
    if (fault.status !== 404) throw fault;
    return null;
  }
}

/** All things of a list that is known to be short, page by page. */
export async function listAll(operation, parameters, query = {}) {
  const things = [];
  let cursor = null;
  do {
    const page = await call(operation, parameters, { query: { limit: 100, ...query, cursor } });
    things.push(...page.data);
    cursor = page.next_cursor;
  } while (cursor);
  return things;
}
