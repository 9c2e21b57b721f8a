// How times and counts are put into words.

import { h } from "./dom.js";

/** The page's own language, with the day before the month, which cannot be mistaken as the month is a word. */
const LANGUAGE = "en-GB";
export const DATE = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: "medium" });
export const DATE_TIME = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: "long", timeStyle: "short" });
/** To the second, for what happens fast. */
export const EXACT = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: "medium", timeStyle: "medium" });
const DISTANCE = new Intl.RelativeTimeFormat(LANGUAGE, { numeric: "auto" });
export const DAY = 86_400_000;
const UNITS = [["year", 31_536_000], ["month", 2_592_000], ["day", 86_400], ["hour", 3_600], ["minute", 60]];
/** The windows of rate limits that have a name, by their seconds. */
export const PERIODS = new Map([[1, "second"], [60, "minute"], [3_600, "hour"], [86_400, "day"]]);

/** "3 days ago", "in 2 months", "now". */
export function distanceTo(time) {
  const seconds = (new Date(time) - Date.now()) / 1000;
  const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", Infinity];
  return DISTANCE.format(Math.round(seconds / size), unit);
}

/** A time as an element: short to read, exact to look at. */
export function timeElement(time, text = distanceTo(time)) {
  return h("time", { datetime: time, title: DATE_TIME.format(new Date(time)) }, text);
}

/** A moment to act by: exact, with the distance. */
export function momentOf(time) {
  return `${DATE_TIME.format(new Date(time))} (${distanceTo(time)})`;
}

/** A moment as an input of date and time has it: in the zone of the browser, to the second; a whole minute has no seconds. Empty for what is none. */
export function localTime(time) {
  const moment = new Date(time);
  if (Number.isNaN(moment.valueOf())) return "";
  return new Date(moment - moment.getTimezoneOffset() * 60_000).toISOString().slice(0, 19).replace(/:00$/, "");
}

/** Whether a time is less than a week away. */
export function isSoon(time) {
  return Boolean(time) && new Date(time) - Date.now() < 7 * DAY;
}

export function plural(count, one, many = `${one}s`) {
  return `${count} ${count === 1 ? one : many}`;
}

export function periodOf(seconds) {
  return PERIODS.get(seconds) ?? `${seconds} seconds`;
}

/** What a person is called: by name, else by address, else by id. */
export function personName({ name, email, id }) {
  return name ?? email ?? id;
}

/** A name of the API as a word: "date-created" is "date created". */
export function plain(name) {
  return name.replaceAll(/[_-]/g, " ");
}
