// The list of tokens: what a card tells, the history, many tokens, odd names, narrow windows.

import assert from "node:assert/strict";
import { test } from "node:test";

import { api, checkAccess, checkFits, close, memberOf, open, ownerOf, scene, setUp, settled } from "./harness.mjs";

setUp();

const HOSTILE = "<img src=x onerror=alert(1)> {{7*7}} שלום";

function makeToken(session, more = {}) {
  return api(session, "POST", "/v1/tokens", { name: "Zapier", permissions: ["object:create", "object:update"], ...more });
}

function asked(secret, path, headers = {}) {
  return fetch(`${scene.url}${path}`, { headers: { Authorization: `Bearer ${secret}`, ...headers } });
}

test("the history tells of refusals, page by page, and says so when it is empty", async () => {
  const { session, team } = await ownerOf("history");
  const { id, token } = await makeToken(session);
  await asked(token, `/v1/teams/${team.id}/members`, { "User-Agent": HOSTILE.slice(0, 28) });
  const page = await open(`/console/tokens?team=${team.id}`, { session });
  await page.getByText("History", { exact: true }).press("Enter");
  await page.getByText("Refused: it lacks a permission").waitFor();
  await page.getByText("with <img src=x onerror=alert(1)>").first().waitFor();
  await page.locator(".lines li", { hasText: /^Created .*, by you/ }).waitFor();
  await checkAccess(page, "tokens-history");
  await page.getByText("History", { exact: true }).press("Enter");

  for (let turn = 0; turn < 25; turn += 1) await api(session, "PATCH", `/v1/tokens/${id}`, { active: turn % 2 === 1 });
  const more = page.getByRole("button", { name: "Show more" });
  const place = () => page.evaluate(() => [...document.querySelectorAll(".lines > li")].indexOf(document.activeElement));
  await page.getByText("History", { exact: true }).press("Enter");
  await page.getByText("20 lines shown; kept for 90 days.").waitFor();
  await more.press("Enter");
  await page.locator(".lines li", { hasText: /^Created / }).waitFor();
  assert.equal(await place(), 20);
  assert.equal(await more.count(), 0);

  // However long it is, no more than 100 lines stand there.
  const entries = Array.from({ length: 20 }, () => ({ event: "rotated", at: "2026-01-02T11:00:00Z" }));
  await page.route("**/history?*", (route) => route.fulfill({ json: { data: entries, next_cursor: "more" } }));
  await page.reload();
  await page.getByText("History", { exact: true }).press("Enter");
  for (const count of [40, 60, 80, 100, 20]) {
    await more.press("Enter");
    await page.getByText(`${count} lines shown`).waitFor();
    assert.equal(await place(), count - 20);
  }
  await page.unroute("**/history?*");

  await page.route("**/history?*", (route) => route.fulfill({ json: { data: [], next_cursor: null } }));
  await page.reload();
  await page.getByText("History", { exact: true }).click();
  await page.getByText("Nothing has happened in the last 90 days.").waitFor();
  await page.unroute("**/history?*");
  const refusals = { event: "refused", reason: "a_new_reason", count: 12, first_at: "2026-01-02T10:00:00Z", at: "2026-01-02T11:00:00Z" };
  await page.route("**/history?*", (route) => route.fulfill({ json: { data: [refusals], next_cursor: null } }));
  await page.reload();
  await page.getByText("History", { exact: true }).click();
  await page.locator(".lines li", { hasText: /Refused at least 12 times: a new reason .*, first on 2 January 2026/ }).waitFor();
  await page.unroute("**/history?*");
  await page.route("**/history?*", (route) => route.abort());
  await page.reload();
  await page.getByText("History", { exact: true }).click();
  await page.getByText("The history could not be read.").waitFor();
  await checkAccess(page, "tokens-history-fault");
  await page.unroute("**/history?*");
  await page.getByRole("list", { name: "Your tokens" }).getByRole("button", { name: "Try again" }).click();
  await page.getByText("20 lines shown").waitFor();
  await close(page);
});

test("a card tells what was used, where it is blocked, and when it ends", async () => {
  const owner = await ownerOf("told");
  const session = await memberOf(owner, "administrator");
  const { id, token } = await makeToken(session, {
    permissions: ["team:manage-members", "object:read"], expires_at: new Date(Date.now() + 3 * 86_400_000).toISOString(),
  });
  assert.equal((await asked(token, `/v1/teams/${owner.team.id}/members`)).status, 200);
  await api(owner.session, "DELETE", `/v1/teams/${owner.team.id}/tokens/${id}`);
  const page = await open(`/console/tokens?team=${owner.team.id}`, { session });
  await page.getByText("Sales, by an owner").waitFor();
  await page.getByText("(in 3 days)").waitFor();
  await page.getByText(", from 127.0.0.1").waitFor();
  await page.getByText("2 permissions, 1 never used").press("Enter");
  await page.getByRole("heading", { name: "Used", exact: true }).waitFor();
  await page.getByText("What the service does not need it should not have").waitFor();
  await page.getByText("History", { exact: true }).click();
  await page.getByText("Blocked in Sales").waitFor();
  await page.locator("li", { hasText: /^Blocked in Sales.*by an owner/ }).waitFor();
  await checkAccess(page, "tokens-told");
  await close(page);
});

