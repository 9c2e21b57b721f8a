// The team as a whole, the tokens that reach it, and the page behind the link of an invitation.

import assert from "node:assert/strict";
import { test } from "node:test";

import { api, checkAccess, checkFits, close, memberOf, open, ownerOf, sessionOf, setUp, settled } from "./harness.mjs";

setUp();

const HOSTILE = `<img src=x onerror=alert(1)> {{7*7}} ${"long".repeat(15)}`;
const LIFE = "Longest life of a token, in days";
const KEPT = "Days that the audit log is kept";

const teamOf = ({ session, team }) => api(session, "GET", `/v1/teams/${team.id}`);

async function openGeneral({ session, team }, options) {
  const page = await open(`/console/general?team=${team.id}`, { session, ...options });
  await settled(page);
  return page;
}

/** Waits for the notice, and takes it away, so that the next one is not mistaken for it. */
async function told(page, text) {
  await page.locator("#notice", { hasText: text }).waitFor();
  await page.getByRole("button", { name: "Dismiss this notice" }).click();
}

/** A member's token that reaches the team. */
async function tokenOf(owner, name, more) {
  const session = await memberOf(owner, "member");
  return api(session, "POST", "/v1/tokens", { name, permissions: ["object:create", "object:read"], ...more });
}

test("an owner renames the team and sets its limits; a wrong number is told at its field", async () => {
  const owner = await ownerOf("general");
  const page = await openGeneral(owner);
  await page.getByText("No member has a token that reaches the team.").waitFor();
  await checkAccess(page, "general-empty");

  await page.getByLabel("Name").fill(HOSTILE);
  await page.getByLabel(LIFE).fill("a week");
  await page.getByRole("button", { name: "Save" }).click();
  await page.locator("[data-fault='/token_lifetime_days_max']", { hasText: "Give a whole number of days." }).waitFor();
  await page.getByLabel(LIFE).fill("4000");
  await page.getByLabel(KEPT).fill("6");
  await page.getByRole("button", { name: "Save" }).click();
  await page.locator("[data-fault='/token_lifetime_days_max']", { hasText: "Give whole days from 1 to 3650" }).waitFor();
  await page.locator("[data-fault='/audit_log_days']", { hasText: "Give whole days from 7 to 3650." }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.name), "token_lifetime_days_max");
  assert.equal(await page.getByLabel("Name").inputValue(), HOSTILE);
  await checkAccess(page, "general-fault");
  assert.equal((await teamOf(owner)).version, 1);

  await page.getByLabel(LIFE).fill("90");
  await page.getByLabel(KEPT).fill("30");
  await page.getByRole("button", { name: "Save" }).click();
  await told(page, "Saved.");
  const { name, token_lifetime_days_max: days, audit_log_days: kept } = await teamOf(owner);
  assert.deepEqual([name, days, kept], [HOSTILE, 90, 30]);
  assert.equal(await page.locator("#team option:checked").textContent(), HOSTILE);
  await page.getByLabel(LIFE).fill("");
  await page.getByRole("button", { name: "Save" }).click();
  await told(page, "Saved.");
  assert.equal((await teamOf(owner)).token_lifetime_days_max, null);
  await page.getByRole("button", { name: "Save" }).click();
  await told(page, "Nothing has changed.");
  await close(page);
});

test("an administrator renames and sees the limits as facts; a viewer sees facts alone", async () => {
  const owner = await ownerOf("roles");
  await api(owner.session, "PATCH", `/v1/teams/${owner.team.id}`, { token_lifetime_days_max: 1 });
  const administrator = await openGeneral({ ...owner, session: await memberOf(owner, "administrator") });
  await administrator.getByLabel("Name").fill("Marketing");
  assert.equal(await administrator.getByLabel(LIFE).count() + await administrator.getByLabel(KEPT).count(), 0);
  assert.equal(await administrator.getByRole("heading", { name: "Tokens that reach the team" }).count(), 0);
  await administrator.getByRole("button", { name: "Save" }).click();
  await told(administrator, "Saved.");
  assert.equal((await teamOf(owner)).name, "Marketing");
  assert.deepEqual(await administrator.locator(".facts dd").allTextContents(), ["At most 1 day", "Kept for 90 days"]);
  await checkAccess(administrator, "general-administrator");
  await close(administrator);

  const viewer = await openGeneral({ ...owner, session: await memberOf(owner, "view-only") });
  assert.deepEqual(await viewer.locator(".facts dd").allTextContents(), ["Marketing", "At most 1 day", "Kept for 90 days"]);
  assert.equal(await viewer.locator("#content input, #content button").count(), 0);
  await checkAccess(viewer, "general-viewer");
  await close(viewer);
});

