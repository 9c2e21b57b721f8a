// What points at an object: the objects of each type whose relationship holds it, read when somebody looks.

import { h } from "../shell/dom.js";
import { call } from "../shell/api.js";
import { tell } from "../shell/notice.js";
import { addressOf } from "../shell/place.js";
import { requests } from "../parts/request.js";
import { queryOf } from "./filter.js";
import { isSearchable, nameOf, targetOf } from "./world.js";

const LIMIT = 20;

/** A fold for each relationship that can be asked for; null if nothing can point here. */
export function relatedElement(world, type, object) {
  const pairs = world.types.flatMap((from) => from.fields
    .filter((field) => field.type === "relationship" && isSearchable(field) && targetOf(world, field)?.id === type.id)
    .map((field) => ({ from, field })));
  if (pairs.length === 0 || object.trashed_at) return null;
  return [
    h("h2", { class: "part" }, "What points at it"),
    h("div", { class: "card related" }, pairs.map((pair) => foldOf(world, type, object, pair))),
  ];
}

function foldOf(world, type, object, { from, field }) {
  const wanted = {
    operation: "objects.related",
    parameters: { team: world.team, type: type.slug, id: object.id, field: field.slug },
    query: { object_type: from.slug, limit: LIMIT },
  };
  const inside = h("div", { class: "inside", role: "status" });
  const details = h("details", { data: { key: `related ${from.slug} ${field.slug}` } },
    h("summary", {}, `${from.plural_label} by ${field.label}`), inside);
  const load = async () => {
    try {
      const page = await call(wanted.operation, wanted.parameters, wanted);
      inside.replaceChildren(...found(from, field, object, page), requests([["List what points at it", wanted]]));
    } catch (fault) {
      details.open = false;
      tell(fault, () => { details.open = true; });
    }
  };
  details.addEventListener("toggle", () => { if (details.open) load(); });
  return details;
}

function found(from, field, object, { data, next_cursor: next }) {
  if (data.length === 0) return [h("p", { class: "soft" }, "None.")];
  const links = data.map((each) => h("li", {}, h("a", { href: addressOf("objects", each.id, { type: from.slug }), dir: "auto" }, nameOf(each))));
  const all = addressOf("objects", "", { type: from.slug, ...queryOf([{ field: field.slug, op: "eq", value: object.id }]) });
  return [h("ul", { class: "lines" }, links), h("p", { class: "links" }, h("a", { href: all }, next ? "All of them, as a list" : "As a list"))];
}
