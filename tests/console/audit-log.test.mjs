// The audit log: entries, filters, one entry, and the export.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { api, checkAccess, checkFits, close, eventually, memberOf, open, ownerOf, scene, setUp, settled } from "./harness.mjs";

setUp();

const HOSTILE = `<img src=x onerror=alert(1)> {{7*7}}`;
const FORMULA = `=1+1, "quoted"`;

/** A team with a type, three objects, one of them changed and destroyed, a token and a webhook; the log has them all. */
async function busyTeam(slug) {
  const owner = await ownerOf(slug);
  const { session, team: { id } } = owner;
  const at = (path) => `/v1/teams/${id}/${path}`;
  const fields = [{ slug: "name", label: "Name", type: "text" }, { slug: "notes", label: HOSTILE, type: "textarea" }];
  const labels = { singular_label: "Contact", plural_label: "Contacts" };
  const type = await api(session, "POST", at("object-types"), { slug: "contacts", ...labels, item_label_fields: ["name"], fields });
  const make = (as, values) => api(as, "POST", at("objects/contacts"), { fields: values });
  const hostile = await make(session, { name: HOSTILE, notes: "first\nsecond" });
  await api(session, "PATCH", at(`objects/contacts/${hostile.id}`), { fields: { notes: `long ${"x".repeat(10_000)}` } });
  const token = await api(session, "POST", "/v1/tokens", { name: FORMULA, permissions: ["object:create"] });
  const formula = await make(token.token, { name: FORMULA, notes: "=2+2\n\"two\", lines" });
  const gone = await make(session, { name: "Gone" });
  await api(session, "DELETE", at(`objects/contacts/${gone.id}`));
  await api(session, "DELETE", at(`objects/contacts/${gone.id}/force`));
  const webhook = await api(session, "POST", at("webhooks"), { name: "Hook", url: "https://hooks.example/in", topics: ["object.created"] });
  await logged(owner, (entries) => entries.length >= 11);
  return { ...owner, type, hostile, formula, gone, token, webhook };
}

/** The entries, as soon as the log has what is waited for: they are written a moment after the change. */
function logged(owner, isThere) {
  return eventually(() => entriesOf(owner), isThere);
}

async function entriesOf({ session, team }) {
  const entries = [];
  let cursor = "";
  do {
    const page = await api(session, "GET", `/v1/teams/${team.id}/audit-logs?limit=100${cursor && `&cursor=${cursor}`}`);
    entries.push(...page.data);
    cursor = page.next_cursor;
  } while (cursor);
  return entries;
}

const rows = (page) => page.locator("#content tbody tr");

test("entries are told in plain words, with links to what has a page", async () => {
  const it = await busyTeam("entries");
  const page = await open(`/console/audit-log?team=${it.team.id}`, { session: it.session });
  const all = await entriesOf(it);
  await rows(page).first().waitFor();
  assert.equal(await rows(page).count(), all.length);
  await checkAccess(page, "audit-log-filled");

  const changed = page.getByRole("row", { name: /Object changed/ });
  assert.match(await changed.textContent(), /<img src=x onerror=alert\(1\)> \{\{7\*7\}\}.*Olivia Owner.*127\.0\.0\.1/);
  const addressIn = (row) => row.locator("td a").getAttribute("href");
  assert.equal(await addressIn(changed), `/console/objects/${it.hostile.id}?team=${it.team.id}&type=contacts`);
  assert.equal(await addressIn(page.getByRole("row", { name: /Object type created/ })), `/console/object-types/${it.type.id}?team=${it.team.id}`);
  assert.equal(await addressIn(page.getByRole("row", { name: /Webhook created/ })), `/console/webhooks/${it.webhook.id}?team=${it.team.id}`);
  const destroyed = page.getByRole("row", { name: /Object destroyed for good/ });
  assert.equal(await destroyed.locator("td a").count(), 0);
  assert.match(await page.getByRole("row", { name: /Object created/ }).filter({ hasText: FORMULA }).textContent(), /with the token =1\+1, "quoted"/);
  await close(page);
});