test("a token is blocked after a question, and the block is undone in two ways", async () => {
  const owner = await ownerOf("block");
  const name = HOSTILE.slice(0, 100);
  const { id } = await tokenOf(owner, name, { allowed_cidrs: ["192.0.2.0/24"] });
  const page = await openGeneral(owner);
  const isBlocked = async () => (await api(owner.session, "GET", `/v1/teams/${owner.team.id}/tokens`)).data[0].blocked;
  await page.getByRole("row").filter({ hasText: "Only from 192.0.2.0/24" }).getByText("2 permissions").click();
  await page.getByText("object:create, object:read").waitFor();
  await page.getByRole("button", { name: `Block: ${name}` }).click();
  const question = page.getByRole("alertdialog", { name: `Block ${name}?` });
  await question.waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Cancel");
  assert.equal(new URL(page.url()).searchParams.get("on"), id);
  await checkAccess(page, "general-block");
  await page.keyboard.press("Escape");
  await question.waitFor({ state: "detached" });
  assert.equal(await isBlocked(), false);

  const block = async () => {
    await page.getByRole("button", { name: `Block: ${name}` }).click();
    await question.getByRole("button", { name: "Block token" }).click();
    await page.locator("#notice", { hasText: "is blocked in this team." }).waitFor();
    assert.equal(await isBlocked(), true);
  };
  await block();
  await checkAccess(page, "general-blocked");
  await page.locator("#notice").getByRole("button", { name: "Undo", exact: true }).click();
  await page.getByRole("button", { name: `Block: ${name}` }).waitFor();
  assert.equal(await isBlocked(), false);
  await block();
  await page.getByRole("button", { name: `Undo the block: ${name}` }).click();
  await page.getByText("is not blocked any more.").waitFor();
  assert.equal(await isBlocked(), false);

  // The address of a question about a token that is gone.
  await page.goto(page.url().replace(/&.*|$/, "&dialog=block&on=tok_0000000000000000000000"));
  await page.getByText("This token does not reach the team any more.").waitFor();
  await close(page);
});

