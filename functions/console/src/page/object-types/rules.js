// The rules of a field, each of which holds always, never, or while a condition does; and its default.

import { h, show } from "../shell/dom.js";
import { area, field, select } from "../parts/fields.js";
import { faultAt } from "../parts/faults.js";
import { linesIn } from "./settings.js";
import { numberOf } from "../parts/exact.js";
import { jsonField, jsonIn } from "./json.js";

const RULES = {
  required: { label: "Required", options: [["never", "No"], ["always", "Yes"], ["if", "While a condition holds"]] },
  visible: {
    label: "Visible", options: [["always", "Always"], ["if", "While a condition holds"]], help: "What is not visible needs no value and takes none.",
  },
  locked: {
    label: "Locked", options: [["never", "No, a value may be changed"], ["once_set", "Once there is a value"], ["if", "While a condition holds"]],
  },
};

/** The choice of a rule, with its condition. `others` are the fields that a condition can look at. */
export function ruleInput(name, rule, others) {
  const { label, options, help } = RULES[name];
  const isConditional = typeof rule === "object";
  const choice = select(options, isConditional ? "if" : rule);
  const condition = jsonField({
    label: `${label}: the condition, as JSON`, name: `${name}_if`, pointer: `/${name}/if`, rows: 5, value: isConditional ? rule.if : undefined,
    help: "A field of this type, how it is compared (eq, ne, in, empty, not_empty, checked), and a value if that needs one; "
      + "all and any take a list of conditions.",
  });
  const text = condition.querySelector("textarea");
  const follow = () => {
    show(condition, choice.value === "if");
    if (choice.value === "if" && !text.value) text.value = JSON.stringify({ field: others[0]?.slug ?? "", op: "not_empty" }, null, 2);
  };
  choice.addEventListener("input", follow);
  show(condition, isConditional);
  return [field({ label, name, help, input: choice }), condition];
}

/** The rule that is filled in; undefined if it has no input. */
export function ruleIn(data, name) {
  const chosen = data.get(name);
  if (chosen !== "if") return chosen ?? undefined;
  const condition = jsonIn(data, `${name}_if`, `/${name}/if`);
  if (condition === undefined) throw faultAt(`/${name}/if`, "Give a condition.");
  return { if: condition };
}

const asText = { show: String, read: (text) => text.trim() };

/** How a default is typed, by the type of its field; as one line of text if nothing else is said. */
const DEFAULTS = {
  textarea: { show: String, read: (text) => text, input: () => area({ rows: 3 }) },
  number: { show: JSON.stringify, read: (text) => numberOf(text.trim()), input: () => ({ inputmode: "decimal" }) },
  money: {
    show: ({ amount }) => String(amount), read: (text) => ({ amount: text.trim() }), help: "The amount, such as 12.50.",
    input: () => ({ inputmode: "decimal" }),
  },
  date: { ...asText, help: "Such as 2026-11-23, or 2026-11-23T10:30:00Z with a time." },
  dropdown: { ...asText, help: "One of the options." },
  radio: { ...asText, help: "One of the options." },
  checkboxes: { show: (value) => value.join("\n"), read: linesIn, help: "Some of the options, one a line.", input: () => area({ rows: 3 }) },
  checkbox: { show: String, read: (text) => text === "true", input: () => select([["", "None"], ["true", "Yes"], ["false", "No"]]) },
};

const isTypedAsJson = (type) => ["address", "composite"].includes(type);

export function defaultInput(type, value) {
  const shared = { name: "default", isOptional: true, help: "What an object is created with if nothing is sent." };
  if (isTypedAsJson(type)) return jsonField({ ...shared, label: "Default, as JSON", value });
  const { show: shown, help, input } = DEFAULTS[type] ?? asText;
  return field({
    ...shared, label: "Default", input: input?.() ?? {}, value: value === undefined || value === null ? "" : shown(value),
    help: [shared.help, help].filter(Boolean).join(" "),
  });
}

/** The default that is filled in; undefined if there is none. */
export function defaultIn(data, type) {
  if (isTypedAsJson(type)) return jsonIn(data, "default", "/default");
  const text = data.get("default") ?? "";
  return text.trim() ? (DEFAULTS[type] ?? asText).read(text) : undefined;
}

/** Rules that are seldom other than usual, folded away unless they are. */
export function seldom(isOpen, ...inputs) {
  return h("details", { class: "field-seldom", open: isOpen }, h("summary", {}, "More rules"), h("div", { class: "field-stack" }, inputs));
}
