// The reference: reading the document, and trying its operations.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";

import { api, checkAccess, checkFits, close, memberOf, open, ownerOf, scene, setUp, settled } from "./harness.mjs";

setUp();

const at = (id, team) => `/console/reference/${id}?team=${team.id}`;
const send = (page) => page.getByRole("button", { name: "Send", exact: true });
const answer = (page) => page.getByRole("region", { name: "The answer", exact: true });
const body = async (page) => JSON.parse(await page.getByRole("region", { name: "Body of the answer" }).textContent());

/** What a shell prints that runs a command with a credential in TOKEN. */
function run(command, token) {
  return JSON.parse(execFileSync("sh", ["-c", command], { env: { ...process.env, TOKEN: token, no_proxy: "127.0.0.1" }, encoding: "utf8" }));
}

/** The requests that change something, as they are sent. */
function writesOf(page) {
  const sent = [];
  page.on("request", (request) => { if (request.method() !== "GET") sent.push(request); });
  return sent;
}

test("operations stand in their families and are found by their words, which the address keeps", async () => {
  const { session, team } = await ownerOf("ref-search");
  const page = await open(`/console/reference?team=${team.id}`, { session });
  await page.getByRole("heading", { name: "Audit log", exact: true }).waitFor();
  const document = await (await fetch(`${scene.url}/v1/openapi.json`)).json();
  const count = Object.values(document.paths).flatMap(Object.keys).length;
  const rows = page.locator(".operations li");
  // There are more than fit: each family says how many it has, and one is open.
  const closed = await page.getByRole("link", { name: /^Show \d+ operations? of / }).allTextContents();
  const counted = closed.map((label) => Number(/\d+/.exec(label)[0])).reduce((sum, each) => sum + each, 0);
  assert.ok(closed.length > 0);
  assert.equal((await rows.count()) + counted, count);
  await checkAccess(page, "reference-list");

  await page.getByRole("searchbox").focus();
  await page.keyboard.type("Delete objects object:force");
  await page.locator("#reference-found").getByText("1 operation found.").waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.value), "Delete objects object:force");
  assert.equal(new URL(page.url()).searchParams.get("q"), "Delete objects object:force");
  assert.match(await rows.first().textContent(), /Destroy an object.*object:force-delete/s);
  await page.getByRole("link", { name: /Destroy an object/ }).click();
  await page.getByRole("heading", { level: 1, name: "Destroy an object" }).waitFor();
  await page.goBack();
  await page.locator("#reference-found").getByText("1 operation found.").waitFor();

  await page.getByRole("searchbox").fill("<img src=x onerror=alert(1)> {{7*7}}");
  await page.getByRole("heading", { name: "Nothing is found" }).waitFor();
  await page.getByRole("link", { name: "Show all operations" }).click();
  await page.getByRole("heading", { name: "Audit log", exact: true }).waitFor();
  assert.equal(await page.getByRole("searchbox").inputValue(), "");
  await close(page);
});

test("of more than 100 operations one family is open at a time", async () => {
  const { session, team } = await ownerOf("ref-many");
  const page = await open("/console/members", { session });
  await page.route("**/v1/openapi.json", async (route) => {
    const response = await route.fetch();
    const document = await response.json();
    for (let index = 0; index < 120; index += 1) {
      document.paths[`/v1/more/${index}`] = { get: { operationId: `more.${index}`, summary: `More ${index}`, tags: ["More"], responses: {} } };
    }
    await route.fulfill({ response, json: document });
  });
  await page.goto(`${scene.url}/console/reference?team=${team.id}`);
  await page.getByRole("link", { name: "Show 120 operations of More" }).click();
  await page.getByText("The first 100 of 120. Search for the others.").waitFor();
  assert.equal(await page.locator(".operations li").count(), 100);
  await page.getByRole("searchbox").fill("more.119");
  await page.locator("#reference-found").getByText("1 operation found.").waitFor();
  await close(page);
});

