// Faults of a form, at the fields that their pointers name. The API alone judges what is sent.

import { h } from "../shell/dom.js";

/** A fault that is found before anything is sent. */
export function faultAt(pointer, detail) {
  return Object.assign(new Error(detail), { errors: [{ pointer, detail }] });
}

export function clearFaults(form) {
  for (const place of form.querySelectorAll("[data-fault]")) place.textContent = "";
  for (const input of form.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
}

/** Shows each fault at its place, or above all if it has none, and goes to the first. */
export function showFaults(form, fault) {
  const errors = fault.errors?.length ? fault.errors : [{ pointer: "", detail: fault.message }];
  for (const { pointer, detail } of errors) {
    const place = placeOf(form, pointer) ?? placeOf(form, "");
    // Above all, the pointer says what the words are about.
    const text = pointer && place.dataset.fault === "" ? `${pointer}: ${detail}` : detail;
    place.append(...(place.textContent ? [h("br")] : []), text);
    inputAt(place)?.setAttribute("aria-invalid", "true");
    const fold = place.closest("details");
    if (fold) fold.open = true;
  }
  const first = [...form.querySelectorAll("[data-fault]")].find((place) => place.textContent);
  first.scrollIntoView({ block: "center" });
  (inputAt(first) ?? first).focus();
}

/** Where a fault is shown: the place of its pointer, or the nearest that the pointer leads through. */
function placeOf(form, pointer) {
  const places = new Map([...form.querySelectorAll("[data-fault]")].map((place) => [place.dataset.fault, place]));
  let left = pointer;
  while (left && !places.has(left)) left = left.slice(0, left.lastIndexOf("/"));
  return left || !pointer ? places.get(left) : undefined;
}

/** The input that a place belongs to. */
function inputAt(place) {
  return place.closest(".field")?.querySelector("input:not([type=hidden]), textarea, select");
}