test("one entry shows the values side by side, its ids, and the way to others", async () => {
  const it = await busyTeam("detail");
  const page = await open(`/console/audit-log?team=${it.team.id}`, { session: it.session });
  await page.getByRole("row", { name: /Object changed/ }).getByRole("button", { name: /^Details/ }).click();
  const dialog = page.getByRole("dialog", { name: "Object changed" });
  await dialog.waitFor();
  const cells = await dialog.locator("tbody tr > *").allTextContents();
  assert.deepEqual(cells, [`${HOSTILE}notes`, "first\nsecond", `long ${"x".repeat(10_000)}`]);
  await checkAccess(page, "audit-log-entry");
  await page.setViewportSize({ width: 320, height: 640 });
  await checkFits(page, "audit-log-entry at 320 px");
  await page.setViewportSize({ width: 1280, height: 900 });
  const { id, request_id: request } = (await entriesOf(it)).find(({ event }) => event === "updated");
  for (const [label, wanted] of [["object", it.hostile.id], ["request", request], ["entry", id]]) {
    await dialog.getByRole("button", { name: `Copy: Id of the ${label}`, exact: true }).click();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), wanted);
  }
  // The address leads to the entry.
  await page.reload();
  await dialog.waitFor();
  await dialog.getByRole("link", { name: "All entries about this object" }).click();
  await page.getByText("2 entries on this page.").waitFor();
  assert.equal(new URL(page.url()).searchParams.get("subject"), it.hostile.id);
  assert.equal(await page.getByRole("dialog").count(), 0);

  await page.goto(`${page.url()}&event=created&dialog=entry&on=${id}`);
  await page.getByText("It is on another page of the log").waitFor();
  await checkAccess(page, "audit-log-elsewhere");
  await page.getByRole("link", { name: "Go to the latest entries" }).click();
  await page.getByText("entries on this page.").waitFor();
  assert.equal(await page.locator("[data-filter]").count(), 0);
  await close(page);
});

test("refused requests say how many and why", async () => {
  const it = await busyTeam("refused");
  const refused = await fetch(new URL(`/v1/teams/${it.team.id}/webhooks`, scene.url), { headers: { Authorization: `Bearer ${it.token.token}` } });
  assert.equal(refused.status, 403);
  await logged(it, (entries) => entries.some(({ event }) => event === "refused"));
  const page = await open(`/console/audit-log?team=${it.team.id}&event=refused`, { session: it.session });
  const row = page.getByRole("row", { name: /Token refused/ });
  assert.match(await row.textContent(), /At least 1 request: insufficient scope/);
  await row.getByRole("button", { name: /^Details/ }).click();
  await page.getByText("insufficient scope: 1").waitFor();
  await page.getByRole("link", { name: "All entries with this token" }).click();
  await page.getByText("2 entries on this page.").waitFor();
  await close(page);
});

