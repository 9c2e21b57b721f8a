// Files that are dropped onto the page or pasted into it, and the places that take them.

/** What each place does with files. */
const takers = new WeakMap();
/** The place that files are held over. */
let over = null;

/** Makes an element a place for files: `taken` gets them. */
export function dropPlace(element, taken) {
  element.dataset.drops = "";
  takers.set(element, taken);
  return element;
}

/** The place that files are meant for: the one around the target, or the only one there is. Behind an open dialog there is none. */
function placeAt(target) {
  const whole = [...document.querySelectorAll("dialog[open]")].at(-1) ?? document;
  const places = [...whole.querySelectorAll("[data-drops]")];
  return places.find((place) => place.contains(target)) ?? (places.length === 1 ? places[0] : null);
}

function mark(place) {
  if (over === place) return;
  delete over?.dataset.over;
  over = place;
  if (place) place.dataset.over = "";
}

/** Gives the files to their place. Without one the browser would open a dropped file in the place of the page. */
function take(event, data) {
  const files = [...(data?.files ?? [])];
  if (files.length === 0) return;
  event.preventDefault();
  const place = placeAt(event.target);
  if (place) takers.get(place)(files);
}

document.addEventListener("dragover", (event) => {
  if (!event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  const place = placeAt(event.target);
  if (!place) event.dataTransfer.dropEffect = "none";
  mark(place);
});

document.addEventListener("dragleave", ({ relatedTarget }) => { if (!relatedTarget) mark(null); });

document.addEventListener("drop", (event) => {
  mark(null);
  take(event, event.dataTransfer);
});

document.addEventListener("paste", (event) => {
  // Cells of a spreadsheet come as a text and as a picture of it: where somebody types, the text is meant.
  const isTyped = event.target.matches?.("input, textarea") && event.clipboardData?.types.includes("text/plain");
  if (!isTyped) take(event, event.clipboardData);
});
