// The form of a token: what a new one shall be, or what shall change of one.

/** So many days a new token is suggested to live. */
const SUGGESTED_DAYS = "90";
/** What the form held when it was opened. */
let initial = null;

function bindEditor() {
  const form = byId("editor-form");
  bindDialog(byId("editor"));
  form.addEventListener("input", paintEditor);
  onSubmit(form, () => (subject ? change() : create()));
}

/** Opens the form, filled with what is known of the token. Permissions are chosen for a new one only. */
function openEditor(token, { title, action }) {
  const form = byId("editor-form");
  form.reset();
  clearFaults(form);
  byId("editor-title").textContent = title;
  byId("editor-submit").textContent = action;
  byId("editor").classList.toggle("wide", !subject);
  show(byId("editor-permissions"), !subject);
  show(byId("editor-count"), !subject);
  show(byId("editor-no-team"), known.teams.length === 0);
  paintGroups(paintEditor);
  fillEditor(form, token);
  paintEditor();
  initial = readEditor();
  byId("editor").showModal();
  byId("editor").querySelector(".body").scrollTop = 0;
}

function fillEditor(form, { name, description, permissions, expires_at: end, team_ids: teams, ...limits }) {
  byId("editor-name").value = name;
  byId("editor-description").value = description;
  for (const box of boxesIn(form)) box.checked = !subject && permissions.includes(box.value);
  // A new token ends by itself, unless its maker wants it otherwise.
  byId("editor-expiry").value = end ? "date" : subject ? "" : SUGGESTED_DAYS;
  byId("editor-expires-on").value = end ? localTime(end) : "";
  form.elements.reach.value = teams ? "some" : "all";
  byId("editor-teams").replaceChildren(...teamsFor(teams ?? []).map((team) => teamElement(team, teams ?? [])));
  fillLimits(limits);
}

function fillLimits({ allowed_cidrs: ranges, rate_limit: rate, on_reuse: onReuse }) {
  const seconds = rate?.window_seconds ?? 60;
  const windows = [...new Set([...PERIODS.keys(), seconds])];
  byId("editor-ranges").value = (ranges ?? []).join("\n");
  byId("editor-limit").value = rate?.limit ?? "";
  byId("editor-window").replaceChildren(...windows.map((each) => new Option(periodOf(each), each)));
  byId("editor-window").value = seconds;
  byId("editor-reuse").checked = onReuse === "deactivate";
  byId("editor-advanced").open = Boolean(ranges || rate || onReuse === "deactivate");
}

/** The person's teams, and those that the token is limited to besides. */
function teamsFor(ids) {
  const left = ids.filter((id) => !known.teams.some((team) => team.id === id));
  return [...known.teams, ...left.map((id) => ({ id, name: teamName(id), role: "none" }))];
}

function teamElement({ id, name, role }, chosen) {
  const element = copyOf("team-template");
  write(element, { name, role: `your role: ${role}` });
  part(element, "box").value = id;
  part(element, "box").checked = chosen.includes(id);
  return element;
}

/** Shows what depends on what is filled in. A changed form is another request. */
function paintEditor() {
  attempt = null;
  const data = new FormData(byId("editor-form"));
  show(byId("editor-expiry-date"), data.get("expiry") === "date");
  show(byId("editor-teams"), data.get("reach") === "some");
  byId("editor-count").textContent = `${plural(data.getAll("permission").length, "permission")} chosen`;
}

function readEditor() {
  const data = new FormData(byId("editor-form"));
  const ranges = data.get("ranges").split(/[\s,]+/).filter(Boolean);
  return {
    name: data.get("name"),
    description: data.get("description"),
    permissions: data.getAll("permission"),
    expires_at: readExpiry(data.get("expiry"), data.get("expires_on")),
    team_ids: data.get("reach") === "some" ? data.getAll("team") : null,
    allowed_cidrs: ranges.length ? ranges : null,
    rate_limit: readRate(data.get("limit").trim(), Number(data.get("window"))),
    on_reuse: data.has("deactivate") ? "deactivate" : "record",
  };
}

/** What differs from what the form held at first. */
function readChanges() {
  const isChanged = ([name, value]) => JSON.stringify(value) !== JSON.stringify(initial[name]);
  return Object.fromEntries(Object.entries(readEditor()).filter(isChanged));
}

function readExpiry(choice, date) {
  if (!choice) return null;
  const time = choice === "date" ? new Date(date) : new Date(Date.now() + Number(choice) * DAY);
  if (Number.isNaN(time.valueOf())) throw faultAt("/expires_at", "Give a date and a time.");
  return time.toISOString();
}

function readRate(limit, seconds) {
  if (!limit) return null;
  if (!/^\d{1,9}$/.test(limit)) throw faultAt("/rate_limit", "Give a whole number of requests.");
  return { limit: Number(limit), window_seconds: seconds };
}

/** A time as an input of date and time has it: without a zone, to the minute. */
function localTime(time) {
  const date = new Date(time);
  return new Date(date - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