test("500 tokens are shown 50 at a time, and filtered", async () => {
  const { session, team } = await ownerOf("many");
  const names = Array.from({ length: 500 }, (_, index) => `Token ${String(index).padStart(3, "0")}`);
  const made = [];
  await Promise.all(Array.from({ length: 8 }, async () => {
    while (names.length > 0) made.push(await makeToken(session, { name: names.pop() }));
  }));
  const off = made.slice(0, 60);
  await Promise.all(Array.from({ length: 8 }, async () => {
    while (off.length > 0) await api(session, "PATCH", `/v1/tokens/${off.pop().id}`, { active: false });
  }));
  const page = await open(`/console/tokens?team=${team.id}`, { session });
  const seen = new Set();
  const cards = page.locator(".token");
  for (let turn = 0; ; turn += 1) {
    await settled(page);
    assert.equal(await cards.count(), 50);
    for (const name of await page.locator(".token h2").allTextContents()) seen.add(name);
    if (turn === 9) break;
    const first = await page.locator(".token").first().getAttribute("data-token");
    await page.getByRole("link", { name: "Next page" }).press("Enter");
    await page.waitForFunction((id) => document.querySelector(".token")?.dataset.token !== id, first);
  }
  assert.equal(seen.size, 500);
  await page.getByRole("link", { name: "First page" }).click();
  await page.getByRole("link", { name: "First page" }).waitFor({ state: "detached" });

  await page.getByLabel("Show", { exact: true }).selectOption("inactive");
  await page.locator(".token[data-status=active]").first().waitFor({ state: "detached" });
  assert.equal(await cards.count(), 50);
  await page.getByRole("link", { name: "Next page" }).click();
  await page.getByText("10 tokens shown.").waitFor();
  assert.equal(await cards.count(), 10);
  assert.equal(await page.locator(".token[data-status=inactive]").count(), 10);
  await page.reload();
  await cards.first().waitFor();
  assert.equal(await page.getByLabel("Show", { exact: true }).inputValue(), "inactive");
  // One that is not on the page is shown alone.
  await page.getByRole("button", { name: "Create token" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Zapier");
  await page.getByRole("checkbox", { name: /^object:read/ }).check();
  await page.getByLabel("Name", { exact: true }).press("Enter");
  // Nobody has more than 500.
  await page.getByRole("dialog").getByText("500").waitFor();
  await api(session, "DELETE", `/v1/tokens/${made.at(-1).id}`);
  await page.getByLabel("Name", { exact: true }).press("Enter");
  await page.getByLabel("The token", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Close" }).click();
  await page.waitForFunction(() => document.activeElement.textContent === "Zapier");
  assert.equal(await cards.count(), 1);
  await page.getByRole("button", { name: "Revoke: Zapier" }).click();
  await page.getByRole("button", { name: "Revoke token" }).click();
  await page.getByText("You have no such token, or it is revoked.").waitFor();
  await page.goBack();
  await cards.nth(9).waitFor();
  await page.getByLabel("Show", { exact: true }).selectOption("expired");
  await page.getByText("None of your tokens is in this state.").waitFor();
  await page.goBack();
  await cards.first().waitFor();
  assert.equal(await page.getByLabel("Show", { exact: true }).inputValue(), "inactive");
  await close(page);
});

test("odd names are text, and all of it fits a narrow window and forced colours", async () => {
  const { session, team } = await ownerOf("narrow", HOSTILE);
  await makeToken(session, {
    name: HOSTILE, description: "w".repeat(1000), team_ids: [team.id], allowed_cidrs: ["2001:db8:aaaa:bbbb::/64", "192.0.2.0/24"],
    rate_limit: { limit: 1000000, window_seconds: 86400 }, on_reuse: "deactivate",
  });
  await makeToken(session, { name: "w".repeat(100) });
  const page = await open(`/console/tokens?team=${team.id}`, { session, viewport: { width: 320, height: 640 } });
  await page.getByRole("heading", { name: HOSTILE }).waitFor();
  assert.equal(await page.locator("#content img").count(), 0);
  for (const text of ["History", "Show requests"]) await page.getByText(text, { exact: true }).first().click();
  await page.getByText("line shown").or(page.getByText("lines shown")).first().waitFor();
  await checkFits(page, "tokens at 320 px");
  await checkAccess(page, "tokens-narrow");
  for (const name of [`Edit: ${HOSTILE}`, `Rotate: ${HOSTILE}`, `Revoke: ${HOSTILE}`, "Create token"]) {
    await page.getByRole("button", { name }).click();
    await page.locator("dialog").waitFor();
    await checkFits(page, `${name} at 320 px`);
    await checkAccess(page, `tokens-narrow-${name.split(/[ :]/)[0].toLowerCase()}`);
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.locator("dialog").waitFor({ state: "detached" });
  }
  await close(page);

  const forced = await open(`/console/tokens?team=${team.id}`, { session, forcedColors: "active" });
  await forced.getByRole("heading", { name: HOSTILE }).waitFor();
  const edges = await forced.locator(".token .badge").first().evaluate((element) => getComputedStyle(element).borderTopStyle);
  assert.equal(edges, "solid");
  const unreadable = await forced.evaluate(() => [...document.querySelectorAll("#content button, #content .badge")].filter((element) => {
    const { color, backgroundColor } = getComputedStyle(element);
    return color === backgroundColor;
  }).map(({ textContent }) => textContent));
  assert.deepEqual(unreadable, []);
  await forced.getByRole("button", { name: `Rotate: ${HOSTILE}` }).press("Enter");
  await forced.getByText("Has the old secret leaked?").waitFor();
  await close(forced);
});
