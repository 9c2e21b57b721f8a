// Objects: the records of the team, a list of each type, and one by itself.

import { h } from "../shell/dom.js";
import { may } from "../shell/known.js";
import { addressOf } from "../shell/place.js";
import { empty, head } from "../parts/pages.js";
import { listView } from "./list.js";
import { objectView } from "./object.js";
import { readWorld } from "./world.js";

export async function view({ team, id, query }) {
  const world = await readWorld(team);
  const name = query.get("type");
  const type = name ? world.types.find((each) => [each.slug, each.id].includes(name)) : world.types[0];
  if (!type) return name ? noSuchType() : noType();
  return id ? objectView(world, type, id, query) : listView(world, type, query);
}

function noType() {
  return {
    title: "Objects",
    content: [
      head("Objects", "The records of the team: contacts, deals, whatever it keeps."),
      empty("There is no object type yet", "An object type says what objects are made of. Make one first, then its objects.",
        may("object-types.create") && h("p", {}, h("a", { class: "button", href: addressOf("object-types") }, "Go to the object types"))),
    ],
  };
}

function noSuchType() {
  return {
    title: "Objects",
    content: [
      head("Objects", "The records of the team."),
      empty("There is no such object type", "It may be in the trash, or have another name now.",
        h("p", {}, h("a", { href: addressOf("objects") }, "All objects"))),
    ],
  };
}