test("each operation opens with all that is in it, and its example has the right shape", async () => {
  const { session, team } = await ownerOf("ref-each");
  const document = await (await fetch(`${scene.url}/v1/openapi.json`)).json();
  const told = new Map(Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => [operation.operationId, { method: method.toUpperCase(), path, ...operation }])));
  const page = await open(`/console/reference?team=${team.id}`, { session });
  await page.locator(".operations a").first().click();
  const seen = new Set();
  for (;;) {
    const id = decodeURIComponent(new URL(page.url()).pathname.split("/").at(-1));
    const operation = told.get(id);
    await page.locator(".operation-head").getByText(`Operation ${id} ·`).waitFor();
    assert.equal(await page.locator("h1").textContent(), operation.summary);
    seen.add(id);
    const { text, twice } = await page.evaluate(openAll);
    assert.deepEqual(twice, [], `${id}: ids that are there twice`);
    assert.doesNotMatch(text, /undefined|\[object|NaN/, id);
    assert.equal(await page.getByRole("alert").filter({ visible: true }).count(), 0, id);
    if (operation.requestBody) await checkExample(page, operation, session, team);
    const next = page.getByRole("link", { name: /^Next: / });
    if (await next.count() === 0) break;
    await next.click();
  }
  assert.deepEqual([...seen].sort(), [...told.keys()].sort());
  await close(page);
});

/** Opens what can be opened, two levels deep, and gives what is then there. It runs in the page. */
async function openAll() {
  for (let level = 0; level < 2; level += 1) {
    for (const details of document.querySelectorAll("#content details:not([open])")) details.open = true;
    // A disclosure is filled by an event that comes later.
    await new Promise((resolve) => { requestAnimationFrame(() => setTimeout(resolve)); });
  }
  const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
  return { text: document.querySelector("#content").textContent, twice: ids.filter((id, index) => ids.indexOf(id) !== index) };
}

/** The API finds no fault in the form of the example. */
async function checkExample(page, { method, path, operationId }, session, team) {
  const area = page.getByRole("textbox", { name: /^Body/ });
  const text = await area.count() ? await area.inputValue() : await page.getByRole("region", { name: "Example of the body" }).textContent();
  const response = await fetch(scene.url + path.replace("{team}", team.id).replaceAll(/\{\w+\}/g, "none"), {
    method, body: text, headers: { "Content-Type": "application/json", Authorization: `Bearer ${session}` },
  });
  const problem = response.ok ? {} : await response.json();
  const faults = (problem.errors ?? []).filter(({ pointer }) => pointer.startsWith("/"));
  assert.ok(problem.code !== "invalid_request" || faults.length === 0, `${operationId}: ${JSON.stringify(problem)}`);
}

test("a reading operation is tried, and the command that is copied does the same", async () => {
  const { session, team } = await ownerOf("ref-get", "<img src=x onerror=alert(1)> {{7*7}}");
  const page = await open(at("teams.read", team), { session });
  assert.equal(await page.getByLabel("team", { exact: true }).inputValue(), team.id);
  await checkAccess(page, "reference-read");
  await send(page).click();
  await answer(page).getByText("200 OK").waitFor();
  assert.equal((await body(page)).name, "<img src=x onerror=alert(1)> {{7*7}}");
  assert.match(await answer(page).textContent(), /Time\d+ ms.*Request id[0-9a-f-]{36}/s);
  await answer(page).getByText(/^Headers/).click();
  assert.match(await page.getByRole("region", { name: "Headers of the answer" }).textContent(), /^etag: "\d+"$/m);
  await checkAccess(page, "reference-tried");

  await page.getByText("Show request").first().click();
  await page.getByRole("button", { name: "Copy", exact: true }).click();
  const command = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(run(command, session).id, team.id);

  await page.getByLabel("If-None-Match").fill('"1"');
  await send(page).click();
  await answer(page).getByText("304 Not modified").waitFor();
  await answer(page).getByText("The answer has no body.").waitFor();

  await page.getByLabel("team", { exact: true }).fill("..");
  await send(page).click();
  await page.locator("[data-fault='/path/team']").getByText("This is no name.").waitFor();
  await page.getByLabel("team", { exact: true }).fill("");
  await send(page).click();
  await page.locator("[data-fault='/path/team']").getByText("Fill this in").waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.name), "path team");
  await close(page);
});

