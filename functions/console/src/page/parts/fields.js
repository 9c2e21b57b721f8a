// Labelled inputs, each with its help and the place of its faults.

import { freshId, h } from "../shell/dom.js";

/**
 * An input with its label. `pointer` leads to its member in the body (RFC 6901); that of the name if it is not given. `input`
 * is an element, or the properties of an `<input>`.
 */
export function field({ label, name, pointer = `/${name}`, help, isOptional = false, input = {}, value }) {
  const element = input instanceof Element ? input : h("input", { type: "text", autocomplete: "off", ...input });
  element.id ||= freshId(name);
  element.name = name;
  if (value !== undefined) element.value = value ?? "";
  const [helpId, faultId] = [`${element.id}-help`, `${element.id}-fault`];
  element.setAttribute("aria-describedby", [help && helpId, faultId].filter(Boolean).join(" "));
  return h("div", { class: "field" },
    h("label", { for: element.id }, label, isOptional && [" ", optional()]),
    element,
    help && h("p", { id: helpId, class: "help" }, help),
    faultPlace(pointer, faultId));
}

function optional() {
  return h("span", { class: "optional" }, "optional");
}

/** Where the faults of a pointer are shown; those of the form as a whole without one. */
export function faultPlace(pointer = "", id = freshId("fault")) {
  return h("p", { id, class: "fault", role: pointer ? null : "alert", tabindex: "-1", data: { fault: pointer } });
}

/** A choice from a list: of options `[value, label]`. */
export function select(options, value) {
  return h("select", {}, options.map(([each, label]) => h("option", { value: each, selected: each === value }, label)));
}

export function area(properties = {}) {
  return h("textarea", { rows: 2, ...properties });
}

/** Radio buttons or checkboxes with one legend: of options `{ value, label, help }`. `chosen` is the list of values that are on. */
export function choices({ legend, name, type = "radio", pointer = `/${name}`, help, isOptional = false, options, chosen = [] }) {
  const [helpId, faultId] = [freshId("help"), freshId("fault")];
  const described = [help && helpId, faultId].filter(Boolean).join(" ");
  return h("fieldset", { class: "field", "aria-describedby": described },
    h("legend", {}, legend, isOptional && [" ", optional()]),
    help && h("p", { id: helpId, class: "help" }, help),
    h("div", {}, options.map((option) => choice({ name, type, isChecked: chosen.includes(option.value), ...option }))),
    faultPlace(pointer, faultId));
}

/** One checkbox or radio button with its label. */
export function choice({ name, type = "checkbox", value = "on", label, help, isChecked = false, ...more }) {
  const input = h("input", { type, name, value, checked: isChecked, ...more });
  return h("label", { class: "choice" }, input, h("span", {}, label, help && h("small", {}, help)));
}

/** A checkbox of its own, with a place for its faults. */
export function checkbox({ pointer = null, ...options }) {
  const fault = faultPlace(pointer ?? `/${options.name}`);
  return h("div", { class: "field" }, choice({ ...options, "aria-describedby": fault.id }), fault);
}
