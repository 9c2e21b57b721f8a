// People press twice, go back at once, lose answers, and change things under each other's feet.

import assert from "node:assert/strict";
import { test } from "node:test";

import { api, close, memberOf, open, ownerOf, scene, sessionOf, setUp, settled } from "./harness.mjs";

setUp();

const TASKS = {
  slug: "tasks", singular_label: "Task", plural_label: "Tasks", item_label_fields: ["title"],
  fields: [{ slug: "title", label: "Title", type: "text", searchable: true }, { slug: "notes", label: "Notes", type: "text" }],
};

/** A team with three tasks: with the paths of its API and of the list of tasks. */
async function teamWithTasks(slug) {
  const owner = await ownerOf(slug);
  const at = `/v1/teams/${owner.team.id}`;
  await api(owner.session, "POST", `${at}/object-types`, TASKS);
  const objects = [];
  for (const title of ["One", "Two", "Three"]) objects.push(await api(owner.session, "POST", `${at}/objects/tasks`, { fields: { title } }));
  return { ...owner, at, objects, list: `/console/objects?team=${owner.team.id}&type=tasks` };
}

test("a double click is one press, whatever stands there afterwards", async () => {
  const { session, at, list } = await teamWithTasks("doubleclick");
  const page = await open(list, { session });
  await settled(page);
  const { x, y } = await page.getByRole("button", { name: "Move to the trash: Three" }).boundingBox();
  await page.mouse.click(x + 5, y + 5);
  await page.getByRole("button", { name: "Move to the trash: Three" }).waitFor({ state: "detached" });
  await page.mouse.click(x + 5, y + 5);
  await page.getByText("Three is in the trash").waitFor();
  assert.equal((await api(session, "GET", `${at}/objects/tasks`)).data.length, 2);
  await close(page);
});

