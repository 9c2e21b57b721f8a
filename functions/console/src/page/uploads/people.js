// Who has sent a file, by name as far as the role may know the members.

import { h } from "../shell/dom.js";
import { listAll } from "../shell/api.js";
import { known, may } from "../shell/known.js";
import { personName } from "../shell/words.js";

/** The names of the members by their ids. */
export async function peopleOf({ id: team }) {
  const members = may("teams.list_members") ? await listAll("teams.list_members", { team }) : [];
  return new Map(members.map(({ user }) => [user.id, personName(user)]));
}

export function whoOf(people, id) {
  if (id === known.user.id) return "you";
  return people.has(id) ? h("bdi", {}, people.get(id)) : h("code", {}, id);
}
