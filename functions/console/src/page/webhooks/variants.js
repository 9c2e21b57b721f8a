// What id, time and body of a request may have been before something changed them. Of each `[value, what was changed]`; the first is what was got.

import { faultAt } from "../parts/faults.js";

export function ids({ id, body }, sent) {
  if (!id.trim()) throw faultAt("/id", "Paste the header webhook-id.");
  return different([
    [id, null],
    [id.trim(), "There is whitespace around webhook-id."],
    [sent?.id, `webhook-id is that of another request: the delivery has ${sent?.id}.`],
    [idIn(body), `webhook-id is that of another request: the body belongs to ${idIn(body)}.`],
  ]);
}

export function times({ timestamp }, sent) {
  const text = timestamp.trim();
  if (!/^\d{1,15}$/.test(text)) throw faultAt("/timestamp", "This is a number of seconds since 1970, such as 1796004730.");
  return different([
    [timestamp, null],
    [text, "There is whitespace around webhook-timestamp."],
    [text.length === 13 ? text.slice(0, -3) : null, "webhook-timestamp is in milliseconds. It is sent in seconds, and signed as it is sent."],
    [sent?.timestamp, "webhook-timestamp is not that of this request: each attempt has its own."],
  ]);
}

export function bodies({ body }, sent) {
  if (!body) throw faultAt("/body", "Paste the body as it came.");
  const parsed = parsedOf(body);
  const anew = "The body was parsed and serialised again: it is the same JSON in other bytes. Verify the bytes as they came, before anything parses them.";
  return different([
    [body, null],
    [body.replace(/\n+$/, ""), "A line break was added at the end of the body."],
    [body.replace(/^\uFEFF/, ""), "A byte order mark was put before the body."],
    [body.trim(), "Whitespace was added around the body."],
    [typeof parsed === "string" ? parsed : null, "The body was serialised twice: it is JSON within quotes."],
    [parsed && JSON.stringify(parsed), anew],
    [parsed && JSON.stringify(sorted(parsed)), anew],
    [sent?.body, sent?.body && differenceOf(body, sent.body, parsed, anew)],
  ]);
}

/** Each value once, without those that are none. */
function different(variants) {
  const seen = new Set([null, undefined, ""]);
  return variants.filter(([value]) => !seen.has(value) && seen.add(value));
}

function idIn(body) {
  const id = parsedOf(body)?.data?.event_id;
  return typeof id === "string" ? id : null;
}

function parsedOf(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A value with the members of its objects in the order of their names: some serialisers sort them. */
function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.keys(value).toSorted().map((name) => [name, sorted(value[name])]));
}

function differenceOf(got, sent, parsed, anew) {
  if (parsed && JSON.stringify(sorted(parsed)) === JSON.stringify(sorted(parsedOf(sent)))) return anew;
  let at = 0;
  while (at < got.length && got[at] === sent[at]) at += 1;
  const near = (text) => text.slice(Math.max(0, at - 10), at + 20) || "nothing";
  return `The body is not what was sent. They differ from character ${at + 1} on: sent was “${near(sent)}”, got was “${near(got)}”.`;
}
