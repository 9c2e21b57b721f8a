// A new secret for a token, which shows until when the old one works.

import { h, show } from "../shell/dom.js";
import { momentOf } from "../shell/words.js";
import { clearFaults, faultAt } from "../parts/faults.js";
import { choice, choices, field, select } from "../parts/fields.js";
import { formDialog, requestFor } from "../parts/form.js";
import { readToken } from "./changes.js";
import { showToken } from "./show.js";

const LEAKED = [
  { value: "no", label: "No", help: "What uses the token learns the new secret, and meanwhile the old one still works.", autofocus: true },
  { value: "yes", label: "Yes, or perhaps", help: "The old secret ends now. What uses it stops until it has the new one." },
];
const OVERLAPS = [["3600", "1 hour more"], ["86400", "1 day more"], ["604800", "7 days more"]];

export async function rotateDialog(id) {
  const { name, pending } = await readToken(id);
  // A secret that has ended is not brought back, so there is nothing to ask.
  const isOver = hasEnded(pending);
  const overlap = h("div", { class: "overlap", hidden: true },
    field({ label: "The old secret works", name: "overlap", pointer: "/overlap_seconds", input: select(OVERLAPS, "86400") }),
    choice({
      name: "first_use", label: "Or until the new one is first used",
      help: "For a service of a single worker: others that still have the old secret would be refused.",
    }));
  const close = formDialog({
    title: "Make a new secret?",
    fields: [
      h("p", {}, "“", h("b", {}, name), "” gets a new secret and keeps all else: its permissions, its limits and its name."),
      pending && h("p", { class: "note" }, `The new secret that was not used yet (${pending.hint}) is replaced.`),
      !isOver && choices({ legend: "Has the old secret leaked?", name: "leaked", options: LEAKED }),
      overlap,
    ],
    submit: "Make a new secret",
    request: requestFor("tokens.rotate", (data) => ({ parameters: { token: id }, body: overlapIn(data, isOver) })),
    done: ({ token: secret, pending: made }, { body }) => showToken(id, secret, endOf(made, body)),
  });
  const form = overlap.closest("form");
  form.addEventListener("input", () => {
    clearFaults(form);
    show(overlap, form.elements.leaked?.value === "no");
  });
  return close;
}

/** How long the old secret is to work; not at all if it has leaked or has ended. */
function overlapIn(data, isOver) {
  if (isOver || data.get("leaked") === "yes") return { overlap_seconds: 0 };
  if (!data.get("leaked")) throw faultAt("/leaked", "Answer this first: it decides whether the old secret ends now.");
  return { overlap_seconds: Number(data.get("overlap")), ...(data.has("first_use") && { until: "first_use" }) };
}

/** What is said of the old secret when there is a new one. */
function endOf(pending, { until }) {
  if (hasEnded(pending)) return "The old secret is refused from now on.";
  const end = momentOf(pending.overlap_until);
  return `The old secret works until ${end}${until ? ", or until this one is first used" : ""}.`;
}

/** Whether the secret before the pending one is refused by now. */
function hasEnded(pending) {
  return Boolean(pending) && new Date(pending.overlap_until) <= Date.now();
}

/** The secrets of a rotation that is under way; null if there is none. */
export function rotationOf({ status, pending, replaced }) {
  if (status === "revoked") return null;
  const lines = replaced.map(({ hint, overlap_until: until }) => `The replaced secret ${hint} works until ${momentOf(until)}.`);
  if (pending) {
    const old = hasEnded(pending) ? "the old one is refused." : `the old one works until ${momentOf(pending.overlap_until)}.`;
    lines.unshift(`New secret ${pending.hint} not used yet; ${old}`);
  }
  return lines.length > 0 ? h("p", { class: "note" }, lines.join(" ")) : null;
}
