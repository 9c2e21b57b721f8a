// Fields of objects that hold files: shown as pictures and names, filled in a form that sends them, and told when one is gone.

import assert from "node:assert/strict";
import { test } from "node:test";

import { bringTo, choose, holdBack, png, uploadOf, uploadsOf } from "./files.mjs";
import { api, checkAccess, checkFits, close, eventually, open, ownerOf, readUntil, scene, setUp, settled } from "./harness.mjs";

setUp();

const HOUSES = {
  slug: "houses", singular_label: "House", plural_label: "Houses", item_label_fields: ["name"], fields: [
    { slug: "name", label: "Name", type: "text", required: "always", searchable: true },
    { slug: "photos", label: "Photos", type: "image" },
    { slug: "papers", label: "Papers", type: "file" },
  ],
};

/** A team with the type of houses, and one house with a picture and a paper. */
async function houseOf(slug) {
  const owner = await ownerOf(slug);
  const { session, team } = owner;
  const base = `/v1/teams/${team.id}`;
  await api(session, "POST", `${base}/object-types`, HOUSES);
  const photo = await uploadOf(session, team, "front.png", png(80, 60));
  const paper = await uploadOf(session, team, "<b>plan<b>.txt", "A plan.");
  const house = await api(session, "POST", `${base}/objects/houses`, { fields: { name: "Mill", photos: [photo.id], papers: [paper.id] } });
  const read = () => api(session, "GET", `${base}/objects/houses/${house.id}`);
  const list = `/console/objects?team=${team.id}&type=houses`;
  return { ...owner, base, house, photo, paper, read, list, path: list.replace("objects?", `objects/${house.id}?`) };
}

const held = (page, label) => page.getByRole("list", { name: label });
const group = (page, label) => page.getByRole("dialog").getByRole("group", { name: new RegExp(`^${label}`) });

test("a table names files with one call, the page of an object draws pictures, and what is gone is told", async () => {
  const { session, base, photo, list, path } = await houseOf("shown-files");
  const page = await open(list, { session });
  const asked = [];
  page.on("request", (request) => { if (/\/v1\/.*\/uploads/.test(request.url())) asked.push(request.url()); });
  await page.reload();
  await page.getByRole("row", { name: /Mill/ }).getByText("front.png").waitFor();
  await page.getByRole("row", { name: /Mill/ }).getByText("<b>plan<b>.txt").waitFor();
  const filter = JSON.stringify([{ field: "name", op: "eq", value: "Mill" }]);
  await page.goto(`${scene.url}${list}&filter=${encodeURIComponent(filter)}`);
  await page.getByRole("row", { name: /Mill/ }).getByText("front.png").waitFor();
  assert.deepEqual(asked, []);
  await checkAccess(page, "objects-files");
  await page.getByRole("link", { name: "Mill" }).click();
  await page.waitForFunction(() => document.querySelector(".held-files img")?.naturalWidth === 80);
  await held(page, "Photos").getByRole("img", { name: "front.png" }).waitFor();
  await held(page, "Papers").getByText("7 bytes").waitFor();
  assert.equal(await held(page, "Papers").locator("img, b").count(), 0);
  await checkAccess(page, "object-files");
  await page.setViewportSize({ width: 320, height: 640 });
  await checkFits(page, "object-files at 320 px");
  await held(page, "Papers").getByRole("link").click();
  await page.getByRole("heading", { name: "<b>plan<b>.txt" }).waitFor();

  await api(session, "DELETE", `${base}/uploads/${photo.id}/force`);
  await page.goto(`${scene.url}${path}`);
  await held(page, "Photos").getByText("This file is gone.").waitFor();
  await checkAccess(page, "object-files-gone");
  await page.goto(`${scene.url}${list}`);
  await page.getByRole("row", { name: /Mill/ }).getByText("a file that is gone").waitFor();
  await close(page);
});

