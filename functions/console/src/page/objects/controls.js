// An input for each type of field.

import { h } from "../shell/dom.js";
import { faultAt } from "../parts/faults.js";
import { area, checkbox, choices, faultPlace, field as fieldElement, select } from "../parts/fields.js";
import { isExact, numberOf } from "../parts/exact.js";
import { relationElement } from "./relation.js";
import { localTime } from "../shell/words.js";

const ADDRESS_PARTS = { line_1: "Line 1", line_2: "Line 2", po_box: "PO box", zip: "Postcode", city: "City", state: "State", country: "Country" };
const KEYBOARDS = { email: "email", phone: "tel", url: "url", number: "decimal", money: "decimal" };

/**
 * The input of a field: its `element`, and `read`, which gives the value as it is to be sent. What nobody has touched is read as it was, `value`,
 * even if the input could not hold it as exactly. `pointer` leads to the value in the body.
 */
export function controlOf(world, field, value, pointer) {
  const make = MAKERS[field.type] ?? textControl;
  const { element, raw, parse } = make({ world, field, value, pointer, common: commonOf(field, pointer) });
  const before = raw();
  return { element, read: () => (raw() === before ? value ?? null : parse(raw())) };
}

const MAKERS = {
  textarea: areaControl,
  date: dateControl,
  checkbox: checkboxControl,
  dropdown: dropdownControl,
  radio: radioControl,
  checkboxes: checkboxesControl,
  address: addressControl,
  composite: compositeControl,
  color: colorControl,
  relationship: relationControl,
  file: filesControl,
  image: filesControl,
  media: filesControl,
};

/** What the parts for fields want to know of each. */
function commonOf(field, pointer) {
  return { label: field.label, name: pointer.slice(1).replaceAll("/", "."), pointer, isOptional: field.required === "never", help: helpOf(field) };
}

function helpOf({ type, unique, visible, required, locked, settings }) {
  return [
    settings.max_length && `At most ${settings.max_length} characters.`,
    unique && "No two may have the same.",
    locked === "once_set" && "It cannot be changed once it is set.",
    typeof visible === "object" && "Only there with certain values of other fields.",
    typeof required === "object" && "Needed with certain values of other fields.",
    type === "phone" && settings.default_country && `Without a country it is a number of ${settings.default_country}.`,
    type === "date" && settings.precision === "date-time" && `In the time zone ${Intl.DateTimeFormat().resolvedOptions().timeZone}.`,
  ].filter(Boolean).join(" ");
}

/** A control with one input, whose text is read; a text with nothing in it is no value. */
function inputControl(common, input, text, parse = (written) => written) {
  const element = fieldElement({ ...common, input, value: text });
  return { element, raw: () => input.value, parse: (written) => (written === "" ? null : parse(written)) };
}

function lineOf(properties = {}) {
  return h("input", { type: "text", autocomplete: "off", dir: "auto", ...properties });
}

function textControl({ field, value, common }) {
  const isMoney = field.type === "money";
  const label = isMoney ? [field.label, " ", h("span", { class: "optional" }, field.settings.currency ?? "USD")] : field.label;
  const written = isMoney ? value?.amount : isExact(value) ? value.rawJSON : value;
  const parse = { money: (amount) => ({ amount: amount.trim() }), number: (text) => numberOf(text.trim()) }[field.type];
  return inputControl({ ...common, label }, lineOf({ inputmode: KEYBOARDS[field.type] }), String(written ?? ""), parse);
}

function areaControl({ value, common }) {
  return inputControl(common, area({ rows: 4, dir: "auto" }), value ?? "");
}

/** The module of these is loaded before a form with such a field is made. */
function filesControl(options) {
  return options.world.filesControl(options);
}

function dateControl({ field, value, pointer, common }) {
  const hasTime = field.settings.precision === "date-time";
  const input = h("input", { type: hasTime ? "datetime-local" : "date" });
  const control = inputControl(common, input, hasTime && value ? localTime(value) : value ?? "", hasTime ? momentOf : undefined);
  const raw = () => {
    // The browser gives an empty text for one that is half a date.
    if (input.validity.badInput) throw faultAt(pointer, "Give a whole date.");
    return input.value;
  };
  return { ...control, raw };
}

function momentOf(text) {
  const moment = new Date(text);
  // A year of five digits is a date for the browser. The API says what is wrong with it, at its field.
  return Number.isNaN(moment.valueOf()) ? text : moment.toISOString();
}

