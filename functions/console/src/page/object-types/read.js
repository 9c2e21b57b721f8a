// Object types as they are read: from wherever they are, and with each number as it is written.

import { listAll, ifThere } from "../shell/api.js";
import { callExact } from "../parts/exact.js";

/** A type by its id or slug, in use or in the trash. */
export async function readType(team, type) {
  const parameters = { team, type };
  return (await ifThere(callExact("object-types.read", parameters))) ?? callExact("object-types.read", parameters, { query: { trashed: "only" } });
}

/** The types in use: not many, as a team has at most 500. */
export function listTypes(team) {
  return listAll("object-types.list", { team });
}

/** A field of a type, with the version of the type, which is that of its fields too. */
export async function readField(team, id, slug) {
  const type = await readType(team, id);
  const field = type.fields.find((each) => each.slug === slug);
  if (!field) throw new Error("This field is not there any more.");
  return { type, field: { ...field, version: type.version } };
}
