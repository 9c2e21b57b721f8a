// Where somebody is: the address holds the section, the thing, the team, filters, the page of a list, and the open dialog.

/** What stands in front of all paths: `/live` behind a stage of API Gateway, else nothing. */
export const ROOT = new URL("../../../../", import.meta.url).pathname.slice(0, -1);
export const CONSOLE = `${ROOT}/console`;

/** `/console/{section}/{id}?{query}` */
export function here() {
  const [section = "", id = ""] = location.pathname.slice(CONSOLE.length).split("/").filter(Boolean).map(decoded);
  const query = new URLSearchParams();
  // Of a name that stands twice the first counts, for everybody who reads it.
  for (const [name, value] of new URLSearchParams(location.search)) if (!query.has(name)) query.set(name, value);
  return { section, id, query };
}

function decoded(segment) {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** The address of a section, or of a thing in it, in the same team unless `query` has another. Empty values are left out. */
export function addressOf(section, id = "", query = {}) {
  const path = [CONSOLE, section, id].filter(Boolean).map((part, index) => (index ? encodeURIComponent(part) : part));
  const whole = { team: here().query.get("team"), ...query };
  const text = new URLSearchParams(Object.entries(whole).filter(([, value]) => ![null, undefined, ""].includes(value)));
  return [path.join("/"), text.toString()].filter(Boolean).join("?");
}

let follow = () => {};

/** `task` is called whenever the address has changed. */
export function onPlace(task) {
  follow = task;
  addEventListener("popstate", () => follow());
  document.addEventListener("click", followLink);
}

/** A link within the console changes the address without loading the page anew. That of a next page leaves a mark that there is one before. */
function followLink(event) {
  const link = event.target.closest?.("a[href]");
  const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!link || !isPlain || event.defaultPrevented || link.target || link.download || link.origin !== location.origin) return;
  if (!`${link.pathname}/`.startsWith(`${CONSOLE}/`) || (link.hash && link.pathname === location.pathname)) return;
  event.preventDefault();
  go(link.href, { state: link.rel === "next" ? { isNextPage: true } : null });
}

/** A step back that has been asked for, and is not made at once. What is asked for meanwhile comes after it. */
let leaving = Promise.resolve();

export async function go(address, { replace = false, state = null } = {}) {
  await leaving;
  history[replace ? "replaceState" : "pushState"](state, "", address);
  return follow();
}

/** Changes the query and nothing else; null takes a member out. */
export async function change(query, options) {
  await leaving;
  const { section, id, query: current } = here();
  return go(addressOf(section, id, { ...Object.fromEntries(current), ...query }), options);
}

/** Reads and paints again what is there. */
export function refresh() {
  return follow({ again: true });
}

/** Opens a dialog of the section, about a thing if there is one. The way back closes it. */
export async function openAt(dialog, on = null, more = {}) {
  await leaving;
  return change({ dialog, on, ...more }, { state: { ...history.state, isDialog: true } });
}

/** The address without its dialog. */
export function leaveDialog() {
  if (!here().query.has("dialog")) return null;
  if (history.state?.isDialog) {
    leaving = new Promise((done) => { addEventListener("popstate", done, { once: true }); });
    return history.back();
  }
  return change({ dialog: null, on: null }, { replace: true });
}
