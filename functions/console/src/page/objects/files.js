// The values of fields that hold files: what is told of each file in the place of its id.

import { h } from "../shell/dom.js";
import { may } from "../shell/known.js";
import { addressOf } from "../shell/place.js";
import { isPicture, pictureElement } from "../uploads/picture.js";
import { sizeText } from "../uploads/words.js";

const TYPES = ["file", "image", "media"];

export const holdsFiles = ({ type }) => TYPES.includes(type);

/** What a read asks for, so that it tells of the files of these fields. */
export function expansion(fields) {
  return fields.some(holdsFiles) ? { expand: "uploads" } : {};
}

/** Remembers what was told of the files of objects, and puts the ids back in its place, as values are written so. */
export function learnFiles({ files }, fields, objects) {
  for (const { fields: values } of objects) {
    for (const { slug } of fields.filter((field) => holdsFiles(field) && values[field.slug])) {
      for (const file of values[slug]) files.set(file.id, file);
      values[slug] = values[slug].map(({ id }) => id);
    }
  }
}

/** Whether it is known that there is no such file any more. */
const isGone = (file) => file?.gone === true;

export function nameOfFile({ files }, id) {
  return isGone(files.get(id)) ? "a file that is gone" : files.get(id)?.filename ?? id;
}

/** "offer.pdf, photo.png" */
export function namesOf(world, ids) {
  return ids.map((id) => nameOfFile(world, id)).join(", ");
}

/** The files of a value, each as a small picture or by its name, with its size. */
export function filesElement(world, { label }, ids) {
  return h("ul", { role: "list", class: "held-files", "aria-label": label }, ids.map((id) => fileElement(world, id)));
}

function fileElement(world, id) {
  const file = world.files.get(id);
  if (isGone(file)) return h("li", { class: "held-file soft" }, "This file is gone.", h("code", {}, id));
  const name = h("bdi", {}, nameOfFile(world, id));
  return h("li", { class: "held-file" },
    file && isPicture(file) && pictureElement(world.team, file, "small"),
    h("span", {}, may("uploads.read") ? h("a", { href: addressOf("uploads", id) }, name) : name, file && h("small", {}, sizeText(file.size))));
}
