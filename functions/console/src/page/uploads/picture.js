// Pictures, as the store sends them: by a URL that is asked for when they are to be seen.

import { h } from "../shell/dom.js";
import { call } from "../shell/api.js";
import { may } from "../shell/known.js";

/** What a browser draws and the store sends to be drawn. */
const DRAWN = ["image/png", "image/jpeg", "image/gif", "image/webp"];
/** A larger one is told by its name: it would take long, and much memory. */
const SIZE_MAX = 16 * 1024 * 1024;

/** Whether a picture of a file can be shown. */
export function isPicture({ content_type: type, size, gone = false, status = "ready" }) {
  return !gone && status === "ready" && DRAWN.includes(type) && size <= SIZE_MAX && may("uploads.content");
}

/** The picture of a file, with its name as the text of it. */
export function pictureElement(team, { id, filename, width, height }) {
  const image = h("img", { class: "picture", alt: filename, width, height });
  const place = h("span", { class: "picture-place" }, image);
  const fail = () => place.replaceChildren(h("span", { class: "soft" }, "The picture cannot be shown."));
  image.addEventListener("error", fail);
  call("uploads.content", { team, upload: id }, { query: { disposition: "inline" } }).then(({ url }) => { image.src = url; }, fail);
  return place;
}