test("each filter of the API is in the address, and each can be taken away", async () => {
  const it = await busyTeam("filters");
  const page = await open(`/console/audit-log?team=${it.team.id}`, { session: it.session });
  await page.getByRole("searchbox", { name: "Text" }).fill("quoted");
  await page.getByLabel("Kind").selectOption("object");
  await page.getByLabel("Event").selectOption("created");
  await page.getByLabel("Person").selectOption({ label: "Olivia Owner" });
  await page.getByText("More filters").click();
  await page.getByLabel("Object type", { exact: true }).selectOption({ label: "Contacts" });
  await page.getByLabel("Token", { exact: true }).fill(it.token.id);
  await page.getByLabel("Subject", { exact: true }).fill(it.formula.id);
  await page.getByLabel("From").fill("2020-01-01T00:00");
  await page.getByLabel("Before").fill("2120-01-01T12:30");
  await page.getByRole("button", { name: "Apply filters" }).click();
  await page.locator("#log-shown", { hasText: "1 entry on this page." }).waitFor();
  await page.locator("#live", { hasText: "1 entry on this page." }).waitFor({ state: "attached" });
  const query = Object.fromEntries(new URL(page.url()).searchParams);
  const { user } = await api(it.session, "GET", "/v1/me");
  const time = (text) => new Date(text).toISOString();
  assert.deepEqual(query, {
    team: it.team.id, q: "quoted", kind: "object", event: "created", user: user.id, object_type: "contacts", token: it.token.id,
    subject: it.formula.id, from: time("2020-01-01T00:00"), to: time("2120-01-01T12:30"),
  });
  await checkAccess(page, "audit-log-filters");

  await page.reload();
  await page.locator("#log-shown", { hasText: "1 entry on this page." }).waitFor();
  assert.equal(await page.getByLabel("Before").inputValue(), "2120-01-01T12:30");
  assert.equal(await page.locator("[data-filter]").count(), 9);
  for (const name of ["subject", "token", "q", "event"]) {
    await page.locator(`[data-filter=${name}]`).click();
    await page.locator(`[data-filter=${name}]`).waitFor({ state: "detached" });
    assert.ok(!new URL(page.url()).searchParams.has(name));
  }
  await page.waitForFunction(() => document.activeElement.id === "log-shown");
  const { data } = await api(it.session, "GET", `/v1/teams/${it.team.id}/audit-logs?kind=object&user=${user.id}`);
  assert.equal(await rows(page).count(), data.length);
  await page.getByRole("button", { name: "Clear all" }).click();
  await page.getByText("More filters").waitFor();
  await page.locator("[data-filter]").first().waitFor({ state: "detached" });
  assert.equal(new URL(page.url()).search, `?team=${it.team.id}`);
  await page.goBack();
  await page.locator("[data-filter=kind]").waitFor();
  await close(page);
});

test("what the API refuses is told at its filter, and nothing that was typed is lost", async () => {
  const it = await busyTeam("faults");
  const page = await open(`/console/audit-log?team=${it.team.id}`, { session: it.session });
  await page.getByText("More filters").click();
  await page.getByLabel("From").fill("2026-01-02T00:00");
  await page.getByLabel("Before").fill("2026-01-01T00:00");
  await page.getByLabel("Subject", { exact: true }).fill("not an id");
  await page.keyboard.press("Enter");
  await page.getByText("The end must come after the start.").waitFor();
  await page.getByText("Send the id of a thing.").waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.id), "filter-subject");
  await checkAccess(page, "audit-log-fault");
  assert.equal(await page.getByLabel("Before").inputValue(), "2026-01-01T00:00");
  assert.ok(await rows(page).count() > 0);

  // An address that was mistyped shows the same, and the way out.
  await page.goto(page.url().replace(/\?.*/, `?team=${it.team.id}&object_type=nosuch&event=invented`));
  await page.getByText("Send one of created").waitFor();
  await page.getByRole("button", { name: "Clear all" }).click();
  await rows(page).first().waitFor();
  await close(page);
});

test("a log without entries says so, and so does one where nothing fits", async () => {
  const { session, team } = await ownerOf("nothing");
  const page = await open("/console/reference", { session });
  let answer = { data: [], next_cursor: null };
  await page.route("**/audit-logs?*", (route) => route.fulfill({ json: answer }));
  await page.goto(page.url().replace(/console.*/, `console/audit-log?team=${team.id}`));
  await page.getByRole("heading", { name: "Nothing is recorded yet" }).waitFor();
  await checkAccess(page, "audit-log-empty");
  await page.getByRole("searchbox", { name: "Text" }).fill("nobody");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "No entry fits" }).waitFor();
  // One answer reads a part of the log: an empty one may have another behind it.
  answer = { data: [], next_cursor: "more" };
  await page.reload();
  await page.getByText("Go to the next page to search on.").waitFor();
  answer = { data: [], next_cursor: null };
  await page.getByRole("link", { name: "Next page" }).click();
  await page.getByText("The log ends here.").waitFor();
  await close(page);
});

/** The cells of a file of CSV (RFC 4180), row by row. */
function parsed(text) {
  const found = [[]];
  for (const [, quoted, end] of text.matchAll(/"((?:[^"]|"")*)"(,|\r\n)/g)) {
    found.at(-1).push(quoted.replaceAll('""', '"'));
    if (end === "\r\n") found.push([]);
  }
  assert.deepEqual(found.pop(), [], "the file ends with the end of a row");
  return found;
}

