// The page around the sections: signing in, the address, the menu, the end of a session, and what a window must never do.

import assert from "node:assert/strict";
import { test } from "node:test";

import { api, checkAccess, checkFits, close, memberOf, open, ownerOf, scene, sessionOf, setUp, settled } from "./harness.mjs";

setUp();

/** Signs in by the issuer, as a person does. */
async function signIn(page, email) {
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByLabel("E-mail").fill(email);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(/\/console/);
}

test("a person signs in, comes back to where they were, and signs out", async () => {
  const { team } = await ownerOf("signin");
  const page = await open(`/console/members?team=${team.id}`);
  await page.getByRole("heading", { name: "Settings" }).waitFor();
  await checkAccess(page, "signed-out");
  await signIn(page, "owner@signin.example");
  await page.getByRole("heading", { name: "Members" }).waitFor();
  assert.equal(new URL(page.url()).pathname, "/console/members");
  assert.ok(!page.url().includes("code="));
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.getItem("console.session")), null);
  await close(page);
});

test("the address of the API leads to the console, and an unknown section says so", async () => {
  const { session, team } = await ownerOf("unknown");
  const page = await open("/", { session });
  await settled(page);
  assert.equal(new URL(page.url()).pathname, "/console");
  await page.goto(`${scene.url}/console/nothing?team=${team.id}`);
  await page.getByRole("heading", { name: "There is no such page" }).waitFor();
  await page.goto(`${scene.url}/console/members?team=team_0000000000000000000000`);
  await page.getByRole("heading", { name: "You are not in this team" }).waitFor();
  await close(page);
});

test("the menu, going back and forward, and loading anew keep the place", async () => {
  const { session, team } = await ownerOf("places");
  const page = await open(`/console/general?team=${team.id}`, { session });
  await settled(page);
  await page.getByRole("link", { name: "Members" }).click();
  await page.getByRole("heading", { name: "Members" }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.tagName), "H1");
  await page.getByRole("button", { name: "Invite somebody" }).click();
  await page.getByRole("dialog").waitFor();
  assert.match(page.url(), /dialog=invite/);
  await page.reload();
  await page.getByRole("dialog").waitFor();
  await page.goBack();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.goBack();
  await page.getByRole("heading", { name: "General" }).waitFor();
  await page.goForward();
  await page.getByRole("heading", { name: "Members" }).waitFor();
  await page.goForward();
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.ok(!page.url().includes("dialog"));
  await close(page);
});

test("a dialog that is closed and asked for again at once opens again, and the way back leads out of it", async () => {
  const { session, team } = await ownerOf("at-once");
  await api(session, "POST", "/v1/tokens", { name: "Zapier", permissions: ["object:read"] });
  const page = await open(`/console/tokens?team=${team.id}`, { session });
  const [revoke, cancel] = ["Revoke: Zapier", "Cancel"].map((name) => page.getByRole("button", { name }));
  await revoke.click();
  const opener = await revoke.elementHandle();
  for (let round = 0; round < 10; round += 1) {
    await cancel.waitFor();
    const before = await cancel.elementHandle();
    // In one go, before the browser has told anybody that the first one is closed.
    await page.evaluate(([button, again]) => { button.click(); again.click(); }, [before, opener]);
    await page.waitForFunction((button) => !button.isConnected, before);
  }
  await cancel.waitFor();
  await page.goBack();
  await page.getByRole("alertdialog").waitFor({ state: "detached" });
  assert.equal(new URL(page.url()).searchParams.get("dialog"), null);
  await close(page);
});

