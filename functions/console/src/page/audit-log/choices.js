// What the filters can be chosen from: the members, object types and tokens of the team, as far as the role may list them.

import { call, listAll } from "../shell/api.js";
import { may } from "../shell/known.js";
import { personName } from "../shell/words.js";

/** Of each filter its rows `[value, label]`, or null if the person may not list them; and the names of the members by their ids. */
export async function choicesFor({ id: team }) {
  const [members, types, tokens] = await Promise.all([membersOf(team), typesOf(team), tokensOf(team)]);
  return { members, types, tokens, names: new Map(members) };
}

async function membersOf(team) {
  if (!may("teams.list_members")) return null;
  const members = await listAll("teams.list_members", { team });
  return members.map(({ user }) => [user.id, personName(user)]);
}

async function typesOf(team) {
  if (!may("object-types.list")) return null;
  const types = await listAll("object-types.list", { team });
  return types.map(({ slug, plural_label: label }) => [slug, label]);
}

/** A hundred of the tokens that reach the team. Others, and those that are revoked, can be given by their ids. */
async function tokensOf(team) {
  if (!may("teams.list_tokens")) return null;
  const { data } = await call("teams.list_tokens", { team }, { query: { limit: 100 } });
  return data.map(({ id, name, user }) => [id, `${name} of ${personName(user)}`]);
}