test("a list takes its query as it is filled in, and a long answer is cut", async () => {
  const { session, team } = await ownerOf("ref-query");
  await api(session, "POST", `/v1/teams/${team.id}/object-types`, {
    slug: "deals", singular_label: "Deal", plural_label: "Deals", fields: [{ slug: "amount", label: "Amount", type: "number", searchable: true }],
  });
  for (const amount of ["1", "12345678901234567890.12345"]) {
    const response = await fetch(`${scene.url}/v1/teams/${team.id}/objects/deals`, {
      method: "POST", headers: { Authorization: `Bearer ${session}`, "Content-Type": "application/json" }, body: `{"fields":{"amount":${amount}}}`,
    });
    assert.equal(response.status, 201);
  }
  const page = await open(at("objects.list", team), { session });
  await page.getByLabel("type", { exact: true }).fill("deals");
  await page.getByLabel("filter").fill("filter[amount][gt]");
  await send(page).click();
  await page.locator("[data-fault='/query/filter']").getByText("Each line is a name").waitFor();
  await page.getByLabel("filter").fill("filter[amount][gt]=5\nfilter[amount][lt]=99999999999999999999");
  await page.getByLabel("limit").fill("1");
  await send(page).click();
  await answer(page).getByText("200 OK").waitFor();
  // What no number of a browser can hold is shown as it came.
  assert.match(await page.getByRole("region", { name: "Body of the answer" }).textContent(), /"amount": "?12345678901234567890\.12345\b/);
  await page.getByText("Show request").first().click();
  const command = await page.getByLabel("Request: Send").textContent();
  assert.equal(run(command, session).data.length, 1);

  await page.goto(scene.url + at("discovery.openapi", team));
  await page.getByText("Anybody may call this").waitFor();
  await send(page).click();
  await page.getByText(/^The first 100 KB of [\d.,]+ KB are shown/).waitFor();
  assert.equal((await page.getByRole("region", { name: "Body of the answer" }).textContent()).length, 100_000);
  await page.getByText("Show request").first().click();
  const withoutToken = await page.getByLabel("Request: Send").textContent();
  assert.ok(!withoutToken.includes("Authorization"));
  assert.equal(run(withoutToken, "").openapi, "3.1.0");
  await close(page);
});

test("a changing operation is tried: wrong JSON is not sent, a refusal is told, and what is made is there", async () => {
  const { session, team } = await ownerOf("ref-post");
  const page = await open(at("object-types.create", team), { session });
  const writes = writesOf(page);
  await page.getByText("This is done for real").waitFor();
  const area = page.getByRole("textbox", { name: /^Body/ });
  const example = JSON.parse(await area.inputValue());

  await area.fill('{"slug": "deals",}');
  await send(page).click();
  const fault = page.locator("[data-fault='/body']:not(:empty)");
  await fault.waitFor();
  assert.match(await fault.textContent(), /^This is not JSON\./);
  assert.deepEqual(await page.evaluate(() => [document.activeElement.name, document.activeElement.selectionStart]), ["body", 17]);
  assert.equal(writes.length, 0);
  await checkAccess(page, "reference-fault");

  await area.fill(JSON.stringify({ ...example, slug: "Not A Slug" }));
  await send(page).click();
  await answer(page).getByText("422 Unprocessable content").waitFor();
  await answer(page).locator(".refusal").getByText("/slug").waitFor();
  assert.equal((await body(page)).code, "invalid_data");
  await checkAccess(page, "reference-refused");

  const label = "O'Neil <img src=x onerror=alert(1)>";
  await area.fill(JSON.stringify({ ...example, singular_label: label }, null, 2));
  await page.getByLabel("Idempotency-Key").fill("ref-post-1");
  await send(page).click();
  await answer(page).getByText("201 Created").waitFor();
  assert.equal(writes.at(-1).headers()["idempotency-key"], "ref-post-1");
  const made = await api(session, "GET", `/v1/teams/${team.id}/object-types/${example.slug}`);
  assert.equal(made.singular_label, label);

  // The same key once more, by the command: the first answer again.
  await page.getByText("Show request").first().click();
  assert.equal(run(await page.getByLabel("Request: Send").textContent(), session).id, made.id);

  // What was typed is there on the way back.
  await page.getByRole("link", { name: /^Next: / }).click();
  await page.waitForFunction(() => document.querySelector("h1").textContent !== "Create an object type");
  await page.goBack();
  await page.waitForFunction(() => document.querySelector("h1").textContent === "Create an object type");
  assert.equal(JSON.parse(await area.inputValue()).singular_label, label);
  await page.getByRole("button", { name: "Put the example back" }).click();
  assert.deepEqual(JSON.parse(await area.inputValue()), example);
  await close(page);
});

test("whose role does not allow it cannot send, and a token's own operations come as a command", async () => {
  const owner = await ownerOf("ref-roles");
  const session = await memberOf(owner, "view-only");
  const page = await open(at("object-types.create", owner.team), { session });
  await page.getByText(/Your role in Sales, view only, does not allow this/).waitFor();
  assert.equal(await page.locator("#content [data-operation]").count(), 0);
  await checkAccess(page, "reference-role");

  await page.goto(scene.url + at("object-types.list", owner.team));
  await send(page).click();
  await answer(page).getByText("200 OK").waitFor();
  assert.deepEqual((await body(page)).data, []);

  await page.goto(scene.url + at("teams.remove_member", owner.team));
  await page.getByText(/about yourself alone: your id is usr_/).waitFor();

  await page.goto(scene.url + at("tokens.check", owner.team));
  await page.getByText(/Only a token may ask this, about itself, so that/).waitFor();
  assert.equal(await page.locator("#content [data-operation]").count(), 0);
  await page.goto(scene.url + at("tokens.read_own", owner.team));
  const command = await page.getByRole("region", { name: /^Request: / }).textContent();
  const { token, id } = await api(owner.session, "POST", "/v1/tokens", { name: "Reads itself", permissions: ["object:read"] });
  assert.equal(run(command, token).id, id);
  await close(page);
});

test("schemas lead into themselves as far as somebody looks, and to where they are used", async () => {
  const { session, team } = await ownerOf("ref-schemas");
  const page = await open(at("objects.query", team), { session });
  await page.getByText("What it may be").first().click();
  for (let depth = 0; depth < 4; depth += 1) {
    const tree = page.locator(".schema").first();
    const choices = tree.getByText("What it may be").filter({ visible: true });
    const before = await choices.count();
    await tree.getByText("Members of FilterAll").filter({ visible: true }).last().click();
    // What is inside is made when it is opened.
    await choices.nth(before).waitFor();
    await choices.last().click();
    await tree.getByText("Members of FilterAll").filter({ visible: true }).nth(depth + 1).waitFor();
  }
  assert.equal(await page.getByText("Members of FilterAll").count(), 5);
  await checkAccess(page, "reference-tree");
  await page.setViewportSize({ width: 320, height: 640 });
  await checkFits(page, "a deep tree at 320 px");
  await page.setViewportSize({ width: 1280, height: 900 });

  await page.getByText("Members of FilterCondition").first().click();
  await page.getByRole("link", { name: "FilterOp", exact: true }).first().click();
  await page.getByRole("heading", { level: 1, name: "FilterOp" }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "FilterOp");
  await page.getByRole("listitem").filter({ hasText: "starts_with: It begins so." }).waitFor();
  await page.getByRole("list", { name: "Operations that take it" }).getByRole("link", { name: /Find objects .*\/objects\/\{type\}\/query/ }).waitFor();
  await page.goto(scene.url + at("No-such-thing", team));
  await page.getByRole("heading", { name: "There is no such operation" }).waitFor();
  await close(page);
});

test("a refused credential ends the session only if nothing takes it, and what was typed stays", async () => {
  const { session, team } = await ownerOf("ref-401");
  const page = await open(at("object-types.create", team), { session });
  const problem = { status: 401, contentType: "application/problem+json", body: JSON.stringify({ code: "invalid_token", detail: "No." }) };
  await page.route("**/object-types", (route) => route.fulfill(problem));
  await page.getByRole("textbox", { name: /^Body/ }).fill('{"slug": "typed"}');
  await send(page).click();
  await answer(page).getByText("401 Unauthorized").waitFor();
  await page.route("**/v1/me", (route) => route.fulfill(problem));
  await send(page).click();
  await page.getByText("Your session is over. Sign in again.").waitFor();
  await page.unrouteAll();
  await page.reload();
  await settled(page);
  assert.equal(await page.getByRole("textbox", { name: /^Body/ }).inputValue(), '{"slug": "typed"}');
  await close(page);
});

test("all of it works by keyboard alone, on a narrow screen, and in the colours of the system", async () => {
  const { session, team } = await ownerOf("ref-keys");
  const page = await open(`/console/reference?team=${team.id}`, { session, viewport: { width: 320, height: 640 }, forcedColors: "active" });
  await settled(page);
  await checkFits(page, "reference at 320 px");
  await page.getByRole("searchbox").focus();
  await page.keyboard.type("read a team");
  await page.locator("#reference-found").getByText(/operations? found/).waitFor();
  // What is found follows each letter: the last one counts.
  await page.waitForURL(/q=read\+a\+team/);
  await settled(page);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Read a team" }).waitFor();
  await checkFits(page, "an operation at 320 px");
  await page.getByRole("link", { name: "Try it" }).focus();
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => location.hash === "#try");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.name), "path team");
  await page.keyboard.press("Enter");
  await answer(page).getByText("200 OK").waitFor();
  await checkFits(page, "an answer at 320 px");
  // What only colour told elsewhere has a border here.
  assert.notEqual(await answer(page).locator(".badge").evaluate((badge) => getComputedStyle(badge).borderTopColor), "rgba(0, 0, 0, 0)");
  await close(page);
});