/** It is a value of its own that a box is not checked. */
function checkboxControl({ value, common: { label, name, pointer, help } }) {
  const element = checkbox({ label, name, pointer, help, isChecked: value === true });
  const input = element.querySelector("input");
  return { element, raw: () => input.checked, parse: (isChecked) => isChecked };
}

/** The options of a field, and the value if it is none of them any more. */
function optionsOf({ settings }, values) {
  return [...new Set([...(settings.options ?? []), ...values])];
}

function dropdownControl({ field, value, common }) {
  const options = optionsOf(field, value ? [value] : []).map((option) => [option, option]);
  return inputControl(common, select([["", "—"], ...options], value ?? ""), value ?? "");
}

function radioControl({ field, value, common }) {
  const options = optionsOf(field, value ? [value] : []).map((option) => ({ value: option, label: option }));
  const none = common.isOptional ? [{ value: "", label: "None" }] : [];
  const element = choices({ ...common, legend: field.label, options: [...options, ...none], chosen: [value ?? ""] });
  return { element, raw: () => element.querySelector("input:checked")?.value ?? "", parse: (chosen) => chosen || null };
}

function checkboxesControl({ field, value, common }) {
  const options = optionsOf(field, value ?? []).map((option) => ({ value: option, label: option }));
  const element = choices({ ...common, legend: field.label, type: "checkbox", options, chosen: value ?? [] });
  const chosen = () => [...element.querySelectorAll("input:checked")].map((input) => input.value);
  return { element, raw: () => JSON.stringify(chosen()), parse: () => (chosen().length > 0 ? chosen() : null) };
}

/** A text that takes all forms of colors, and beside it the browser's own choice of one. */
function colorControl({ field, value, common }) {
  const text = lineOf();
  const control = inputControl({ ...common, help: common.help || "Such as #1e90ff." }, text, value ?? "");
  const isPlain = (written) => /^#[0-9a-f]{6}$/i.test(written);
  const picker = h("input", { type: "color", "aria-label": `Pick ${field.label}`, value: isPlain(text.value) ? text.value : "#808080" });
  picker.addEventListener("input", () => { text.value = picker.value; });
  text.addEventListener("input", () => { if (isPlain(text.value)) picker.value = text.value; });
  const row = h("div", { class: "picked" });
  text.replaceWith(row);
  row.append(text, picker);
  return control;
}

function relationControl({ world, field, value, common }) {
  const { element, input } = relationElement(world, field, value, common);
  return { element, raw: () => input.value.trim(), parse: (id) => id || null };
}

/** Several controls as one value: an object of those that are not empty. */
function groupControl({ field, common, pointer }, controls) {
  const fault = faultPlace(pointer);
  const element = h("fieldset", { class: "field group-field", "aria-describedby": fault.id },
    h("legend", {}, field.label, common.isOptional && [" ", h("span", { class: "optional" }, "optional")]),
    common.help && h("p", { class: "help" }, common.help),
    fault,
    h("div", { class: "subfields" }, controls.map(([, control]) => control.element)));
  const read = () => Object.fromEntries(controls.map(([slug, control]) => [slug, control.read()]).filter(([, each]) => each !== null));
  return { element, raw: () => JSON.stringify(read()), parse: () => (Object.keys(read()).length > 0 ? read() : null) };
}

function addressControl(options) {
  const { world, field, value, pointer } = options;
  const needed = field.settings.required_parts ?? [];
  return groupControl(options, Object.entries(ADDRESS_PARTS).map(([slug, label]) => {
    const part = { slug, label, type: "text", required: needed.includes(slug) ? "always" : "never", settings: {} };
    return [slug, controlOf(world, part, value?.[slug], `${pointer}/${slug}`)];
  }));
}

function compositeControl(options) {
  const { world, field, value, pointer } = options;
  return groupControl(options, field.settings.fields.map((part) => [part.slug, controlOf(world, part, value?.[part.slug], `${pointer}/${part.slug}`)]));
}

/** A field whose value nobody types: why, and what it is. */
export function fixedElement(field, shown) {
  const why = field.locked === "once_set" ? "It is set, and cannot be changed any more." : "It comes by itself.";
  return h("div", { class: "field fixed" }, h("p", { class: "fixed-label" }, field.label), shown && h("div", {}, shown), h("p", { class: "help" }, why));
}