async function saved(page, press) {
  const [download] = await Promise.all([page.waitForEvent("download"), press()]);
  return { name: download.suggestedFilename(), text: await readFile(await download.path(), "utf8") };
}

test("the export is what is filtered, in one file with one head", async () => {
  const it = await busyTeam("export");
  const page = await open(`/console/audit-log?team=${it.team.id}`, { session: it.session });
  await page.getByRole("button", { name: "Export as CSV" }).click();
  await checkAccess(page, "audit-log-export");
  const file = await saved(page, () => page.getByRole("button", { name: "Export", exact: true }).click());
  assert.match(file.name, /^audit-log-export-\d{4}-\d\d-\d\d\.csv$/);
  const [head, ...lines] = parsed(file.text);
  const all = await entriesOf(it);
  assert.deepEqual(lines.map(([id]) => id), all.map(({ id }) => id));
  await page.getByText(`Done: ${all.length} entries in ${file.name}.`).waitFor();
  await checkAccess(page, "audit-log-export-done");
  const cell = (id, column) => lines.find((line) => line[head.indexOf("subject_id")] === id)[head.indexOf(column)];
  // Names are as the API gives them: commas, quotation marks and markup as they are, formulas disarmed.
  assert.equal(cell(it.formula.id, "subject"), `'${FORMULA}`);
  assert.equal(cell(it.formula.id, "token"), `'${FORMULA}`);
  assert.equal(JSON.parse(cell(it.formula.id, "changes")).notes.new, "=2+2\n\"two\", lines");
  assert.equal(cell(it.hostile.id, "subject"), HOSTILE);
  const again = await saved(page, () => page.getByRole("link", { name: "Save the file again" }).click());
  assert.equal(again.text, file.text);

  await page.goto(page.url().replace(/\?.*/, `?team=${it.team.id}&kind=object&event=deleted&dialog=export`));
  await page.getByRole("dialog").getByText("Event: moved to the trash").waitFor();
  const filtered = await saved(page, () => page.getByRole("button", { name: "Export", exact: true }).click());
  assert.deepEqual(parsed(filtered.text).slice(1).map((line) => line[head.indexOf("subject_id")]), [it.gone.id]);
  await page.goto(page.url().replace(/\?.*/, `?team=${it.team.id}&q=nobody&dialog=export`));
  await page.getByRole("button", { name: "Export", exact: true }).click();
  await page.getByText("No entry fits, so there is nothing to save.").waitFor();
  await close(page);
});

test("an export of several parts is stopped, goes on, survives a failure, and is whole", async () => {
  const it = await ownerOf("parts");
  await api(it.session, "POST", `/v1/teams/${it.team.id}/object-types`, {
    slug: "notes", singular_label: "Note", plural_label: "Notes", fields: ["a", "b", "c", "d"].map((slug) => ({ slug, label: slug, type: "textarea" })),
  });
  // A part has up to 4 MB.
  const text = "line, \"quoted\"\n".repeat(3_300);
  const fields = { a: text, b: text, c: text, d: text };
  await Promise.all(Array.from({ length: 18 }, () => api(it.session, "POST", `/v1/teams/${it.team.id}/objects/notes`, { fields })));
  const all = await logged(it, (entries) => entries.length === 21);
  const page = await open(`/console/audit-log?team=${it.team.id}&dialog=export`, { session: it.session });
  const waits = [];
  let asked = 0;
  await page.route("**/audit-logs/export?cursor=*", (route) => {
    asked += 1;
    // The first time, the second part never comes; the next time, it fails.
    if (asked === 1) return waits.push(route);
    return asked === 2 ? route.fulfill({ status: 503, json: { status: 503, detail: "Try again later." } }) : route.continue();
  });
  await page.getByRole("button", { name: "Export", exact: true }).click();
  await page.getByText(/^Reading: [1-9]\d* entries so far\.$/).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Stop");
  await checkAccess(page, "audit-log-export-reading");
  await page.keyboard.press("Enter");
  await page.getByText(/^Stopped after [1-9]\d* entries\. Nothing is saved yet\.$/).waitFor();
  await page.keyboard.press("Enter");
  await page.getByText("Try again later.").waitFor();
  await page.getByText(/^Interrupted after/).waitFor();
  const file = await saved(page, () => page.getByRole("button", { name: "Go on" }).click());
  const lines = parsed(file.text);
  assert.equal(lines.filter(([id]) => id === "id").length, 1);
  assert.deepEqual(lines.slice(1).map(([id]) => id), all.map(({ id }) => id));
  await page.getByText("Done: 21 entries").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.ok(asked >= 3);
  await close(page);
});

