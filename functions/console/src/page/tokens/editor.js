// The fields of a token: what a new one shall be, or what shall change of one.

import { freshId, h, show } from "../shell/dom.js";
import { known, teamName } from "../shell/known.js";
import { DAY, PERIODS, localTime, periodOf, plain } from "../shell/words.js";
import { faultAt } from "../parts/faults.js";
import { area, choice, faultPlace, field, select } from "../parts/fields.js";

/** So many days a new token is suggested to live. */
export const SUGGESTED_DAYS = "90";
const EXPIRIES = [
  ["", "Never"], ["7", "In 7 days"], ["30", "In 30 days"], ["90", "In 90 days"], ["365", "In one year"], ["date", "At a time of your choice…"],
];

/** The fields, empty. `permissions` are those of a new token only. */
export function editorFields(permissions = null) {
  return [
    known.teams.length === 0 && h("p", { class: "note" }, "You are in no team yet. A token can do nothing until you are."),
    field({
      label: "Name", name: "name", help: "Tells it apart from your other tokens. Name the service that uses it.",
      input: { maxlength: 100, required: true, autofocus: true },
    }),
    field({ label: "Description", name: "description", isOptional: true, input: area({ maxlength: 1000 }) }),
    permissions,
    expiryField(),
    teamsField(),
    advanced(),
  ].filter(Boolean);
}

function expiryField() {
  const element = field({ label: "Expires", name: "expiry", pointer: "/expires_at", input: select(EXPIRIES) });
  const { id } = element.querySelector("select");
  const dateId = freshId("expires-on");
  element.querySelector("select").after(h("div", { hidden: true, data: { when: "date" } },
    h("label", { for: dateId, class: "unseen" }, "Date and time"),
    h("input", { id: dateId, name: "expires_on", type: "datetime-local", "aria-describedby": `${id}-fault` })));
  return element;
}

function teamsField() {
  const fault = faultPlace("/team_ids");
  return h("fieldset", { class: "field", "aria-describedby": fault.id },
    h("legend", {}, "Teams"),
    choice({ type: "radio", name: "reach", value: "all", label: "All your teams, later ones too" }),
    choice({ type: "radio", name: "reach", value: "some", label: "Only these" }),
    h("div", { class: "choices", hidden: true, data: { when: "some" } }),
    fault);
}

function advanced() {
  const reuse = faultPlace("/on_reuse");
  return h("details", { class: "advanced" },
    h("summary", {}, "Advanced"),
    field({
      label: "Allowed addresses", name: "ranges", pointer: "/allowed_cidrs", isOptional: true,
      help: "IP addresses or CIDR ranges, one per line. From anywhere else the token is refused. Empty: from everywhere.",
      input: area({ spellcheck: "false", class: "mono", placeholder: "192.0.2.0/24" }),
    }),
    rateField(),
    h("div", { class: "field" },
      choice({
        name: "deactivate", label: "Deactivate the token when a replaced secret is used", "aria-describedby": reuse.id,
        help: "Somebody may have an old copy. Otherwise the use is refused and stands in the history.",
      }),
      reuse));
}

function rateField() {
  const [limit, period, help] = [freshId("limit"), freshId("window"), freshId("help")];
  const fault = faultPlace("/rate_limit");
  return h("fieldset", { class: "field" },
    h("legend", {}, "Rate limit ", h("span", { class: "optional" }, "optional")),
    h("div", { class: "rate" },
      h("label", { for: limit }, "Requests"),
      h("input", { id: limit, name: "limit", type: "text", autocomplete: "off", inputmode: "numeric", "aria-describedby": `${help} ${fault.id}` }),
      h("label", { for: period }, "per"),
      h("select", { id: period, name: "window" })),
    h("p", { id: help, class: "help" }, "What goes beyond it is told to wait. Empty: no limit."),
    fault);
}

/** Fills the form with what is known of the token. */
export function fillEditor(form, { name, description, expiry, expires_at: end, team_ids: teams, ...limits }) {
  const { elements } = form;
  elements.name.value = name;
  elements.description.value = description;
  elements.expiry.value = expiry ?? (end ? "date" : "");
  elements.expires_on.value = end ? localTime(end).slice(0, 16) : "";
  elements.reach.value = teams ? "some" : "all";
  form.querySelector("[data-when=some]").replaceChildren(...teamsFor(teams ?? []).map(({ id, name: label, role }) =>
    choice({ name: "team", value: id, isChecked: (teams ?? []).includes(id), label: [h("b", {}, label), " ", h("small", {}, `your role: ${plain(role)}`)] })));
  fillLimits(form, limits);
  paintEditor(form);
}

function fillLimits(form, { allowed_cidrs: ranges, rate_limit: rate, on_reuse: onReuse }) {
  const { elements } = form;
  const seconds = rate?.window_seconds ?? 60;
  const windows = [...new Set([...PERIODS.keys(), seconds])];
  elements.ranges.value = (ranges ?? []).join("\n");
  elements.limit.value = rate?.limit ?? "";
  elements.window.replaceChildren(...windows.map((each) => h("option", { value: each, selected: each === seconds }, periodOf(each))));
  elements.deactivate.checked = onReuse === "deactivate";
  form.querySelector(".advanced").open = Boolean(ranges || rate || onReuse === "deactivate");
}

/** The person's teams, and those that the token is limited to besides. */
function teamsFor(ids) {
  const left = ids.filter((id) => !known.teams.some((team) => team.id === id));
  return [...known.teams, ...left.map((id) => ({ id, name: teamName(id), role: "none" }))];
}

/** Shows what depends on what is filled in. */
export function paintEditor(form) {
  show(form.querySelector("[data-when=date]"), form.elements.expiry.value === "date");
  show(form.querySelector("[data-when=some]"), form.elements.reach.value === "some");
}

/** What is filled in. A time to live counts from `now` on, which is the same for a request that is sent again. */
export function readEditor(data, now) {
  const ranges = data.get("ranges").split(/[\s,]+/).filter(Boolean);
  return {
    name: data.get("name"),
    description: data.get("description"),
    permissions: data.getAll("permission"),
    expires_at: readExpiry(data.get("expiry"), data.get("expires_on"), now),
    team_ids: data.get("reach") === "some" ? data.getAll("team") : null,
    allowed_cidrs: ranges.length > 0 ? ranges : null,
    rate_limit: readRate(data.get("limit").trim(), Number(data.get("window"))),
    on_reuse: data.has("deactivate") ? "deactivate" : "record",
  };
}

function readExpiry(choice, date, now) {
  if (!choice) return null;
  const time = choice === "date" ? new Date(date) : new Date(now + Number(choice) * DAY);
  if (Number.isNaN(time.valueOf())) throw faultAt("/expires_at", "Give a date and a time.");
  return time.toISOString();
}

function readRate(limit, seconds) {
  if (!limit) return null;
  if (!/^\d{1,9}$/.test(limit)) throw faultAt("/rate_limit", "Give a whole number of requests.");
  return { limit: Number(limit), window_seconds: seconds };
}

/** Faults whose details name the values they are about, where they stand in a list, and teams as people know them. */
export function withValues(fault, body = {}) {
  fault.errors = fault.errors?.map((error) => {
    const [name, index] = error.pointer.split("/").slice(1);
    const value = Array.isArray(body[name]) && index ? `${body[name][index]}: ` : "";
    return { ...error, detail: withTeams(`${value}${error.detail}`) };
  });
  return fault;
}

function withTeams(text) {
  return known.teams.reduce((said, { id, name }) => said.replaceAll(id, () => `“${name}”`), text);
}
