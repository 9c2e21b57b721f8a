// Members and invitations.

import assert from "node:assert/strict";
import { test } from "node:test";

import { api, checkAccess, checkFits, close, memberOf, open, ownerOf, sessionOf, setUp, settled } from "./harness.mjs";

setUp();

test("somebody is invited with a link, accepts it, gets another role, and is removed", async () => {
  const { session, team } = await ownerOf("members");
  const page = await open(`/console/members?team=${team.id}`, { session });
  await page.getByRole("row", { name: /Olivia Owner/ }).waitFor();
  await checkAccess(page, "members-one");

  await page.getByRole("button", { name: "Invite somebody" }).click();
  await checkAccess(page, "members-invite");
  await page.getByLabel("E-mail").fill("not an address");
  await page.getByRole("button", { name: "Make the invitation" }).click();
  await page.locator("[data-fault='/email']:not(:empty)").waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.name), "email");
  await checkAccess(page, "members-invite-fault");
  await page.getByLabel("E-mail").fill("grace@members.example");
  await page.getByRole("radio", { name: /^manager/ }).check();
  await page.getByRole("button", { name: "Make the invitation" }).click();
  const link = await page.getByLabel("The link").textContent();
  await page.getByRole("button", { name: "Close" }).click();
  await page.getByRole("row", { name: /grace@members.example/ }).waitFor();

  const grace = await sessionOf("grace@members.example", "Grace");
  const other = await open(link.replace(/^http:\/\/[^/]+/, ""), { session: grace });
  await other.getByRole("button", { name: "Accept the invitation" }).click();
  await other.getByText("You are in the team Sales now.").waitFor();
  assert.ok(!other.url().includes("ea_inv_"));
  await close(other);

  await page.reload();
  await page.getByRole("button", { name: "Change role: Grace" }).click();
  await page.getByRole("radio", { name: /^view only/ }).check();
  await page.getByRole("button", { name: "Change role", exact: true }).last().click();
  await page.getByText("Grace is view only now.").waitFor();
  await checkAccess(page, "members-filled");

  await page.getByRole("button", { name: "Remove: Grace" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Remove", exact: true }).click();
  await page.getByText("Grace is removed.").waitFor();
  const { data } = await api(session, "GET", `/v1/teams/${team.id}/members`);
  assert.equal(data.length, 1);
  await close(page);
});

test("an invitation is withdrawn", async () => {
  const { session, team } = await ownerOf("withdrawn");
  await api(session, "POST", `/v1/teams/${team.id}/invitations`, { email: "a@withdrawn.example", role: "member" });
  const page = await open(`/console/members?team=${team.id}`, { session });
  await page.getByRole("button", { name: "Withdraw: a@withdrawn.example" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Withdraw", exact: true }).click();
  await page.getByText("No invitation is open").waitFor();
  await close(page);
});

test("the last owner is told before anything is tried, and one of two may leave", async () => {
  const owner = await ownerOf("lastowner");
  const path = `/console/members?team=${owner.team.id}`;
  const page = await open(path, { session: owner.session });
  const asked = [];
  page.on("request", (request) => { if (["PATCH", "DELETE"].includes(request.method())) asked.push(request.url()); });
  for (const name of ["Leave the team", "Change role: Olivia Owner"]) {
    await page.getByRole("button", { name }).click();
    await page.getByText("You are the only owner of the team").waitFor();
    await page.getByRole("button", { name: "Close" }).click();
  }
  assert.deepEqual(asked, []);

  const second = await memberOf(owner, "administrator");
  const { data } = await api(owner.session, "GET", `/v1/teams/${owner.team.id}/members`);
  await api(owner.session, "PATCH", `/v1/teams/${owner.team.id}/members/${data.find(({ role }) => role === "administrator").user.id}`, { role: "owner" });
  assert.ok(second);
  await page.getByRole("button", { name: "Leave the team" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Leave the team" }).click();
  await page.getByText("You have left Sales.").waitFor();
  await close(page);
});

test("all of it works by keyboard alone, and on a narrow screen", async () => {
  const { session, team } = await ownerOf("keyboard");
  const page = await open(`/console/members?team=${team.id}`, { session, viewport: { width: 320, height: 640 } });
  await settled(page);
  await checkFits(page, "members at 320 px");
  await page.getByRole("button", { name: "Invite somebody" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await checkFits(page, "members-invite at 320 px");
  await page.keyboard.type("kay@keyboard.example");
  await page.keyboard.press("Enter");
  await page.getByLabel("The link").waitFor();
  await page.keyboard.press("Escape");
  // Nobody has copied it yet.
  await page.getByText("Not copied yet").waitFor();
  await page.keyboard.press("Enter");
  await page.getByText("Copied to the clipboard.").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("row", { name: /kay@keyboard.example/ }).waitFor();
  assert.ok(!(await page.content()).includes("ea_inv_"));
  await close(page);
});
