// The page as a whole: signed out, or signed in with the section that the address names.

import { byId, h, keepFocus, once, show } from "./dom.js";
import { forget, known, learn, may } from "./known.js";
import { paintMenu } from "./menu.js";
import { alertOf, announce, clearAlert, onRightsChange, onSessionEnd, tell } from "./notice.js";
import { addressOf, go, here, onPlace } from "./place.js";
import { sectionOf } from "./sections.js";
import { finishSignIn, forgetSession, sessionToken, signIn, signOut } from "./session.js";

/** What is painted: the address without its dialog, the dialogs that can be opened on it, and the one that is open. */
let painted = { address: null, dialogs: {}, dialog: null };
/** Count the paintings and the dialogs that began; one that was overtaken changes nothing any more. */
let turn = 0;
let dialogTurn = 0;

/** The address at which the page was loaded anew because of its version, so that it is not done again and again. */
const RELOADED_KEY = "console.reloaded";

/** The address but for the dialog. */
function addressOfContent({ section, id, query }) {
  const { dialog, on, ...rest } = Object.fromEntries(query);
  return addressOf(section, id, rest);
}

async function follow({ again = false } = {}) {
  if (!sessionToken()) return;
  const place = here();
  if (again || addressOfContent(place) !== painted.address) await paint(place);
  // The dialog may have been closed while the section was read.
  await followDialog(here());
}

/** Shows the section of a place. */
async function paint(place) {
  turn += 1;
  const mine = turn;
  const section = sectionOf(place.section);
  const bringBack = keepFocus();
  chooseTeam(place);
  paintMenu(section);
  bringBack();
  const content = byId("content");
  content.setAttribute("aria-busy", "true");
  try {
    const view = await contentOf(section, place);
    if (mine !== turn) return;
    const isNew = place.section !== painted.section || place.id !== painted.id;
    const hadFocus = content.contains(document.activeElement);
    const bringBack = keepFocus();
    content.replaceChildren(h("div", { class: "section" }, view.content));
    painted = { address: addressOfContent(place), section: place.section, id: place.id, dialogs: view.dialogs ?? {}, dialog: painted.dialog };
    entitle(view.title);
    // Somewhere else, the heading is where to begin, and so it is if what had the focus is gone; else whoever changed something
    // goes on from there.
    if (isNew || (!bringBack() && hadFocus)) content.querySelector("h1")?.focus();
  } catch (fault) {
    if (mine === turn) showFailure(section, place, fault);
  } finally {
    if (mine === turn) content.removeAttribute("aria-busy");
  }
}

/** What was painted before stays if it is of this place; else it would be taken for what was asked for. */
function showFailure(section, place, fault) {
  if (addressOfContent(place) !== painted.address) {
    const { title, content } = lost(section.label, "This could not be read.");
    byId("content").replaceChildren(...content);
    painted = { address: null, section: place.section, id: place.id, dialogs: {}, dialog: painted.dialog };
    entitle(title);
    byId("content").querySelector("h1").focus();
  }
  tell(fault, () => follow({ again: true }));
}

/** What a section shows at a place: its title, its content, and its dialogs by name. */
async function contentOf(section, place) {
  if (!section) return lost("There is no such page", "The address may be mistyped, or from another version of the console.");
  if (!section.isOwn && !known.team) {
    return known.teams.length > 0
      ? lost("You are not in this team", "Choose one of your teams, or ask its owner to invite you.")
      : (await import("../tokens/start.js")).start();
  }
  if (!section.isOwn && !may(section.needs)) return lost(section.label, "Your role in this team does not allow to see this. An owner or an administrator can change it.");
  clearAlert();
  const { view } = await loaded(section);
  return view({ ...place, team: known.team });
}

/** The module of a section. After a deployment the assets of the page's version are gone: then it is loaded anew, at the same place. */
async function loaded(section) {
  try {
    return await section.load();
  } catch (cause) {
    // Without the fragment, in which an invitation has its secret.
    const address = location.pathname + location.search;
    const isTried = sessionStorage.getItem(RELOADED_KEY) === address;
    sessionStorage.setItem(RELOADED_KEY, address);
    if (isTried) throw new Error("This part of the console cannot be loaded. Check the connection and load the page anew.", { cause });
    location.reload();
    return new Promise(() => {});
  }
}

