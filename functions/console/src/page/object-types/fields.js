// Fields of a type: added, changed, moved and removed.

import { h } from "../shell/dom.js";
import { notify } from "../shell/notice.js";
import { refresh } from "../shell/place.js";
import { checkbox, field, select } from "../parts/fields.js";
import { destroyDialog, formDialog, requestFor } from "../parts/form.js";
import { canBeSearchable, canBeUnique, canHaveDefault, isGiven, typeSelect } from "./kinds.js";
import { explainParts } from "./json.js";
import { listTypes, readField, readType } from "./read.js";
import { defaultIn, defaultInput, ruleIn, ruleInput, seldom } from "./rules.js";
import { settingInputs, settingsIn } from "./settings.js";
import { suggestSlug } from "./slugs.js";
import { isEqual } from "../parts/changes.js";

const NEW = { searchable: false, unique: false, required: "never", visible: "always", locked: "never", settings: {} };

/** The inputs that a field of a type has, filled from a field. `context` is `{ isNew, types, others }`. */
function inputsOf(type, value, context) {
  const { searchable, unique, required, visible, locked, semantics } = value;
  const isUsual = visible === "always" && locked === "never" && !semantics;
  return [
    settingInputs(type, value.settings, context),
    canBeSearchable(type) && checkbox({
      name: "searchable", label: "Searchable", isChecked: searchable, help: "Objects can be filtered and sorted by it. At most 16 fields of a type.",
    }),
    canBeUnique(type) && checkbox({ name: "unique", label: "Unique", isChecked: unique, help: "No two objects have the same value." }),
    !isGiven(type) && ruleInput("required", required, context.others),
    canHaveDefault(type) && defaultInput(type, value.default),
    seldom(!isUsual,
      !isGiven(type) && ["visible", "locked"].map((name) => ruleInput(name, value[name], context.others)),
      field({
        label: "Semantics", name: "semantics", isOptional: true, value: semantics ?? "",
        help: `What the value means, in a word.${type === "date" ? " With date-created it fills itself when its object is made." : ""}`,
      })),
  ];
}

/** What is filled in. Members that a field of the type has no input for are undefined. */
function fieldIn(data, type, settings, isNew) {
  return {
    label: data.get("label"),
    searchable: canBeSearchable(type) ? data.has("searchable") : undefined,
    unique: canBeUnique(type) ? data.has("unique") : undefined,
    required: ruleIn(data, "required"),
    visible: ruleIn(data, "visible"),
    locked: ruleIn(data, "locked"),
    semantics: data.get("semantics").trim() || undefined,
    default: defaultIn(data, type),
    settings: settingsIn(data, type, settings, isNew),
  };
}

export async function addDialog(team, id) {
  const [{ id: type, fields }, types] = await Promise.all([readType(team, id), listTypes(team)]);
  const context = { isNew: true, types, others: fields };
  const label = field({ label: "Label", name: "label", help: "What people call it.", input: { maxlength: 100 } });
  const slug = field({
    label: "Slug", name: "slug", input: { maxlength: 63, class: "mono" },
    help: "What requests of the API call it. It is fixed once the field is there.",
  });
  suggestSlug(label.querySelector("input"), slug.querySelector("input"), "_");
  const kind = typeSelect("text");
  const inputs = h("div", { class: "field-stack" });
  const paint = () => inputs.replaceChildren(...h("div", {}, inputsOf(kind.value, NEW, context)).children);
  const typed = new Map();
  paint();
  kind.addEventListener("input", () => keepingTyped(inputs, typed, paint));
  return formDialog({
    title: "Add a field",
    size: "roomy",
    fields: [label, slug, field({ label: "Type", name: "type", help: "It is fixed once the field is there.", input: kind }), inputs],
    submit: "Add the field",
    explain: explainParts,
    request: requestFor("object-types.add_field", (data) => {
      const isOther = ([name, value]) => value !== undefined && !isEqual(value, NEW[name]);
      const { label: named, ...rest } = Object.fromEntries(Object.entries(fieldIn(data, data.get("type"), {}, true)).filter(isOther));
      return { parameters: { team, type }, body: { slug: data.get("slug").trim(), label: named, type: data.get("type"), ...rest } };
    }),
    done: async (_, { body }) => {
      await refresh();
      notify(`${body.label} is added.`);
    },
  });
}