test("what is typed is still there when something else changes, until it is discarded", async () => {
  const owner = await ownerOf("typed");
  await tokenOf(owner, "Zapier");
  const page = await openGeneral(owner);
  assert.ok(await page.getByRole("button", { name: "Discard what is typed" }).isHidden());
  await page.getByLabel("Name").fill("Half a na");
  await page.getByRole("button", { name: "Block: Zapier" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Block token" }).click();
  await page.getByText("Zapier is blocked in this team.").waitFor();
  assert.equal(await page.getByLabel("Name").inputValue(), "Half a na");
  await page.getByRole("link", { name: "Members" }).click();
  await page.getByRole("heading", { name: "Members", level: 1 }).waitFor();
  await page.goBack();
  await page.getByLabel("Name").waitFor();
  assert.equal(await page.getByLabel("Name").inputValue(), "Half a na");
  await page.getByRole("button", { name: "Discard what is typed" }).click();
  assert.equal(await page.getByLabel("Name").inputValue(), "Sales");
  assert.equal(await page.evaluate(() => document.activeElement.name), "name");
  assert.ok(await page.getByRole("button", { name: "Discard what is typed" }).isHidden());
  await close(page);
});

test("of two tabs, the second is told, and takes theirs or saves all the same", async () => {
  const owner = await ownerOf("tabs");
  const [first, second] = [await openGeneral(owner), await openGeneral(owner)];
  const save = async (page, name) => {
    await page.getByLabel("Name").fill(name);
    await page.getByRole("button", { name: "Save", exact: true }).click();
  };
  await save(first, "First");
  await told(first, "Saved.");
  await save(second, "Second");
  const note = second.getByRole("alert").filter({ hasText: "Somebody else has changed this meanwhile." });
  await note.getByText("Name: now “First”, it was “Sales”").waitFor();
  await checkAccess(second, "general-conflict");
  assert.equal(await second.getByLabel("Name").inputValue(), "Second");
  await note.getByRole("button", { name: "Take theirs" }).click();
  assert.equal(await second.getByLabel("Name").inputValue(), "First");
  assert.equal((await teamOf(owner)).name, "First");

  await save(first, "Third");
  await told(first, "Saved.");
  await second.getByLabel(LIFE).fill("30");
  await save(second, "Fourth");
  // What was taken is not told again.
  await note.getByText("Name: now “Third”, it was “First”").waitFor();
  await note.getByRole("button", { name: "Save mine all the same" }).click();
  await told(second, "Saved.");
  const { name, token_lifetime_days_max: days } = await teamOf(owner);
  assert.deepEqual([name, days], ["Fourth", 30]);
  await close(first);
  await close(second);
});

test("all of it works by keyboard alone, on a narrow screen, and in forced colours", async () => {
  const owner = await ownerOf("generalkeys", HOSTILE);
  // A token without an end would be shut out by the limit.
  await tokenOf(owner, "Zapier", { expires_at: new Date(Date.now() + 30 * 86_400_000).toISOString() });
  const page = await openGeneral(owner, { viewport: { width: 320, height: 640 }, forcedColors: "active" });
  await checkFits(page, "general at 320 px");
  await page.getByLabel("Name").focus();
  await page.keyboard.press("Control+A");
  await page.keyboard.type("Keys");
  await page.keyboard.press("Tab");
  await page.keyboard.type("365");
  await checkFits(page, "general typed at 320 px");
  await page.keyboard.press("Enter");
  await page.locator("#notice", { hasText: "Saved." }).waitFor();
  assert.equal((await teamOf(owner)).token_lifetime_days_max, 365);
  assert.equal(await page.evaluate(() => document.activeElement.name), "token_lifetime_days_max");
  await page.getByRole("button", { name: "Block: Zapier" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("alertdialog").waitFor();
  await checkFits(page, "general-block at 320 px");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByText("Zapier is blocked in this team.").waitFor();
  await page.getByRole("button", { name: "Undo", exact: true }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Block: Zapier" }).waitFor();
  await close(page);
});

test("the link of an invitation: not whole, of somebody else, and at last the right one", async () => {
  const owner = await ownerOf("join");
  const { secret } = await api(owner.session, "POST", `/v1/teams/${owner.team.id}/invitations`, { email: "grace@join.example", role: "manager" });
  const stranger = await open(`/console/join#${secret}`, { session: await sessionOf("stranger@join.example") });
  await stranger.getByRole("button", { name: "Accept the invitation" }).click();
  await stranger.getByText("There is no such open invitation for your e-mail address.").waitFor();
  await checkAccess(stranger, "join-fault");
  await close(stranger);

  const grace = await sessionOf("grace@join.example", "Grace");
  const page = await open("/console/join", { session: grace, viewport: { width: 320, height: 640 } });
  await page.getByText("This link is not whole.").waitFor();
  await checkAccess(page, "join-empty");
  // Pasted into the same tab, the whole link changes the fragment alone.
  await page.evaluate((text) => { location.hash = text; }, secret);
  const accept = page.getByRole("button", { name: "Accept the invitation" });
  await accept.waitFor();
  await checkFits(page, "join at 320 px");
  await checkAccess(page, "join-filled");
  await accept.focus();
  await page.keyboard.press("Enter");
  await page.getByText("You are in the team Sales now.").waitFor();
  const { teams } = await api(grace, "GET", "/v1/me");
  assert.deepEqual(teams.map(({ id, role }) => [id, role]), [[owner.team.id, "manager"]]);
  assert.ok(!page.url().includes("ea_inv_"));
  await close(page);
});
