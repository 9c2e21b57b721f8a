// Changes of a type as a whole, and types made like another one.

import { h } from "../shell/dom.js";
import { notify } from "../shell/notice.js";
import { addressOf, go, here, refresh } from "../shell/place.js";
import { faultPlace, field, select } from "../parts/fields.js";
import { formDialog, requestFor } from "../parts/form.js";
import { canName } from "./kinds.js";
import { readType } from "./read.js";
import { suggestSlug } from "./slugs.js";
import { changedIn } from "../parts/changes.js";

const NAMING_MAX = 5;

/** The inputs of what every type has. */
export function namesOf({ singular_label: singular = "", plural_label: plural = "", slug = "" }) {
  return [
    field({ label: "Label of one", name: "singular_label", value: singular, input: { maxlength: 100, placeholder: "Contact" } }),
    field({ label: "Label of several", name: "plural_label", value: plural, input: { maxlength: 100, placeholder: "Contacts" } }),
    field({ label: "Slug", name: "slug", value: slug, help: "What requests of the API call it.", input: { maxlength: 63, class: "mono" } }),
  ];
}

/** What is filled in there. */
export function namesIn(data) {
  return { singular_label: data.get("singular_label"), plural_label: data.get("plural_label"), slug: data.get("slug").trim() };
}

/** The choice of the fields whose values name an object, in their order. */
function namingInput({ fields, item_label_fields: chosen }) {
  const options = [["", "–"], ...fields.filter(({ type }) => canName(type)).map(({ slug, label }) => [slug, label])];
  const count = Math.min(NAMING_MAX, options.length - 1);
  if (count === 0) return null;
  const each = (_, index) => {
    const input = select(options, chosen[index] ?? "");
    Object.assign(input, { name: "item_label_fields" });
    input.setAttribute("aria-label", `Field ${index + 1} of the name`);
    return input;
  };
  return h("fieldset", { class: "field" },
    h("legend", {}, "Fields that name an object"),
    h("p", { class: "help" }, "Their values, joined by spaces, are what an object is called in lists."),
    h("div", { class: "type-naming" }, Array.from({ length: count }, each)),
    faultPlace("/item_label_fields"));
}

function typeIn(data, shown) {
  const naming = data.getAll("item_label_fields").filter(Boolean);
  return changedIn({ ...namesIn(data), item_label_fields: naming }, shown);
}

export async function editDialog(team, id) {
  const initial = await readType(team, id);
  const shown = {};
  const place = h("div", { class: "field-stack" });
  const fill = (type) => {
    Object.assign(shown, type);
    place.replaceChildren(...[...namesOf(type), namingInput(type)].filter(Boolean));
  };
  fill(initial);
  return formDialog({
    title: `Edit ${initial.plural_label}`,
    fields: [place],
    submit: "Save",
    request: requestFor("object-types.update", (data) => {
      const body = typeIn(data, shown);
      return Object.keys(body).length > 0 ? { parameters: { team, type: initial.id }, body, version: shown.version } : null;
    }),
    done: async (type) => {
      // The address may have the slug as it was.
      if (here().id !== type.id) await go(addressOf("object-types", type.id), { replace: true });
      else await refresh();
      notify("Saved.");
    },
    conflict: {
      initial,
      latest: () => readType(team, initial.id),
      labels: { singular_label: "Label of one", plural_label: "Label of several", slug: "Slug", item_label_fields: "Fields that name an object" },
      keep: ({ version }) => { shown.version = version; },
      take: fill,
    },
  });
}

export async function duplicateDialog(team, id) {
  const initial = await readType(team, id);
  const fields = namesOf({ ...initial, slug: "" });
  suggestSlug(fields[1].querySelector("input"), fields[2].querySelector("input"), "-");
  fields[2].querySelector("input").value = `${initial.slug.slice(0, 58)}-copy`;
  return formDialog({
    title: `Duplicate ${initial.plural_label}`,
    intro: "The new object type has the same fields, and no objects.",
    fields,
    submit: "Duplicate",
    request: requestFor("object-types.duplicate", (data) => ({ parameters: { team, type: initial.id }, body: namesIn(data) })),
    done: async (type) => {
      await go(addressOf("object-types", type.id));
      notify(`${type.plural_label} is made.`);
    },
  });
}
