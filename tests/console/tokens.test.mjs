// The person's own tokens: made, shown once, changed, rotated, switched, revoked.

import assert from "node:assert/strict";
import { test } from "node:test";

import { api, checkAccess, close, memberOf, open, ownerOf, scene, setUp } from "./harness.mjs";

setUp();

const SECRET = /ea_pat_\w{40,}/;

/** What a service gets that sends a secret. */
function asked(secret, path = "/v1/token", headers = {}) {
  return fetch(`${scene.url}${path}`, { headers: { Authorization: `Bearer ${secret}`, ...headers } });
}

function makeToken({ session }, more = {}) {
  return api(session, "POST", "/v1/tokens", { name: "Zapier", permissions: ["object:create", "object:update"], ...more });
}

async function tokensOf(session, query = "") {
  return (await api(session, "GET", `/v1/tokens${query}`)).data;
}

/** The secret in the dialog, which is closed then by its button. */
async function takeSecret(page) {
  const secret = await page.getByLabel("The token", { exact: true }).textContent();
  await page.getByRole("button", { name: "Close" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  return secret;
}

/** Fails if a secret is anywhere in what the page keeps. */
async function checkNowhere(page, secret) {
  const kept = await page.evaluate(() => JSON.stringify([
    document.documentElement.outerHTML, location.href, history.state, { ...localStorage }, { ...sessionStorage },
    [...document.querySelectorAll("input, textarea")].map(({ value }) => value), performance.getEntries().map(({ name }) => name),
  ]));
  assert.ok(!kept.includes(secret) && !SECRET.test(kept), "the secret is nowhere");
}

const card = (page, name) => page.locator(".token").filter({ has: page.getByRole("heading", { name, exact: true }) });
const focused = (page) => page.evaluate(() => document.activeElement.dataset.key ?? document.activeElement.name ?? document.activeElement.tagName);

test("the example makes a token that works, and its secret is shown once", async () => {
  const { session, team } = await ownerOf("example");
  const page = await open(`/console/tokens?team=${team.id}`, { session });
  await page.getByText("No tokens yet").waitFor();
  await checkAccess(page, "tokens-empty");
  await page.getByRole("button", { name: "Create this token" }).click();
  await page.getByText("2 permissions chosen").waitFor();
  assert.equal(await page.getByLabel("Name", { exact: true }).inputValue(), "Form submissions");
  assert.ok(await page.getByLabel(/^Sales/).isChecked());
  await checkAccess(page, "tokens-create");
  await page.getByRole("dialog").getByRole("button", { name: "Create token" }).click();
  await page.getByLabel("The token", { exact: true }).waitFor();
  await checkAccess(page, "tokens-secret");
  // Nobody has copied it yet.
  await page.keyboard.press("Escape");
  await page.getByText("Not copied yet").waitFor();
  await page.getByRole("button", { name: "Copy token" }).click();
  await page.getByText("Copied to the clipboard.").waitFor();
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), SECRET);
  const secret = await takeSecret(page);
  await card(page, "Form submissions").waitFor();
  assert.match(await focused(page), /^token tok_/);
  await checkNowhere(page, secret);
  await page.goForward();
  await page.getByText("permissions chosen").waitFor();
  await checkNowhere(page, secret);

  const own = await (await asked(secret)).json();
  assert.deepEqual(own.permissions, ["object:create", "object:update"]);
  assert.deepEqual(own.team_ids, [team.id]);
  const days = (new Date(own.expires_at) - new Date(own.created_at)) / 86_400_000;
  assert.ok(Math.abs(days - 90) < 1);
  await close(page);
});