test("files are added and removed in the form of an object, by keyboard too", async () => {
  const { session, team, path, read } = await houseOf("changed-files");
  const page = await open(`${path}&dialog=edit`, { session });
  const photos = group(page, "Photos");
  await photos.getByText("front.png").waitFor();
  await group(page, "Papers").getByText("<b>plan<b>.txt").waitFor();
  await checkAccess(page, "object-files-edit");
  const add = photos.getByRole("button", { name: "Add a file: Photos" });
  await choose(page, async () => { await add.focus(); await page.keyboard.press("Enter"); }, ["back.png", png(8, 8)], ["fake.png", "<!doctype html>"], ["run.exe", "x"]);
  await photos.getByRole("button", { name: "Remove: back.png" }).waitFor();
  await photos.getByText("What is in it is not what its name says.").waitFor();
  await photos.getByText("Files with this extension are not taken").waitFor();
  await checkAccess(page, "object-files-fault");
  await photos.getByRole("button", { name: "Remove: front.png" }).focus();
  await page.keyboard.press("Enter");
  await photos.getByText("front.png").waitFor({ state: "detached" });
  assert.equal(await page.evaluate(() => document.activeElement.ariaLabel), "Remove: back.png");
  await group(page, "Papers").getByRole("button", { name: /^Remove/ }).click();
  assert.match(await page.evaluate(() => document.activeElement.ariaLabel), /^Add a file: Papers/);
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await page.getByText("Mill is saved.").waitFor();
  const { "back.png": back } = await uploadsOf(session, team);
  const { fields } = await read();
  assert.deepEqual([fields.photos, fields.papers], [[back.id], null]);
  await readUntil(page, page.locator(".history > li").first(), /Photos: .* → back\.png/);
  await held(page, "Photos").getByRole("img", { name: "back.png" }).waitFor();
  await close(page);
});

test("an object is made with a file; what the API has against one stands at it, and a file on its way is waited for", async () => {
  const { session, team, base, list } = await houseOf("made-files");
  const page = await open(`${list}&dialog=create`, { session });
  const dialog = page.getByRole("dialog");
  const photos = group(page, "Photos");
  await dialog.getByLabel("Name").fill("Barn");
  const go = await holdBack(page);
  await choose(page, () => photos.getByRole("button", { name: /^Add a file/ }).click(), ["a.png", png(4, 4)], ["b.txt", "no picture"]);
  await photos.getByText(/^Being sent: /).first().waitFor();
  await dialog.getByRole("button", { name: "Create", exact: true }).click();
  await dialog.locator("[data-fault='/fields/photos']").getByText("a.png is on its way. Wait until it is there, or cancel it.").waitFor();
  await page.waitForFunction(() => document.activeElement.dataset.fault === "/fields/photos");
  await go();
  await photos.getByRole("button", { name: "Remove: a.png" }).waitFor();
  await photos.getByRole("button", { name: "Remove: b.txt" }).waitFor();
  await dialog.getByRole("button", { name: "Create", exact: true }).click();
  await dialog.locator("[data-fault='/fields/photos/1']").getByText("The field takes images.").waitFor();
  await page.waitForFunction(() => document.activeElement.dataset.fault === "/fields/photos/1");
  assert.match(await photos.locator(".chosen-file").nth(1).textContent(), /^b\.txt .*The field takes images\.$/);
  await checkAccess(page, "object-files-create-fault");
  await page.setViewportSize({ width: 320, height: 640 });
  await checkFits(page, "object-files-create at 320 px");
  await photos.getByRole("button", { name: "Remove: b.txt" }).click();
  await dialog.getByRole("button", { name: "Create", exact: true }).click();
  await page.getByText("Barn is created.").waitFor();
  const { "a.png": file } = await uploadsOf(session, team);
  const { data } = await api(session, "GET", `${base}/objects/houses`);
  assert.deepEqual(data.find(({ label }) => label === "Barn").fields.photos, [file.id]);
  await close(page);
});