test("a long log has pages, and all of it works by keyboard and on a narrow screen", async () => {
  const it = await ownerOf("pages");
  const at = `/v1/teams/${it.team.id}`;
  await api(it.session, "POST", `${at}/object-types`, {
    slug: "notes", singular_label: "Note", plural_label: "Notes", fields: [{ slug: "text", label: "Text", type: "text" }],
  });
  const operations = Array.from({ length: 60 }, (_, index) => ({ op: "create", fields: { text: `Note ${index}` } }));
  await api(it.session, "POST", `${at}/objects/notes/batch`, { operations });
  const all = await logged(it, (entries) => entries.length === 63);
  const page = await open(`/console/audit-log?team=${it.team.id}`, { session: it.session, viewport: { width: 320, height: 640 } });
  await page.getByText("50 entries on this page; there are more.").waitFor();
  await checkFits(page, "audit-log at 320 px");
  await page.getByRole("link", { name: "Next page" }).focus();
  await page.keyboard.press("Enter");
  await page.getByText("13 entries on this page.").waitFor();
  await page.getByRole("button", { name: "Previous page" }).focus();
  await page.keyboard.press("Enter");
  await page.getByText("50 entries on this page; there are more.").waitFor();

  await page.getByRole("button", { name: /^Details/ }).first().focus();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await checkFits(page, "audit-log-entry at 320 px");
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.match(await page.evaluate(() => document.activeElement.ariaLabel), /^Details/);
  await page.getByText("More filters").focus();
  await page.keyboard.press("Enter");
  await page.getByLabel("From").waitFor();
  await checkFits(page, "audit-log filters at 320 px");
  await page.getByRole("searchbox", { name: "Text" }).focus();
  await page.keyboard.type("sales");
  await page.keyboard.press("Enter");
  await page.locator("#log-shown", { hasText: /^[1-9]\d? entr/ }).waitFor();
  await page.locator("[data-filter=q]").waitFor();
  await checkFits(page, "audit-log chips at 320 px");
  await page.locator("[data-filter=q]").focus();
  await page.keyboard.press("Enter");
  await page.locator("[data-filter=q]").waitFor({ state: "detached" });
  assert.equal(all.length, 63);
  await page.emulateMedia({ forcedColors: "active" });
  await page.getByRole("button", { name: "Export as CSV" }).click();
  await checkFits(page, "audit-log-export at 320 px");
  const looks = await page.getByRole("button", { name: "Export", exact: true }).evaluate((element) => {
    const { color, backgroundColor } = getComputedStyle(element);
    return { color, backgroundColor };
  });
  assert.notEqual(looks.color, looks.backgroundColor);
  await close(page);
});

test("who may not read the log does not get here", async () => {
  const owner = await ownerOf("forbidden");
  const session = await memberOf(owner, "administrator");
  const page = await open(`/console/audit-log?team=${owner.team.id}&dialog=export`, { session });
  const asked = [];
  page.on("request", (request) => { if (request.url().includes("audit-logs")) asked.push(request.url()); });
  await page.reload();
  await page.getByText("Your role in this team does not allow to see this.").waitFor();
  assert.equal(await page.getByRole("link", { name: "Audit log" }).count(), 0);
  assert.equal(await page.getByRole("dialog").count(), 0);
  assert.deepEqual(asked, []);
  await close(page);
});
