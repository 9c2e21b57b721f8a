// The filters of the log: a form that puts them into the address, and what is filtered by now, each with its way out.

import { byId, h, once } from "../shell/dom.js";
import { call } from "../shell/api.js";
import { announce, tell } from "../shell/notice.js";
import { change } from "../shell/place.js";
import { EXACT, localTime } from "../shell/words.js";
import { clearFaults, faultAt, showFaults } from "../parts/faults.js";
import { faultPlace, field, select } from "../parts/fields.js";
import { EVENTS, KINDS } from "./words.js";

/** The filters of the API by their names, which they have in the address too. */
const LABELS = {
  q: "Text", kind: "Kind", event: "Event", user: "Person", object_type: "Object type", token: "Token", subject: "Subject", from: "From", to: "Before",
};
/** Those that fewer people need. */
const RARE = ["object_type", "token", "subject", "from", "to"];
const TIMES = ["from", "to"];

/** What is filtered by at this place. */
export function filtersIn(query) {
  return Object.fromEntries(Object.keys(LABELS).map((name) => [name, query.get(name)]).filter(([, value]) => value));
}

/** Goes to the beginning of the log with these filters and no others. */
function goTo(filters) {
  return change({ ...Object.fromEntries(Object.keys(LABELS).map((name) => [name, null])), ...filters, cursor: null });
}

/** The form. `fault` is what the API found wrong with the filters of the address. */
export function filterForm(team, filters, choices, fault) {
  const button = h("button", { type: "submit", data: { key: "apply-filters", operation: "audit-logs.list" } }, "Apply filters");
  const fields = fieldsOf(filters, choices);
  const rare = h("details", { open: RARE.some((name) => name in filters), data: { key: "more-filters" } },
    h("summary", {}, "More filters"), h("div", { class: "log-fields" }, RARE.map((name) => fields[name])));
  const element = h("form", { class: "card log-filters", role: "search", "aria-label": "Filter the audit log", novalidate: true, autocomplete: "off" },
    faultPlace(),
    h("div", { class: "log-fields" }, fields.q, fields.kind, fields.event, fields.user),
    h("div", { class: "log-apply" }, rare, button));
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    once(button, () => apply(element, team, filters));
  });
  if (fault) showFaults(element, fault);
  return element;
}

/** The API judges the filters before the address takes them, so that a fault is told where it was typed. */
async function apply(element, team, filters) {
  clearFaults(element);
  try {
    const wanted = typedIn(element, filters);
    await call("audit-logs.list", { team: team.id }, { query: { limit: 1, ...wanted } });
    await goTo(wanted);
    announce(byId("log-shown")?.textContent ?? "");
  } catch (fault) {
    if (fault.status === 401) tell(fault);
    else showFaults(element, fault);
  }
}

function typedIn(element, filters) {
  const typed = Object.keys(LABELS).map((name) => {
    const input = element.elements[name];
    return [name, TIMES.includes(name) ? instantIn(input, filters[name]) : input.value.trim()];
  });
  return Object.fromEntries(typed.filter(([, value]) => value));
}

/** The moment that was chosen, in UTC. One that was not touched stays as exact as the address has it. */
function instantIn(input, before) {
  if (input.validity.badInput) throw faultAt(`?${input.name}`, "Give a day and a time, or leave both empty.");
  if (!input.value) return null;
  return before && input.value === localTime(before) ? before : new Date(input.value).toISOString();
}

function fieldsOf(filters, { members, types, tokens }) {
  const text = (name, more) => filterField(name, h("input", { type: "text", autocomplete: "off", value: filters[name] ?? "", ...more }));
  const choice = (name, rows) => (rows ? filterField(name, select(withCurrent([["", "All"], ...rows], filters[name]), filters[name] ?? "")) : text(name));
  const time = (name) => text(name, { type: "datetime-local", step: "any", value: filters[name] ? localTime(filters[name]) : "" });
  const token = text("token", { placeholder: "An id: tok_…", list: tokens && "log-tokens" });
  if (tokens) token.append(h("datalist", { id: "log-tokens" }, tokens.map(([id, label]) => h("option", { value: id }, label))));
  return {
    q: text("q", { type: "search", maxlength: 100, placeholder: "Part of a name" }),
    kind: choice("kind", Object.entries(KINDS)),
    event: choice("event", Object.entries(EVENTS)),
    user: choice("user", members),
    object_type: choice("object_type", types),
    token,
    subject: text("subject", { placeholder: "An id, such as obj_…" }),
    from: time("from"),
    to: time("to"),
  };
}

function filterField(name, input) {
  input.id = `filter-${name}`;
  input.dataset.key = input.id;
  return field({ label: LABELS[name], name, pointer: `?${name}`, input });
}

/** A choice that the address has is there even if the team has it no more. */
function withCurrent(rows, value) {
  return !value || rows.some(([each]) => each === value) ? rows : [...rows, [value, value]];
}

/** What is filtered by, each with its way out; null if nothing is. */
export function chips(filters, choices) {
  const names = Object.keys(filters);
  if (names.length === 0) return null;
  const leave = async (left) => {
    await goTo(left);
    byId("log-shown")?.focus();
  };
  const chip = (name) => {
    const { [name]: _, ...others } = filters;
    return h("li", {}, h("button", { type: "button", class: "chip", data: { filter: name }, onclick: () => leave(others) },
      inWords(name, filters[name], choices), h("span", { "aria-hidden": "true" }, " ✕"), h("span", { class: "unseen" }, ": take this filter away")));
  };
  return h("div", { class: "log-chips" },
    h("ul", { role: "list", "aria-label": "Filters" }, names.map(chip)),
    names.length > 1 && h("button", { type: "button", class: "link", onclick: () => leave({}) }, "Clear all"));
}

/** "Kind: object" */
export function inWords(name, value, { members, types, tokens }) {
  const rows = { user: members, object_type: types, token: tokens, kind: Object.entries(KINDS), event: Object.entries(EVENTS) }[name];
  const isTime = TIMES.includes(name) && !Number.isNaN(Date.parse(value));
  const text = isTime ? EXACT.format(new Date(value)) : rows?.find(([each]) => each === value)?.[1] ?? value;
  return [`${LABELS[name]}: `, h("bdi", {}, text)];
}
