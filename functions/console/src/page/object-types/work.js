// Work on objects that goes on behind the page: looked at again until it is done.

import { announce } from "../shell/notice.js";
import { here, refresh } from "../shell/place.js";

const PAUSE = 3_000;

let timer = 0;
let busyPlace = null;

const workOf = ({ fields, job }) => [job, fields.map(({ index, check }) => [index, check])];
const isBusy = ({ fields, job }) => Boolean(job) || fields.some(({ index, check }) => [index, check].some((work) => work?.state === "building"));
const placeName = ({ section, id }) => `${section} ${id}`;

/**
 * Looks again every few seconds while work on one of the types goes on, and paints the section when it has come on. `read` reads
 * the types anew.
 */
export function watchWork(types, read) {
  const place = placeName(here());
  clearTimeout(timer);
  if (types.some(isBusy)) {
    busyPlace = place;
    timer = setTimeout(() => lookAgain(types, read, place), PAUSE);
    return;
  }
  if (busyPlace === place) announce("The work on the objects is done.");
  busyPlace = null;
}

async function lookAgain(types, read, place) {
  const isLeft = () => placeName(here()) !== place;
  if (isLeft()) return;
  // What cannot be read any more is for the section to tell.
  const now = document.hidden ? types : await read().catch(() => null);
  if (isLeft()) return;
  if (now && JSON.stringify(now.map(workOf)) === JSON.stringify(types.map(workOf))) watchWork(types, read);
  else refresh();
}