test("another team is chosen, and the menu follows the role there", async () => {
  const first = await ownerOf("first", "First");
  const other = await ownerOf("other", "Other");
  const session = await memberOf(first, "view-only", "vera@teams.example");
  const { secret } = await api(other.session, "POST", `/v1/teams/${other.team.id}/invitations`, { email: "vera@teams.example", role: "administrator" });
  await api(session, "POST", "/v1/invitations/accept", { secret });
  const page = await open(`/console/general?team=${first.team.id}`, { session });
  await settled(page);
  assert.equal(await page.getByRole("link", { name: "Members" }).count(), 0);
  await page.getByRole("combobox", { name: "Team" }).selectOption("Other");
  await page.getByRole("link", { name: "Members" }).waitFor();
  assert.match(page.url(), new RegExp(`team=${other.team.id}`));
  await close(page);
});

test("a session that ends in a form leads back to it, with what was typed", async () => {
  const { session, team } = await ownerOf("ended");
  const page = await open(`/console/members?team=${team.id}&dialog=invite`);
  await page.evaluate((text) => sessionStorage.setItem("console.session", text), session);
  await page.reload();
  await page.getByLabel("E-mail").fill("late@ended.example");
  await page.getByRole("radio", { name: /^manager/ }).check();
  await page.evaluate(() => sessionStorage.setItem("console.session", "over"));
  await page.getByRole("button", { name: "Make the invitation" }).click();
  await page.getByText("Your session is over.").waitFor();
  await signIn(page, "owner@ended.example");
  await page.getByRole("dialog").waitFor();
  assert.equal(await page.getByLabel("E-mail").inputValue(), "late@ended.example");
  assert.ok(await page.getByRole("radio", { name: /^manager/ }).isChecked());
  await page.getByRole("button", { name: "Make the invitation" }).click();
  await page.getByLabel("The link").waitFor();
  await close(page);
});

test("what fails is told, and tried again when asked", async () => {
  const { session, team } = await ownerOf("failing");
  const page = await open(`/console/general?team=${team.id}`, { session });
  await settled(page);
  await page.route("**/members?**", (route) => route.abort());
  await page.getByRole("link", { name: "Members" }).click();
  await page.getByText("No answer from").waitFor();
  await page.unroute("**/members?**");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("heading", { name: "Members" }).waitFor();
  await close(page);
});

test("a section of a version that is gone loads the page anew, once", async () => {
  const { session, team } = await ownerOf("version");
  const page = await open(`/console/general?team=${team.id}`, { session });
  await settled(page);
  let loads = 0;
  page.on("load", () => { loads += 1; });
  await page.route("**/members/section.js", (route) => route.fulfill({ status: 404 }));
  await page.getByRole("link", { name: "Members" }).click();
  await page.getByText("This part of the console cannot be loaded.").waitFor();
  assert.equal(loads, 1);
  await close(page);
});

test("each action shows its request, which works as it stands", async () => {
  const { session, team } = await ownerOf("curl");
  const page = await open(`/console/members?team=${team.id}&dialog=invite`, { session });
  await page.getByLabel("E-mail").fill("it's@curl.example");
  await page.getByText("Show request").last().click();
  const text = await page.getByRole("dialog").locator("pre").textContent();
  const { execFileSync } = await import("node:child_process");
  const said = JSON.parse(execFileSync("sh", ["-c", text], { env: { ...process.env, TOKEN: session } }));
  assert.equal(said.email, "it's@curl.example");
  await close(page);
});

test("a window of 320 px, forced colours, and text of twice the size hold the shell", async () => {
  const session = await sessionOf("nobody@narrow.example");
  const { team } = await ownerOf("narrow");
  for (const options of [{ viewport: { width: 320, height: 600 } }, { forcedColors: "active" }, { viewport: { width: 640, height: 450 }, deviceScaleFactor: 2 }]) {
    const page = await open(`/console/members?team=${team.id}`, { session, ...options });
    await settled(page);
    await checkFits(page, JSON.stringify(options));
    await close(page);
  }
});

test("without JavaScript the page says so", async () => {
  const page = await open("/console", { javaScriptEnabled: false });
  await page.locator("noscript p").waitFor();
  await page.end();
});
