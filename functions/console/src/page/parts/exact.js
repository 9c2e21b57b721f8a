// Numbers as the API writes them: up to 38 digits, more than the browser's own numbers have.

import { call } from "../shell/api.js";

/** What an operation answers, with each number that the browser would round kept as it is written. */
export async function callExact(operation, parameters, options = {}) {
  const response = await call(operation, parameters, { ...options, accept: "application/json" });
  return parseExact(await response.text());
}

export function parseExact(text) {
  return JSON.parse(text, (_, value, context) => (typeof value === "number" && context ? numberOf(context.source) : value));
}

/** A number as it is written; a text that is none stays a text, and the API says what is wrong with it. */
export function numberOf(text) {
  const isNumber = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(text);
  if (!isNumber) return text;
  return String(Number(text)) === text || !JSON.rawJSON ? Number(text) : JSON.rawJSON(text);
}

/** A number that is kept as it is written. */
export function isExact(value) {
  return typeof value === "object" && value !== null && typeof value.rawJSON === "string";
}
