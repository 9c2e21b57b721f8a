// What a section of objects knows: the types of the team, and the names of objects that others point at.

import { call, ifThere, listAll } from "../shell/api.js";

/** The types of the team, and by their ids the labels of objects and what is told of files, as far as they were read. */
export async function readWorld(team) {
  return { team: team.id, types: await listAll("object-types.list", { team: team.id }), labels: new Map(), files: new Map() };
}

/** The type that a relationship points at; undefined if it is in the trash. */
export function targetOf({ types }, field) {
  return types.find(({ id, slug }) => [id, slug].includes(field.settings.object_type));
}

export const nameOf = ({ label, id }) => label || id;

/** Remembers the labels of objects. */
export function learnLabels({ labels }, objects) {
  for (const object of objects) labels.set(object.id, nameOf(object));
}

/**
 * The labels of what the objects of a list point at, by one request for each type that is pointed at: those that are among its first hundred.
 * The others are shown by their ids.
 */
export async function labelsOfList(world, fields, objects) {
  const isUnknown = (id) => id && !world.labels.has(id);
  const missing = fields.filter(({ type, slug }) => type === "relationship" && objects.some((object) => isUnknown(object.fields[slug])));
  const targets = new Set(missing.map((field) => targetOf(world, field)).filter(Boolean));
  await Promise.all([...targets].map(async ({ slug }) => {
    const { data } = await call("objects.query", { team: world.team, type: slug }, { body: { limit: 100, fields: [] } });
    learnLabels(world, data);
  }));
}

/** The labels of what one object points at. One that is there no more is shown by its id. */
export async function labelsOfObject(world, fields, object) {
  const links = fields.filter(({ type, slug }) => type === "relationship" && object.fields[slug]);
  await Promise.all(links.map(async (field) => {
    const target = targetOf(world, field);
    if (!target) return;
    const found = await ifThere(call("objects.read", { team: world.team, type: target.slug, id: object.fields[field.slug] }));
    if (found) learnLabels(world, [found]);
  }));
}

/** The field that objects of a type are found by when somebody types a name; undefined if none of those that name it is searchable. */
export function namingField({ item_label_fields: names, fields }) {
  const found = fields.filter((field) => names.includes(field.slug) && isSearchable(field) && SEARCHED_BY_PART.includes(field.type));
  return found[0]?.slug;
}

const SEARCHED_BY_PART = ["text", "name", "email", "phone", "url", "color", "dropdown", "radio"];

/** Whether it can be filtered and sorted by now. */
export function isSearchable({ searchable, index }) {
  return searchable && index?.state === "ready";
}