/** Makes inputs anew, and fills those that were there before with what was typed, which is kept by name. */
function keepingTyped(place, typed, make) {
  for (const input of place.querySelectorAll("[name]")) typed.set(nameOf(input), input);
  make();
  for (const input of place.querySelectorAll("[name]")) {
    const before = typed.get(nameOf(input));
    if (before?.tagName !== input.tagName) continue;
    if (input.type === "checkbox") input.checked = before.checked;
    else input.value = before.value;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

/** Of checkboxes with one name, each stands for itself. */
const nameOf = ({ name, type, value }) => (type === "checkbox" ? `${name} ${value}` : name);

const LABELS = {
  label: "Label", searchable: "Searchable", unique: "Unique", required: "Required", visible: "Visible", locked: "Locked", semantics: "Semantics",
  default: "Default", settings: "Settings",
};

export async function changeDialog(team, id, slug) {
  const { type, field: initial } = await readField(team, id, slug);
  const context = { isNew: false, types: [], others: type.fields.filter((each) => each.slug !== slug) };
  const shown = {};
  const place = h("div");
  const fill = (now) => {
    const label = field({ label: "Label", name: "label", value: now.label, input: { maxlength: 100 } });
    const form = h("form", {}, h("div", { class: "field-stack" }, label, inputsOf(now.type, now, context)));
    Object.assign(shown, { field: now, version: now.version, filled: fieldIn(new FormData(form), now.type, now.settings, false) });
    place.replaceChildren(...form.children);
  };
  fill(initial);
  return formDialog({
    title: `Change ${initial.label}`,
    size: "roomy",
    fields: [h("p", { class: "soft" }, "The slug ", h("code", {}, slug), ` and the type ${initial.type} are fixed.`), place],
    submit: "Save",
    explain: explainParts,
    request: requestFor("object-types.update_field", (data) => {
      const { field: { type: kind, settings }, filled, version } = shown;
      const changed = Object.entries(fieldIn(data, kind, settings, false)).filter(([name, value]) => !isEqual(value, filled[name]));
      if (changed.length === 0) return null;
      return { parameters: { team, type: type.id, slug }, body: Object.fromEntries(changed.map(([name, value]) => [name, value ?? null])), version };
    }),
    done: async () => {
      await refresh();
      notify("Saved.");
    },
    conflict: {
      initial,
      latest: async () => (await readField(team, id, slug)).field,
      labels: LABELS,
      keep: ({ version }) => { shown.version = version; },
      take: fill,
    },
  });
}

export async function moveDialog(team, id, slug) {
  const { type, field: { label } } = await readField(team, id, slug);
  const others = type.fields.filter((each) => each.slug !== slug);
  const before = type.fields.findIndex((each) => each.slug === slug);
  const places = [["0", "First"], ...others.map((other, index) => [String(index + 1), `After ${other.label}`])];
  return formDialog({
    title: `Move ${label}`,
    fields: [field({ label: "Place", name: "place", pointer: "/fields_order", input: select(places, String(before)) })],
    submit: "Move",
    request: requestFor("object-types.update", (data) => {
      if (Number(data.get("place")) === before) return null;
      const order = others.map((other) => other.slug).toSpliced(Number(data.get("place")), 0, slug);
      return { parameters: { team, type: type.id }, body: { fields_order: order }, version: type.version };
    }),
    done: async () => {
      await refresh();
      notify(`${label} is moved.`);
    },
  });
}

export async function removeDialog(team, id, slug) {
  const { type, field: { label } } = await readField(team, id, slug);
  const left = type.fields.filter((each) => each.slug !== slug);
  return destroyDialog({
    title: `Remove ${label}?`,
    name: slug,
    fields: [h("p", {}, "The field is removed from the type, with its value in every object. There is no way back. This takes a few seconds.")],
    submit: "Remove the field",
    explain: (fault) => explainNeed(fault, left),
    request: requestFor("object-types.remove_field", () => ({ parameters: { team, type: type.id, slug } })),
    done: async () => {
      await refresh();
      notify(`${label} is removed.`);
    },
  });
}

/** What is still in need of a field that is to be removed: the pointers count the fields that would be left. */
function explainNeed(fault, left) {
  const explained = ({ pointer, detail }) => {
    const [, index, rule] = pointer.match(/^\/fields\/(\d+)\/(\w+)\/if/) ?? [];
    if (rule) return { pointer: "", detail: `${left[index].label} is ${rule} while a condition on this field holds. Change that first.` };
    const isNaming = pointer.startsWith("/item_label_fields");
    if (isNaming) return { pointer: "", detail: "It names the objects. Choose other fields for that first: see “Edit”." };
    return { pointer, detail };
  };
  return fault.errors ? Object.assign(new Error(fault.message), { errors: fault.errors.map(explained) }) : fault;
}
