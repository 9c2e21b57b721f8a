// How times and statuses are put into words.

/** The page's own language, with the day before the month, which cannot be mistaken as the month is a word. */
const LANGUAGE = "en-GB";
const DATE = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: "medium" });
const DATE_TIME = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: "long", timeStyle: "short" });
const DISTANCE = new Intl.RelativeTimeFormat(LANGUAGE, { numeric: "auto" });
const DAY = 86_400_000;
const UNITS = [["year", 31_536_000], ["month", 2_592_000], ["day", 86_400], ["hour", 3_600], ["minute", 60]];
/** The windows of rate limits that have a name, by their seconds. */
const PERIODS = new Map([[1, "second"], [60, "minute"], [3_600, "hour"], [86_400, "day"]]);
const STATUSES = { active: "Active", inactive: "Deactivated", expired: "Expired", revoked: "Revoked" };

/** "3 days ago", "in 2 months", "now". */
function distanceTo(time) {
  const seconds = (new Date(time) - Date.now()) / 1000;
  const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", Infinity];
  return DISTANCE.format(Math.round(seconds / size), unit);
}

/** A time as an element: short to read, exact to look at. */
function timeElement(time, text) {
  const element = document.createElement("time");
  element.dateTime = time;
  element.title = DATE_TIME.format(new Date(time));
  element.textContent = text;
  return element;
}

/** A moment to act by: exact, with the distance. */
function momentOf(time) {
  return `${DATE_TIME.format(new Date(time))} (${distanceTo(time)})`;
}

/** Whether a time is less than a week away. */
function isSoon(time) {
  return Boolean(time) && new Date(time) - Date.now() < 7 * DAY;
}

function plural(count, one, many = `${one}s`) {
  return `${count} ${count === 1 ? one : many}`;
}

function periodOf(seconds) {
  return PERIODS.get(seconds) ?? `${seconds} seconds`;
}

/** "Sales", as the person knows it. */
function teamName(id) {
  return known.teams.find((team) => team.id === id)?.name ?? "a team you have left";
}

