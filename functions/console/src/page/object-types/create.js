// A new object type with its first fields.

import { h, show } from "../shell/dom.js";
import { announce, notify } from "../shell/notice.js";
import { addressOf, go } from "../shell/place.js";
import { area, choice, faultPlace, field } from "../parts/fields.js";
import { formDialog, requestFor } from "../parts/form.js";
import { canName, hasOptions, typeSelect } from "./kinds.js";
import { namesIn, namesOf } from "./edit.js";
import { linesIn } from "./settings.js";
import { suggestSlug } from "./slugs.js";

/** What can be started from, by its slug. */
const EXAMPLES = {
  contacts: {
    singular_label: "Contact", plural_label: "Contacts", slug: "contacts",
    fields: [
      { label: "Name", slug: "name", type: "name", isName: true },
      { label: "E-mail", slug: "email", type: "email" },
      { label: "Phone", slug: "phone", type: "phone" },
      { label: "Stage", slug: "stage", type: "dropdown", options: ["New", "In talks", "Customer"] },
      { label: "Notes", slug: "notes", type: "textarea" },
    ],
  },
};

/** These need more than a row has room for: they are added when the type is there. */
const LATER = ["relationship", "composite"];

export function createDialog(team, example) {
  const { fields = [{ isName: true }], ...names } = EXAMPLES[example] ?? {};
  const inputs = namesOf(names);
  suggestSlug(inputs[1].querySelector("input"), inputs[2].querySelector("input"), "-");
  const rows = new Rows(fields);
  return formDialog({
    title: "New object type",
    size: "wide",
    fields: [h("div", { class: "field-columns" }, inputs), rows.element],
    submit: "Create the object type",
    explain: explainRows,
    request: requestFor("object-types.create", (data) => ({ parameters: { team }, body: { ...namesIn(data), ...rows.read() } })),
    done: async (type) => {
      await go(addressOf("object-types", type.id));
      notify(`${type.plural_label} is made.`);
    },
  });
}

/** The options of a field are one input. */
function explainRows(fault) {
  if (!fault.errors) return fault;
  const errors = fault.errors.map(({ pointer, detail }) => {
    const [, row, option] = pointer.match(/^(\/fields\/\d+)\/settings\/options\/(\d+)$/) ?? [];
    return row ? { pointer: `${row}/settings/options`, detail: `Option ${Number(option) + 1}: ${detail}` } : { pointer, detail };
  });
  return Object.assign(new Error(fault.message), { errors });
}

/** Rows of fields that can be added, removed and put in order. */
class Rows {
  #list = h("div", { class: "field-stack" });
  /** How many rows there are, so that what was typed beyond the end of a session finds its rows again. */
  #count = h("input", { type: "hidden", name: "rows" });
  #add = h("button", { type: "button", onclick: () => this.#append({}).querySelector("input").focus() }, "Add another field");

  constructor(fields) {
    this.#count.addEventListener("input", () => {
      const wanted = Math.min(this.#count.value, 50);
      while (this.#list.children.length < wanted) this.#append({});
    });
    this.element = h("section", { class: "field-stack", "aria-labelledby": "first-fields" },
      h("div", { class: "field-head" },
        h("h3", { id: "first-fields" }, "Fields"),
        h("p", { class: "help" },
          "The first ones. Rules, more settings, relationships and composites can be added when the type is there. Empty rows are left out.")),
      this.#count, this.#list, faultPlace("/fields"), faultPlace("/item_label_fields"), h("div", {}, this.#add));
    for (const each of fields) this.#append(each);
  }

  /** What is filled in. The faults of each row belong to its place among these. */
  read() {
    const filled = this.#rows().filter(({ label, slug }) => label.value.trim() || slug.value.trim());
    for (const { row } of this.#rows()) place(row, "none");
    filled.forEach(({ row }, index) => place(row, index));
    const fields = filled.map(({ label, slug, type, options }) => ({
      slug: slug.value.trim(), label: label.value, type: type.value, ...(hasOptions(type.value) && { settings: { options: linesIn(options.value) } }),
    }));
    const naming = filled.filter(({ type, isName }) => isName.checked && canName(type.value));
    return { item_label_fields: naming.map(({ slug }) => slug.value.trim()), fields };
  }

  #rows() {
    return [...this.#list.children].map((row) => ({ row, ...row.inputs }));
  }

  #append(values) {
    const row = rowOf(values, {
      move: (by) => this.#move(row, by),
      remove: () => this.#remove(row),
    });
    this.#list.append(row);
    this.#number();
    return row;
  }

  #move(row, by) {
    const button = document.activeElement;
    const rows = [...this.#list.children];
    const index = rows.indexOf(row) + by;
    if (by < 0) rows[index].before(row);
    else rows[index].after(row);
    this.#number();
    (button.hidden ? button.parentElement.querySelector("button:not([hidden])") : button).focus();
    announce(`It is field ${index + 1} now.`);
  }

  #remove(row) {
    const next = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    this.#number();
    (next?.querySelector("input") ?? this.#add).focus();
  }

  #number() {
    const rows = [...this.#list.children];
    this.#count.value = rows.length;
    rows.forEach((row, index) => {
      place(row, index);
      row.querySelector("legend").textContent = `Field ${index + 1}`;
      for (const button of row.querySelectorAll("[data-tool]")) button.setAttribute("aria-label", `${button.textContent}: field ${index + 1}`);
      show(row.querySelector("[data-tool=up]"), index > 0);
      show(row.querySelector("[data-tool=down]"), index < rows.length - 1);
    });
  }
}

/** Gives the faults of a row their place in the body. */
function place(row, index) {
  for (const { dataset } of row.querySelectorAll("[data-fault]")) dataset.fault = dataset.fault.replace(/^\/fields\/\w+/, `/fields/${index}`);
}

function rowOf({ label = "", slug = "", type = "text", options = [], isName = false }, { move, remove }) {
  const at = (member) => `/fields/0/${member}`;
  const labelled = field({ label: "Label", name: "field_label", pointer: at("label"), value: label, input: { maxlength: 100 } });
  const named = field({ label: "Slug", name: "field_slug", pointer: at("slug"), value: slug, input: { maxlength: 63, class: "mono" } });
  const typed = field({ label: "Type", name: "field_type", pointer: at("type"), input: typeSelect(type, LATER) });
  const chosen = field({
    label: "Options, one a line", name: "field_options", pointer: at("settings/options"), value: options.join("\n"), input: area({ rows: 3 }),
  });
  const naming = choice({ name: "field_names", label: "Part of the name of an object", isChecked: isName });
  const inputs = {
    label: labelled.querySelector("input"), slug: named.querySelector("input"), type: typed.querySelector("select"),
    options: chosen.querySelector("textarea"), isName: naming.querySelector("input"),
  };
  suggestSlug(inputs.label, inputs.slug, "_");
  const follow = () => { show(chosen, hasOptions(inputs.type.value)); show(naming, canName(inputs.type.value)); };
  inputs.type.addEventListener("input", follow);
  follow();
  const tool = (name, text, task) => h("button", { type: "button", class: "link", data: { tool: name }, onclick: task }, text);
  const row = h("fieldset", { class: "group field-row" }, h("legend", {}),
    h("div", { class: "group-tools" },
      tool("up", "Move up", () => move(-1)), tool("down", "Move down", () => move(1)), tool("remove", "Remove", remove)),
    h("div", { class: "field-stack" }, h("div", { class: "field-columns" }, labelled, named, typed), chosen, naming, faultPlace("/fields/0")));
  row.inputs = inputs;
  return row;
}
