// The first steps of somebody who is in no team: a team, an object type, a token for a form.

import assert from "node:assert/strict";
import { test } from "node:test";

import { api, checkAccess, checkFits, close, open, scene, sessionOf, setUp, settled } from "./harness.mjs";

setUp();

async function teamsOf(session) {
  return (await api(session, "GET", "/v1/me")).teams;
}

test("the first team is made from any section, and its token creates a contact", async () => {
  const session = await sessionOf("ada@start.example", "Ada");
  const page = await open("/console/members", { session });
  await page.getByRole("heading", { name: "Begin with a team" }).waitFor();
  await checkAccess(page, "start-section");
  await page.getByRole("button", { name: "Make the team" }).click();
  await page.getByText("Give at least one character.").waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.name), "name");
  await checkAccess(page, "start-fault");
  await page.getByLabel("Name of the team").fill("Café Ørsted & <b>Söhne</b>");
  await page.getByRole("button", { name: "Make the team" }).click();
  await page.getByText("2 permissions chosen").waitFor();
  await page.getByText("The team Café Ørsted & <b>Söhne</b> is made.").waitFor();
  const [team] = await teamsOf(session);
  assert.equal(team.name, "Café Ørsted & <b>Söhne</b>");
  assert.match(team.slug, /^cafe/);
  assert.equal(new URL(page.url()).searchParams.get("team"), team.id);
  assert.ok(await page.getByRole("checkbox", { name: /^Café/ }).isChecked());
  await page.getByRole("dialog").getByRole("button", { name: "Create token" }).click();
  const secret = await page.getByLabel("The token", { exact: true }).textContent();
  await page.getByRole("button", { name: "Close" }).click();
  await page.getByRole("heading", { name: "Form submissions" }).waitFor();
  const made = await fetch(`${scene.url}/v1/teams/${team.id}/objects/contacts`, {
    method: "POST",
    headers: { Authorization: `Bearer ${secret}`, "Content-Type": "application/json" },
    body: JSON.stringify({ fields: { email: "grace@start.example", company: "Navy", newsletter: true } }),
  });
  assert.equal(made.status, 201, await made.text());
  await close(page);
});

test("a step that fails is tried again behind those that were done", async () => {
  const session = await sessionOf("ben@start.example", "Ben");
  const page = await open("/console/tokens", { session });
  await settled(page);
  await checkAccess(page, "start-tokens");
  let lost = true;
  await page.route("**/v1/teams", async (route) => {
    if (!lost || route.request().method() !== "POST") return route.continue();
    lost = false;
    await route.fetch();
    return route.abort();
  });
  const answers = ["refused", "lost"];
  await page.route("**/object-types", async (route) => {
    const answer = answers.shift();
    if (!answer) return route.continue();
    if (answer === "lost") await route.fetch();
    return route.abort();
  });
  await page.getByLabel("Name of the team").focus();
  await page.keyboard.type("Sales");
  for (let turn = 0; turn < 3; turn += 1) {
    const isAnswered = page.waitForEvent("requestfailed");
    await page.keyboard.press("Enter");
    await isAnswered;
    await page.getByText("Check the connection and try again.").waitFor();
    assert.equal(await page.getByLabel("Name of the team").inputValue(), "Sales");
    await page.getByLabel("Name of the team").focus();
  }
  await page.keyboard.press("Enter");
  await page.getByText("2 permissions chosen").waitFor();
  const teams = await teamsOf(session);
  assert.equal(teams.length, 1);
  const { data } = await api(session, "GET", `/v1/teams/${teams[0].id}/object-types`);
  assert.deepEqual(data.map(({ slug }) => slug), ["contacts"]);
  await page.keyboard.press("Escape");
  await page.getByText("No tokens yet").waitFor();
  await close(page);
});

test("somebody without a team sees their tokens, and a narrow window shows all of it", async () => {
  const session = await sessionOf("cid@start.example", "Cid");
  await api(session, "POST", "/v1/tokens", { name: "Early", permissions: ["object:read"] });
  const page = await open("/console/tokens", { session, viewport: { width: 320, height: 640 } });
  await page.getByRole("heading", { name: "Early" }).waitFor();
  await page.getByRole("heading", { name: "Begin with a team" }).waitFor();
  await checkFits(page, "start at 320 px");
  // Without a team a token can do nothing: no button leads to one, and an address says so.
  assert.equal(await page.getByRole("button", { name: "Create token" }).count(), 0);
  await page.goto(`${scene.url}/console/tokens?dialog=create`);
  await page.getByText("You are in no team yet.").waitFor();
  await checkAccess(page, "start-no-team");
  await close(page);
});
