// Members that are typed as JSON, as they are too rare or too rich for inputs of their own.

import { area, field } from "../parts/fields.js";
import { faultAt } from "../parts/faults.js";
import { parseExact } from "../parts/exact.js";

export function jsonField({ value, rows = 4, ...options }) {
  const text = value === undefined ? "" : JSON.stringify(value, null, 2);
  return field({ ...options, value: text, input: area({ rows, class: "mono", spellcheck: "false" }) });
}

/** What was typed; undefined if nothing was. */
export function jsonIn(data, name, pointer) {
  const text = (data.get(name) ?? "").trim();
  if (!text) return undefined;
  try {
    return parseExact(text);
  } catch (cause) {
    throw faultAt(pointer, `This is not JSON: ${cause.message}.`);
  }
}

/** Faults inside of one input say which part of it they are about. */
export function explainParts(fault) {
  const places = ["/settings/options", "/settings/fields", "/required/if", "/locked/if", "/visible/if", "/default"];
  const explained = (error) => {
    const place = places.find((each) => error.pointer.startsWith(`${each}/`));
    if (!place) return error;
    const part = error.pointer.slice(place.length + 1);
    const name = place === "/settings/options" ? `Option ${Number(part) + 1}` : part;
    return { ...error, detail: `${name}: ${error.detail}` };
  };
  return fault.errors ? Object.assign(new Error(fault.message), { errors: fault.errors.map(explained) }) : fault;
}
