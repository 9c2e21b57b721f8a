// Pictures, as the store sends them: by a URL that is asked for when they are to be seen, of a smaller one where that can be made.

import { h } from "../shell/dom.js";
import { call } from "../shell/api.js";
import { may } from "../shell/known.js";

/** What a browser draws and the store sends to be drawn. */
const DRAWN = ["image/png", "image/jpeg", "image/gif", "image/webp"];
/** A larger one is told by its name: it would take long, and much memory. */
const SIZE_MAX = 16 * 1024 * 1024;

/** Whether smaller ones are made of a picture when somebody asks. */
const hasVariants = ({ variants }) => variants === "on_demand";

/** Whether a picture of a file can be shown. */
export function isPicture(file) {
  const { content_type: type, size, gone = false, status = "ready" } = file;
  return !gone && status === "ready" && DRAWN.includes(type) && (size <= SIZE_MAX || hasVariants(file)) && may("uploads.content");
}

/** The picture of a file, with its name as the text of it, in the nearest `variant` that there is: `small` among others, `large` alone. */
export function pictureElement(team, file, variant) {
  const { filename, width, height } = file;
  const image = h("img", { class: "picture", alt: filename, width, height });
  const place = h("span", { class: "picture-place" }, image);
  const fail = () => place.replaceChildren(h("span", { class: "soft" }, "The picture cannot be shown."));
  image.addEventListener("error", fail);
  urlOf(team, file, variant).then((url) => { image.src = url; }).catch(fail);
  return place;
}

async function urlOf(team, file, variant) {
  const query = { disposition: "inline", ...(hasVariants(file) && { variant }) };
  const content = await call("uploads.content", { team, upload: file.id }, { query });
  if (content.variant === "original" && file.size > SIZE_MAX) throw new Error("The picture is too large to be shown.");
  return content.url;
}