test("the second stroke of a key that opens a form does not send it", async () => {
  const { session, at, list } = await teamWithTasks("enter");
  const page = await open(list, { session });
  await page.getByRole("button", { name: "Create: Task" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Enter");
  await page.getByLabel("Title").fill("Meant");
  await page.keyboard.press("Enter");
  await page.getByText("Meant is created.").waitFor();
  assert.equal((await api(session, "GET", `${at}/objects/tasks`)).data.length, 4);
  await close(page);
});

test("of two dialogs that are asked for while the first is read, the second opens, and alone", async () => {
  const { session, team, at } = await teamWithTasks("slow");
  for (const name of ["Alpha", "Beta"]) await api(session, "POST", `${at}/object-types`, { ...TASKS, slug: name.toLowerCase(), singular_label: name, plural_label: name });
  const page = await open(`/console/tokens?team=${team.id}`, { session });
  for (const name of ["Alpha", "Beta"]) await api(session, "POST", "/v1/tokens", { name, permissions: ["object:read"] });
  await page.reload();
  await settled(page);
  let free;
  const held = new Promise((done) => { free = done; });
  await page.route("**/v1/tokens/tok_*", async (route) => { await held; await route.continue(); });
  await page.getByRole("button", { name: "Edit: Alpha" }).click();
  await page.waitForURL(/dialog=edit/);
  await page.goBack();
  await page.getByRole("button", { name: "Edit: Beta" }).click();
  await page.waitForURL(/dialog=edit/);
  free();
  await page.getByRole("dialog").waitFor();
  assert.equal(await page.getByLabel("Name", { exact: true }).inputValue(), "Beta");
  assert.equal(await page.locator("dialog[open]").count(), 1);
  await close(page);
});

test("an address names no dialog that is none, and none that the role does not allow", async () => {
  const owner = await teamWithTasks("bydialog");
  const page = await open(`/console/tokens?team=${owner.team.id}&dialog=constructor`, { session: owner.session });
  await page.getByRole("button", { name: "Create token" }).click();
  await page.getByRole("dialog").waitFor();
  await close(page);
  const viewer = await memberOf(owner, "view-only");
  const other = await open(`${owner.list}&dialog=create`, { session: viewer });
  await other.getByText("Your role in this team does not allow this.").waitFor();
  assert.equal(await other.locator("dialog[open]").count(), 0);
  await close(other);
});

test("a section that cannot be read is not shown as the one before", async () => {
  const { session, team } = await ownerOf("unread");
  const page = await open(`/console/general?team=${team.id}`, { session });
  await settled(page);
  await page.route("**/members?**", (route) => route.fulfill({ status: 500, json: { code: "internal", detail: "It failed." } }));
  await page.getByRole("link", { name: "Members" }).click();
  await page.getByRole("heading", { level: 1, name: "Members" }).waitFor();
  await page.getByText("It failed.").waitFor();
  await page.unroute("**/members?**");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("button", { name: "Invite somebody" }).waitFor();
  await close(page);
});

test("a role that changes meanwhile changes the page with the next refusal", async () => {
  const owner = await ownerOf("demoted");
  const session = await memberOf(owner, "administrator");
  const page = await open(`/console/general?team=${owner.team.id}`, { session });
  await settled(page);
  const { data } = await api(owner.session, "GET", `/v1/teams/${owner.team.id}/members`);
  const { user } = data.find(({ role }) => role === "administrator");
  await api(owner.session, "PATCH", `/v1/teams/${owner.team.id}/members/${user.id}`, { role: "view-only" });
  await page.getByRole("link", { name: "Members" }).click();
  await page.getByText("Your role: view only").waitFor();
  assert.equal(await page.getByRole("link", { name: "Members" }).count(), 0);
  await api(owner.session, "DELETE", `/v1/teams/${owner.team.id}/members/${user.id}`);
  await page.getByRole("link", { name: "Object types" }).click();
  await page.getByRole("heading", { name: "Begin with a team" }).or(page.getByRole("heading", { name: "You are not in this team" })).waitFor();
  await close(page);
});

test("what was typed is there again after loading anew, for the same person alone, and tells what was changed meanwhile", async () => {
  const { session, team, at, objects, list } = await teamWithTasks("drafts");
  const path = `/console/objects/${objects[0].id}?team=${team.id}&type=tasks&dialog=edit`;
  const page = await open(path);
  await page.evaluate((text) => sessionStorage.setItem("console.session", text), session);
  await page.reload();
  await page.getByLabel("Title").fill("Mine");
  await api(session, "PATCH", `${at}/objects/tasks/${objects[0].id}`, { fields: { title: "Theirs", notes: "Kept" } });
  await page.reload();
  await page.getByText("Somebody else has changed this meanwhile: Title.").waitFor();
  assert.equal(await page.getByLabel("Title").inputValue(), "Mine");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Mine is saved.").waitFor();
  const { fields } = await api(session, "GET", `${at}/objects/tasks/${objects[0].id}`);
  assert.deepEqual([fields.title, fields.notes], ["Mine", "Kept"]);

  await page.goto(`${scene.url}${list}&dialog=create`);
  await page.getByLabel("Title").fill("Private");
  const other = await sessionOf("other@drafts.example");
  await page.evaluate((text) => sessionStorage.setItem("console.session", text), other);
  await page.goto(`${scene.url}/console/tokens`);
  await settled(page);
  assert.ok(!(await page.content()).includes("Private"));
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  await close(page);
});

test("the Escape key asks before what was typed is lost", async () => {
  const { session, list } = await teamWithTasks("escape");
  const page = await open(`${list}&dialog=create`, { session });
  await page.getByLabel("Title").fill("Half");
  await page.keyboard.press("Escape");
  await page.getByText("This is not saved yet.").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await close(page);
});

test("the link of an invitation works for somebody who is in a team already, and for who has to sign in as another", async () => {
  const { session, team } = await ownerOf("inviting");
  const { secret } = await api(session, "POST", `/v1/teams/${team.id}/invitations`, { email: "owner@invited.example", role: "member" });
  const invited = await ownerOf("invited");
  const wrong = await open(`/console/join#${secret}`, { session });
  await wrong.getByText("You are signed in as owner@inviting.example").waitFor();
  await wrong.getByRole("button", { name: "Sign in as somebody else" }).click();
  await wrong.getByLabel("E-mail").waitFor();
  await wrong.end();
  const page = await open(`/console/join#${secret}`, { session: invited.session });
  await page.getByRole("button", { name: "Accept the invitation" }).click();
  await page.getByText("You are in the team Sales now.").waitFor();
  assert.ok(!page.url().includes("ea_inv"));
  await close(page);
});
