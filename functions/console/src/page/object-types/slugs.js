// Slugs, suggested from labels until somebody types one.

const LENGTH_MAX = 63;

/** The slug that a label suggests; an empty one if the label has no Latin letter. */
function slugOf(label, joint) {
  const plain = label.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase();
  return plain.replaceAll(/[^a-z0-9]+/g, joint).replace(/^[^a-z]+/, "").slice(0, LENGTH_MAX).replace(/[-_]+$/, "");
}

/** Fills the input of a slug from that of a label. An emptied slug is suggested again. */
export function suggestSlug(label, slug, joint) {
  let isTyped = slug.value !== "";
  slug.addEventListener("input", () => { isTyped = slug.value !== ""; });
  label.addEventListener("input", () => { if (!isTyped) slug.value = slugOf(label.value, joint); });
}