function lost(title, text) {
  return { title, content: [h("h1", { tabindex: "-1" }, title), h("p", { class: "soft" }, text)] };
}

/** The team of the address; the first one if it names none. */
function chooseTeam(place) {
  const id = place.query.get("team");
  known.team = known.teams.find((team) => team.id === id) ?? (id ? null : known.teams[0] ?? null);
  if (id || !known.team) return;
  place.query.set("team", known.team.id);
  history.replaceState(history.state, "", addressOf(place.section, place.id, Object.fromEntries(place.query)) + location.hash);
}

function entitle(title) {
  document.title = `${title} · Settings`;
  byId("trail").textContent = ` › ${title}`;
}

/** Opens the dialog that the address names, and closes the one that it does not name any more. */
async function followDialog({ query }) {
  const name = query.get("dialog");
  const wanted = name && `${name} ${query.get("on") ?? ""}`;
  if (painted.dialog?.wanted === wanted) return;
  dialogTurn += 1;
  const mine = dialogTurn;
  painted.dialog?.close();
  painted.dialog = null;
  if (!name || !Object.hasOwn(painted.dialogs, name)) return;
  // It is read before it opens; meanwhile it is not asked for again.
  painted.dialog = { wanted, close: () => {} };
  try {
    const close = await painted.dialogs[name](query.get("on"), query);
    if (mine === dialogTurn) painted.dialog = { wanted, close };
    else close();
  } catch (fault) {
    if (mine !== dialogTurn) return;
    painted.dialog = null;
    tell(fault, () => followDialog(here()));
  }
}

/** Shows the page of somebody who is not signed in. */
function leave(text) {
  // The address keeps them, for when somebody is back.
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.leave({ isLeft: true });
  painted = { address: null, dialogs: {}, dialog: null };
  turn += 1;
  dialogTurn += 1;
  forget();
  clearAlert();
  byId("account-name").textContent = "";
  byId("trail").textContent = "";
  show(byId("account"), false);
  for (const id of ["menu", "notice"]) {
    byId(id).replaceChildren();
    show(byId(id), false);
  }
  const button = h("button", { type: "button", class: "primary", id: "sign-in" }, "Sign in");
  button.addEventListener("click", () => once(button, () => { clearAlert(); return signIn().catch(tell); }));
  byId("content").replaceChildren(h("section", { class: "card welcome" },
    h("h1", { tabindex: "-1" }, "Settings"),
    h("p", {}, here().section === "join"
      ? "Somebody has invited you to a team. Sign in with the address that was invited."
      : "Sign in to manage your teams, their data, and the keys that let other services work here for you."),
    button));
  document.title = "Settings";
  if (!text) return;
  announce(text);
  byId("content").querySelector("h1").focus();
}

/** The API takes the session no longer. The way back leads to the same place, and what was typed is there again. */
function endSession() {
  forgetSession();
  leave();
  alertOf("Your session is over. Sign in again.");
  byId("sign-in").focus();
}

/** Somebody has given the person another role, or none. */
async function learnRights() {
  const before = JSON.stringify(known.teams);
  await learn();
  if (JSON.stringify(known.teams) !== before) await follow({ again: true });
}

/** Shows the page of somebody who is signed in. */
async function enter() {
  try {
    await learn();
  } catch (fault) {
    tell(fault, enter);
    return;
  }
  byId("account-name").textContent = known.user.email ?? known.user.name ?? "";
  show(byId("account"));
  await follow({ again: true });
}

onSessionEnd(endSession);
onRightsChange(() => learnRights().catch(tell));
onPlace(follow);
byId("alert-close").addEventListener("click", clearAlert);
byId("sign-out").addEventListener("click", () => once(byId("sign-out"), async () => {
  if (!(await signOut())) {
    await go(addressOf("", "", { team: null }), { replace: true });
    leave("You are signed out.");
  }
}));
try {
  await finishSignIn();
} catch (fault) {
  tell(fault);
}
if (sessionToken()) await enter();
else leave();