test("a token with all settings is made by keyboard alone, and faults stand at their fields", async () => {
  const { session, team } = await ownerOf("settings");
  await makeToken({ session });
  const page = await open(`/console/tokens?team=${team.id}`, { session });
  await page.getByRole("button", { name: "Create token" }).focus();
  await page.keyboard.press("Enter");
  await page.getByText("0 permissions chosen").waitFor();
  assert.equal(await focused(page), "name");
  await page.keyboard.type("zapier");
  await page.keyboard.press("Enter");
  await page.getByText("Give at least one permission.").waitFor();
  assert.equal(await focused(page), "permission");
  await page.keyboard.press("Space");
  await page.getByText("1 permission chosen").waitFor();
  await page.getByRole("button", { name: "All of Objects" }).focus();
  await page.keyboard.press("Enter");
  await page.getByText("5 permissions chosen").waitFor();
  await page.getByRole("button", { name: "None of Objects" }).press("Enter");
  await page.getByText("0 permissions chosen").waitFor();
  await page.getByRole("checkbox", { name: /^object:read/ }).press("Space");
  await page.getByLabel("Expires").selectOption("date");
  await page.getByLabel("Advanced").or(page.getByText("Advanced")).press("Enter");
  await page.getByLabel("Requests").fill("many");
  await page.getByLabel("Name", { exact: true }).press("Enter");
  await page.getByText("Give a date and a time.").waitFor();
  await page.getByLabel("Date and time").fill("2099-01-01T10:00");
  await page.getByLabel("Name", { exact: true }).press("Enter");
  await page.getByText("Give a whole number of requests.").waitFor();
  await page.getByLabel("Requests").fill("600");
  await page.getByLabel("per", { exact: true }).selectOption("3600");
  await page.getByLabel("Allowed addresses").fill("127.0.0.0/8\nsomewhere");
  await page.getByLabel(/^Deactivate the token when/).press("Space");
  await page.getByLabel("Name", { exact: true }).fill("Jotform");
  await page.getByLabel("Name", { exact: true }).press("Enter");
  await page.getByText(/^somewhere: /).waitFor();
  assert.equal(await focused(page), "ranges");
  assert.equal(await page.locator("dialog").evaluate((dialog) => dialog.scrollTop), 0, "the dialog itself does not scroll");
  await checkAccess(page, "tokens-create-fault");
  await page.getByLabel("Allowed addresses").fill("127.0.0.0/8, 10.0.0.0/8");
  await page.getByText("Only these").click();
  await page.getByRole("checkbox", { name: /^Sales/ }).press("Space");
  await page.getByLabel("Name", { exact: true }).fill("Zapier");
  await page.getByLabel("Name", { exact: true }).press("Enter");
  await page.locator("[data-fault='/team_ids']:not(:empty)").waitFor();
  await page.getByRole("checkbox", { name: /^Sales/ }).press("Space");
  await page.getByLabel("Name", { exact: true }).press("Enter");
  await page.getByText("You have a token of this name already").waitFor();
  await page.getByLabel("Name", { exact: true }).fill("Jotform");
  await page.getByLabel("Name", { exact: true }).press("Enter");
  await page.getByLabel("The token", { exact: true }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByText("Copied to the clipboard.").waitFor();
  await page.keyboard.press("Escape");
  await card(page, "Jotform").getByText("600 requests per hour").waitFor();
  await card(page, "Jotform").getByText("127.0.0.0/8, 10.0.0.0/8").waitFor();
  await checkAccess(page, "tokens-filled");

  const made = (await tokensOf(session)).find(({ name }) => name === "Jotform");
  assert.deepEqual(made.permissions, ["object:read"]);
  assert.deepEqual(made.team_ids, [team.id]);
  assert.deepEqual(made.allowed_cidrs, ["127.0.0.0/8", "10.0.0.0/8"]);
  assert.deepEqual(made.rate_limit, { limit: 600, window_seconds: 3600 });
  assert.equal(made.on_reuse, "deactivate");
  assert.equal(new Date(made.expires_at).valueOf(), new Date(await page.evaluate(() => new Date("2099-01-01T10:00").toISOString())).valueOf());
  await close(page);
});

test("permissions in the address are chosen, those beyond the role are told, and the next token begins empty", async () => {
  const owner = await ownerOf("linked");
  const session = await memberOf(owner, "view-only");
  const page = await open(`/console/tokens?team=${owner.team.id}&dialog=create&permissions=object:read,team:update,nonsense`, { session });
  await page.getByText("2 permissions chosen").waitFor();
  await page.locator("label", { hasText: "team:update" }).getByText("Your role allows it in none of your teams.").waitFor();
  await page.locator("label", { hasText: "team:import" }).getByText("No part of the API needs it yet.").waitFor();
  await page.getByText("Lets see: All objects,").waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Create token" }).click();
  await page.getByText("0 permissions chosen").waitFor();
  await close(page);
});

test("a token whose answer was lost is made once", async () => {
  const { session, team } = await ownerOf("lost");
  const page = await open(`/console/tokens?team=${team.id}&dialog=create&on=example`, { session });
  await page.getByText("2 permissions chosen").waitFor();
  const bodies = [];
  await page.route("**/v1/tokens", async (route) => {
    if (route.request().method() !== "POST") return route.continue();
    bodies.push(route.request().postData());
    if (bodies.length > 1) return route.continue();
    await route.fetch();
    return route.abort();
  });
  const create = page.getByRole("dialog").getByRole("button", { name: "Create token" });
  await create.click();
  await page.getByText("Check the connection and try again.").waitFor();
  assert.equal(await page.getByLabel("Name", { exact: true }).inputValue(), "Form submissions");
  await create.click();
  const secret = await takeSecret(page);
  assert.equal(bodies.length, 2);
  assert.equal(bodies[0], bodies[1]);
  assert.equal((await tokensOf(session)).length, 1);
  assert.equal((await asked(secret)).status, 200);
  await close(page);
});

test("a token is edited, and who comes second decides", async () => {
  const { session, team } = await ownerOf("edited");
  const { id } = await makeToken({ session }, { description: "Leads", team_ids: [team.id], rate_limit: { limit: 5, window_seconds: 90 } });
  const page = await open(`/console/tokens?team=${team.id}`, { session });
  const patches = [];
  page.on("request", (request) => { if (request.method() === "PATCH") patches.push(JSON.parse(request.postData())); });
  await page.getByRole("button", { name: "Edit: Zapier" }).click();
  assert.equal(await page.getByLabel("per", { exact: true }).locator("option:checked").textContent(), "90 seconds");
  assert.equal(await page.getByLabel("Expires").inputValue(), "");
  await checkAccess(page, "tokens-edit");
  // Nothing has changed, so nothing is sent.
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.deepEqual(patches, []);
  assert.equal(await focused(page), `tokens.update Edit ${id}`);

  await page.keyboard.press("Enter");
  await page.getByLabel("Name", { exact: true }).fill("Make");
  await api(session, "PATCH", `/v1/tokens/${id}`, { description: "Leads of spring", rate_limit: null });
  await page.keyboard.press("Enter");
  await page.getByText("Description: now “Leads of spring”, it was “Leads”").waitFor();
  await page.getByText("Rate limit: now “none”, it was “5 requests per 90 seconds”").waitFor();
  await checkAccess(page, "tokens-edit-conflict");
  await page.getByRole("button", { name: "Save mine all the same" }).click();
  await page.getByText("Make is changed.").waitFor();
  assert.deepEqual(patches.at(-1), { name: "Make" });
  const [token] = await tokensOf(session);
  assert.deepEqual([token.name, token.description, token.rate_limit], ["Make", "Leads of spring", null]);
  await card(page, "Make").getByText("Leads of spring").waitFor();
  assert.equal(await focused(page), `tokens.update Edit ${id}`);

  await page.keyboard.press("Enter");
  await page.getByLabel("Name", { exact: true }).fill("n8n");
  await api(session, "PATCH", `/v1/tokens/${id}`, { name: "Pipedream" });
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Take theirs" }).click();
  assert.equal(await page.getByLabel("Name", { exact: true }).inputValue(), "Pipedream");
  await page.getByLabel("Expires").selectOption("30");
  await page.getByText("All your teams, later ones too").click();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Pipedream is changed.").waitFor();
  assert.deepEqual(Object.keys(patches.at(-1)).sort(), ["expires_at", "team_ids"]);
  assert.equal((await tokensOf(session))[0].team_ids, null);
  await close(page);
});

test("a token gets a new secret: with an overlap, until the first use, and at once", async () => {
  const { session, team } = await ownerOf("rotated");
  const { token: first } = await makeToken({ session });
  const page = await open(`/console/tokens?team=${team.id}`, { session });
  await page.getByRole("button", { name: "Rotate: Zapier" }).focus();
  await page.keyboard.press("Enter");
  await page.getByText("Has the old secret leaked?").waitFor();
  await page.getByRole("button", { name: "Make a new secret" }).press("Enter");
  await page.getByText("Answer this first").waitFor();
  assert.equal(await focused(page), "leaked");
  await page.keyboard.press("Space");
  await page.getByLabel("The old secret works").selectOption("3600");
  await checkAccess(page, "tokens-rotate");
  await page.getByRole("button", { name: "Make a new secret" }).press("Enter");
  await page.getByText("(in 1 hour).").or(page.getByText("(in 60 minutes).")).or(page.getByText("(in 59 minutes).")).waitFor();
  const second = await takeSecret(page);
  await checkNowhere(page, second);
  assert.equal((await asked(first)).status, 200);
  await card(page, "Zapier").getByText(/^New secret .* not used yet; the old one works until/).waitFor();
  await checkAccess(page, "tokens-rotating");
  assert.equal((await asked(second)).status, 200);
  await page.reload();
  await card(page, "Zapier").getByText(/^The replaced secret .* works until/).waitFor();

  await page.getByRole("button", { name: "Rotate: Zapier" }).click();
  await page.getByLabel("No", { exact: false }).first().check();
  await page.getByLabel(/^Or until the new one is first used/).check();
  await page.getByRole("button", { name: "Make a new secret" }).click();
  await page.getByText("or until this one is first used.").waitFor();
  const third = await takeSecret(page);
  assert.equal((await asked(third)).status, 200);
  assert.equal((await asked(second)).status, 401);

  await page.getByRole("button", { name: "Rotate: Zapier" }).click();
  await page.getByLabel(/^Yes, or perhaps/).check();
  await page.getByRole("button", { name: "Make a new secret" }).click();
  await page.getByText("The old secret is refused from now on.").waitFor();
  const fourth = await takeSecret(page);
  assert.equal((await asked(third)).status, 401);
  // A secret that has ended is not brought back, so there is nothing to ask.
  await page.getByRole("button", { name: "Rotate: Zapier" }).click();
  await page.getByText("The new secret that was not used yet").waitFor();
  assert.equal(await page.getByText("Has the old secret leaked?").count(), 0);
  await page.getByRole("button", { name: "Make a new secret" }).click();
  const fifth = await takeSecret(page);
  assert.deepEqual([(await asked(fourth)).status, (await asked(fifth)).status], [401, 200]);
  await close(page);
});

test("a token is switched off with a way back, and on, and keeps the focus", async () => {
  const { session, team } = await ownerOf("switched");
  const { id, token: secret } = await makeToken({ session });
  const page = await open(`/console/tokens?team=${team.id}`, { session });
  await page.getByText("2 permissions, 2 never used").click();
  await page.getByText("Change objects, and restore them from the trash.").waitFor();
  await page.getByRole("button", { name: "Deactivate: Zapier" }).focus();
  await page.keyboard.press("Enter");
  await page.getByText("Zapier is deactivated.").waitFor();
  assert.equal(await focused(page), `tokens.update switch ${id}`);
  // What was open still is.
  await page.getByText("Change objects, and restore them from the trash.").waitFor();
  assert.equal((await asked(secret)).status, 401);
  await checkAccess(page, "tokens-deactivated");
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByText("Zapier is active.").waitFor();
  assert.equal((await asked(secret)).status, 200);
  assert.equal(await focused(page), `tokens.update switch ${id}`);
  await card(page, "Zapier").getByText("Show requests").click();
  await card(page, "Zapier").getByText(`/v1/tokens/${id}/history`).waitFor();
  await card(page, "Zapier").getByText('{"active":false}').waitFor();
  await close(page);
});

test("a token is revoked, and remembered without actions", async () => {
  const { session, team } = await ownerOf("revoked");
  const { id, token: secret } = await makeToken({ session });
  const other = await makeToken({ session }, { name: "Elsewhere" });
  const page = await open(`/console/tokens?team=${team.id}`, { session });
  await page.getByRole("button", { name: "Revoke: Zapier" }).click();
  await page.getByRole("alertdialog").getByText("“Zapier” is refused from the next request on").waitFor();
  await checkAccess(page, "tokens-revoke");
  // The way out has the focus.
  await page.keyboard.press("Enter");
  await page.getByRole("alertdialog").waitFor({ state: "detached" });
  assert.equal(await focused(page), `tokens.revoke Revoke ${id}`);
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Revoke token" }).press("Enter");
  await page.getByText("Zapier is revoked.").waitFor();
  assert.equal(await focused(page), "H1");
  assert.equal((await asked(secret)).status, 401);

  // Revoked elsewhere meanwhile, which is what was asked for.
  await page.getByRole("button", { name: "Revoke: Elsewhere" }).click();
  await page.getByRole("alertdialog").waitFor();
  await api(session, "DELETE", `/v1/tokens/${other.id}`);
  await page.getByRole("button", { name: "Revoke token" }).click();
  await page.getByText("Elsewhere is revoked.").waitFor();
  await page.getByText("No tokens yet").waitFor();
  await page.getByRole("link", { name: "show revoked tokens" }).click();
  await card(page, "Zapier").getByText("Revoked", { exact: true }).first().waitFor();
  assert.equal(await page.getByRole("group", { name: /^Actions for/ }).count(), 0);
  await card(page, "Zapier").getByText("History").click();
  await card(page, "Zapier").locator("li").filter({ hasText: /^Revoked/ }).waitFor();
  await checkAccess(page, "tokens-revoked");
  await close(page);

  const late = await open(`/console/tokens?team=${team.id}&dialog=edit&on=${id}`, { session });
  await late.getByText("There is no such token.").waitFor();
  await close(late);
});
