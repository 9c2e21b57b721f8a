// Which objects use a file, by the field that names it.

import { h } from "../shell/dom.js";
import { call, ifThere } from "../shell/api.js";
import { may } from "../shell/known.js";
import { addressOf } from "../shell/place.js";
import { listTypes } from "../object-types/read.js";
import { nameOf } from "../objects/world.js";

const LIMIT = 20;

/** The first of them as links; nothing if none is told of, or they may not be seen. */
export async function usersElement(team, upload) {
  if (upload.unused_since || upload.status !== "ready" || !may("uploads.references") || !may("object-types.list")) return null;
  const wanted = call("uploads.references", { team, upload: upload.id }, { query: { limit: LIMIT } });
  const [{ data, next_cursor: next }, types] = await Promise.all([wanted, listTypes(team)]);
  if (data.length === 0) return null;
  const rows = await Promise.all(data.map((reference) => rowOf(team, types, reference)));
  return [
    h("h2", { class: "part" }, "What uses it"),
    h("ul", { class: "card lines file-users" }, rows, next && h("li", { class: "soft" }, "And others.")),
  ];
}

async function rowOf(team, types, { object_type: typeId, object: id, field }) {
  const type = types.find((each) => each.id === typeId);
  // An object in the trash, or one of a type in the trash, uses it too.
  const object = type && (await ifThere(call("objects.read", { team, type: type.slug, id })));
  const label = type?.fields.find((each) => each.slug === field)?.label ?? field;
  const name = object ? h("a", { href: addressOf("objects", id, { type: type.slug }), dir: "auto" }, nameOf(object)) : "Something in the trash";
  return h("li", {}, name, " ", h("small", {}, type ? `${type.singular_label}, ${label}` : label));
}
