// What the page knows of the person: who they are, their teams, and what they may do in the one that is chosen.

import { accessOf, call } from "./api.js";

export const known = { user: null, teams: [], team: null };

export async function learn() {
  const { user, teams } = await call("teams.me");
  Object.assign(known, { user, teams });
}

export function forget() {
  Object.assign(known, { user: null, teams: [], team: null });
}

/** Whether the person's role allows an operation in the chosen team; `isSelf` if it is about the person's own membership. */
export function may(operation, { team = known.team, isSelf = false } = {}) {
  const access = accessOf(operation);
  if (access === "owner") return team?.role === "owner";
  if (typeof access === "string") return access !== "token";
  const has = (permission) => Boolean(team?.permissions.includes(permission));
  if (access.self_or) return isSelf || has(access.self_or);
  return access.needs ? access.needs.every(has) : access.needs_any.some(has);
}

/** The permissions that a token needs for an operation; none if no token may. */
export function permissionsFor(operation) {
  const access = accessOf(operation);
  return access.needs ?? (access.needs_any ? access.needs_any.slice(0, 1) : access.self_or ? [access.self_or] : []);
}

/** "Sales", as the person knows it. */
export function teamName(id) {
  return known.teams.find((team) => team.id === id)?.name ?? "a team you are not in";
}

let catalogue = null;

/** The catalogue of permissions, read once. */
export function permissionGroups() {
  catalogue ??= call("discovery.permissions").then(({ groups }) => groups);
  catalogue.catch(() => { catalogue = null; });
  return catalogue;
}