test("files are dropped onto a field and pasted into it, and what misses the fields does no harm", async () => {
  const { session, team, base, path, read } = await houseOf("dropped-fields");
  const page = await open(`${path}&dialog=edit`, { session });
  const dialog = page.getByRole("dialog");
  const [photos, papers] = [group(page, "Photos"), group(page, "Papers")];
  await papers.getByText("They can be dropped or pasted here, too.").waitFor();
  assert.ok(await bringTo(papers.locator("legend"), "drop", ["deed.txt", "A deed."]), "the field shows that it takes files");
  await papers.getByRole("button", { name: "Remove: deed.txt" }).waitFor();
  const add = photos.getByRole("button", { name: /^Add a file/ });
  await add.focus();
  assert.equal(await bringTo(page.locator(":focus"), "paste", ["back.txt", "no picture"]), false);
  await photos.getByRole("button", { name: "Remove: back.txt" }).waitFor();
  await photos.getByRole("button", { name: "Remove: back.txt" }).click();

  const [name, title] = [dialog.getByLabel("Name"), dialog.getByRole("heading")];
  assert.equal(await bringTo(title, "drop", ["astray.txt", "x"]), false, "with two fields it is not known which is meant");
  assert.equal(await name.evaluate((input) => {
    const data = new DataTransfer();
    data.setData("text/plain", "Windmill");
    data.items.add(new File(["x"], "cells.png"));
    return input.dispatchEvent(new ClipboardEvent("paste", { bubbles: true, cancelable: true, clipboardData: data }));
  }), true, "a text is pasted as one");
  assert.equal(await title.evaluate((target) => {
    const data = new DataTransfer();
    data.items.add(new File(["x"], "astray.txt"));
    return target.dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: data }));
  }), false, "the browser does not open the file in the place of the page");
  await checkAccess(page, "object-files-dropped");
  await dialog.getByRole("button", { name: "Save" }).click();
  await page.getByText("Mill is saved.").waitFor();
  const { "deed.txt": deed, "back.txt": back, ...others } = await uploadsOf(session, team);
  assert.deepEqual([Object.keys(others).toSorted(), back.status], [["<b>plan<b>.txt", "front.png"], "ready"]);
  assert.equal((await read()).fields.papers.at(-1), deed.id);

  // With one field it is clear which is meant, wherever in the form they are dropped.
  await api(session, "POST", `${base}/object-types`, { slug: "notes", singular_label: "Note", plural_label: "Notes", fields: [HOUSES.fields[2]] });
  await page.goto(`${scene.url}/console/objects?team=${team.id}&type=notes&dialog=create`);
  assert.ok(await bringTo(dialog.getByRole("heading"), "drop", ["note.txt", "A note."]));
  await papers.getByRole("button", { name: "Remove: note.txt" }).waitFor();
  await close(page);
});

test("what was added to a form is there again after the page was left or the session ended, and a form that is closed sends no more", async () => {
  const { session, team, path } = await houseOf("kept-files");
  const page = await open(`${path}&dialog=edit`, { session });
  const papers = group(page, "Papers");
  await choose(page, () => papers.getByRole("button", { name: /^Add a file/ }).click(), ["deed.txt", "A deed."]);
  await papers.getByRole("button", { name: "Remove: deed.txt" }).waitFor();
  await page.reload();
  await papers.getByRole("button", { name: "Remove: deed.txt" }).waitFor();
  await papers.getByText("7 bytes").first().waitFor();

  await page.getByRole("dialog").getByLabel("Name").fill("Windmill");
  await page.evaluate(() => sessionStorage.setItem("console.session", "over"));
  await choose(page, () => papers.getByRole("button", { name: /^Add a file/ }).click(), ["late.txt", "Late."]);
  await page.getByText("Your session is over. Sign in again.").waitFor();
  // The window signs in by itself when it is loaded.
  await page.reload();
  await papers.getByRole("button", { name: "Remove: deed.txt" }).waitFor();
  assert.equal(await page.getByRole("dialog").getByLabel("Name").inputValue(), "Windmill");

  await page.route(`${scene.files}/**`, (route) => route.abort(), { times: 1 });
  await choose(page, () => papers.getByRole("button", { name: /^Add a file/ }).click(), ["broken.txt", "Broken."]);
  await papers.getByText("The connection to the store broke.").waitFor();
  await holdBack(page);
  await choose(page, () => papers.getByRole("button", { name: /^Add a file/ }).click(), ["slow.txt", "Slow."]);
  await papers.getByText(/^Being sent: /).waitFor();
  await page.keyboard.press("Escape");
  await page.getByText("This is not saved yet.").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  const left = async () => Object.keys(await uploadsOf(session, team)).filter((name) => ["broken.txt", "slow.txt"].includes(name));
  // What was announced is taken back.
  await eventually(left, ({ length }) => length === 0);
  await settled(page);
  await close(page);
});
