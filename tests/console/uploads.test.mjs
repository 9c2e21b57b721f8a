// Files: sent by a button, by dropping and by pasting; listed, looked at, fetched, deleted and destroyed.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { bring, choose, holdBack, png, uploadOf, uploadsOf } from "./files.mjs";
import { api, checkAccess, checkFits, close, eventually, memberOf, open, ownerOf, scene, settled, setUp } from "./harness.mjs";

setUp();

const HOSTILE = "<img src=x onerror=alert(1)> {{7*7}} ‘\"&.txt";
const PAGE = "<!doctype html><title>x</title>";

/** A team of one's own with its section of files open. */
async function filesOf(slug, options = {}) {
  const owner = await ownerOf(slug);
  const page = await open(`/console/uploads?team=${owner.team.id}`, { session: owner.session, ...options });
  await settled(page);
  const at = `/v1/teams/${owner.team.id}/uploads`;
  return { ...owner, page, at, has: () => uploadsOf(owner.session, owner.team) };
}

const sendButton = (page) => page.getByRole("button", { name: "Send files" });
const row = (page, name) => page.getByRole("row", { name });
/** The row of a file on its way. */
const way = (page, name) => page.locator(".sent-file").filter({ hasText: name });
const putOf = () => `${scene.files}/**`;
const isPut = (request) => request.method() === "PUT";

test("what is empty says what to do first; files are sent, listed, looked at, fetched and deleted", async () => {
  const { page, has, at, session } = await filesOf("files");
  await page.getByText("No file yet").waitFor();
  await checkAccess(page, "uploads-empty");
  const picture = png(60, 40);
  await choose(page, () => sendButton(page).click(), ["photo.png", picture], [HOSTILE, "A text."]);
  await way(page, "photo.png").getByText("Sent.", { exact: true }).waitFor();
  await row(page, /photo\.png/).getByText("Ready").waitFor();
  await row(page, /onerror=alert/).getByText("Text", { exact: true }).waitFor();
  await row(page, /photo\.png/).getByText("by you").waitFor();
  await row(page, /photo\.png/).getByText(/^No object uses it: it is removed (in 2[34] hours|tomorrow) unless one does\.$/).waitFor();
  await checkAccess(page, "uploads-filled");
  const { "photo.png": made, [HOSTILE]: text } = await has();
  const sum = createHash("sha256").update(picture).digest("hex");
  assert.deepEqual([made.status, made.size, made.original_sha256, text.status], ["ready", picture.length, sum, "ready"]);
  await way(page, "photo.png").getByRole("button", { name: "Put away: photo.png" }).click();
  await way(page, "photo.png").waitFor({ state: "detached" });

  await page.getByRole("link", { name: "photo.png" }).click();
  await page.getByRole("heading", { name: "photo.png" }).waitFor();
  await page.waitForFunction(() => document.querySelector("#content img")?.naturalWidth === 60);
  await page.getByText("60 × 40 pixels").waitFor();
  await page.getByRole("button", { name: "Copy the SHA-256" }).click();
  await page.getByRole("button", { name: "Copied" }).waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), sum);
  await checkAccess(page, "uploads-one");
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download" }).click();
  const saved = await download;
  assert.equal(saved.suggestedFilename(), "photo.png");

  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("alertdialog").waitFor();
  await checkAccess(page, "uploads-delete");
  await page.getByRole("button", { name: "Delete file" }).click();
  await page.getByText("photo.png is deleted.").waitFor();
  await row(page, /onerror=alert/).waitFor();
  assert.equal(await row(page, /photo\.png/).count(), 0);
  const { data } = await api(session, "GET", at);
  assert.deepEqual(data.map(({ filename }) => filename), [HOSTILE]);
  await page.goto(page.url().replace("/uploads?", `/uploads/${made.id}?`));
  await page.getByText("There is no such file").waitFor();
  await close(page);
});

test("files are dropped onto the section and pasted into it, and into no other", async () => {
  const { page, has } = await filesOf("dropped");
  assert.ok(await bring(page, "drop", ["one.txt", "one"], ["two.csv", "a,b"]), "the section shows where files may be dropped");
  await row(page, "two.csv").waitFor();
  await bring(page, "paste", ["three.md", "# three"]);
  await row(page, "three.md").waitFor();
  await page.getByRole("link", { name: "General" }).click();
  await page.getByRole("heading", { name: "General" }).waitFor();
  await bring(page, "paste", ["four.txt", "four"]);
  await page.getByRole("link", { name: "Files", exact: true }).click();
  await row(page, "three.md").waitFor();
  assert.deepEqual(Object.keys(await has()).toSorted(), ["one.txt", "three.md", "two.csv"]);
  await close(page);
});

test("what cannot be taken says why at the file, and the others are sent all the same", async () => {
  const { page, has } = await filesOf("refused");
  await choose(page, () => sendButton(page).click(), ["run.exe", ""], ["page.png", PAGE], ["good.txt", "good"]);
  const program = way(page, "run.exe");
  await program.locator("[data-pointer='/filename']").getByText("Files with this extension are not taken").waitFor();
  await program.locator("[data-pointer='/size']").getByText("Send a file of at least one byte.").waitFor();
  assert.equal(await program.getByRole("button", { name: "Try again" }).count(), 0);
  await way(page, "page.png").getByText("What is in it is not what its name says.").waitFor();
  await row(page, /page\.png/).getByText("Refused").waitFor();
  await row(page, /good\.txt/).getByText("Ready").waitFor();
  await checkAccess(page, "uploads-fault");
  const { "page.png": refused, ...others } = await has();
  assert.deepEqual([refused.status, refused.reason, Object.keys(others)], ["rejected", "mismatch", ["good.txt"]]);

  await program.getByRole("button", { name: "Put away" }).focus();
  await page.keyboard.press("Enter");
  await program.waitFor({ state: "detached" });
  assert.equal(await page.evaluate(() => document.activeElement.ariaLabel), "Put away: page.png");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
  await way(page, "good.txt").waitFor({ state: "detached" });
  await page.locator(".sending").waitFor({ state: "hidden" });
  await page.waitForFunction(() => document.activeElement.textContent === "Send files");
  await page.getByRole("link", { name: "page.png" }).click();
  await page.locator("#content").getByText("Give it the extension of what it is, and send it again.").waitFor();
  assert.equal(await page.locator("#content img").count(), 0);
  await close(page);
});

test("a file whose sending failed is sent again, and is one file", async () => {
  const { page, has } = await filesOf("again");
  let failures = 0;
  await page.route(putOf(), (route) => (isPut(route.request()) && failures++ < 1 ? route.abort() : route.continue()));
  await choose(page, () => sendButton(page).click(), ["notes.txt", "notes"]);
  await way(page, "notes.txt").getByText("The connection to the store broke.").waitFor();
  await row(page, /notes\.txt/).getByText("Not sent").waitFor();
  await settled(page);
  assert.equal(await page.locator(".unsent").count(), 0, "it is told once");
  await checkAccess(page, "uploads-broken");
  await way(page, "notes.txt").getByRole("button", { name: "Try again" }).focus();
  await page.keyboard.press("Enter");
  await row(page, /notes\.txt/).getByText("Ready").waitFor();
  const all = await has();
  assert.deepEqual([Object.keys(all), all["notes.txt"].status], [["notes.txt"], "ready"]);

  // The file came through, and the answer of the store was lost.
  await page.unroute(putOf());
  let lost = 0;
  await page.route(putOf(), async (route) => {
    if (!isPut(route.request()) || lost++ > 0) return route.continue();
    await route.fetch();
    return route.abort();
  });
  await choose(page, () => sendButton(page).click(), ["late.txt", "late"]);
  await way(page, "late.txt").getByRole("button", { name: "Try again" }).click();
  await row(page, /late\.txt/).getByText("Ready").waitFor();
  assert.deepEqual(Object.keys(await has()).toSorted(), ["late.txt", "notes.txt"]);
  await close(page);
});

test("three are sent at once with their progress, a cancelled one is taken back, and leaving warns", async () => {
  const { page, has } = await filesOf("at-once");
  const go = await holdBack(page);
  const names = [1, 2, 3, 4, 5].map((number) => `${number}.txt`);
  await choose(page, () => sendButton(page).click(), ...names.map((name) => [name, name.repeat(40_000)]));
  await way(page, "3.txt").getByText(/^Being sent: /).waitFor();
  assert.equal(await way(page, "4.txt").getByText("Waits for its turn.").count(), 1);
  await way(page, "1.txt").getByRole("progressbar", { name: "Progress of 1.txt" }).waitFor();
  await checkAccess(page, "uploads-sending");
  await page.getByRole("link", { name: "General" }).click();
  await page.getByRole("heading", { name: "General" }).waitFor();
  await page.getByRole("link", { name: "Files", exact: true }).click();
  await way(page, "5.txt").waitFor();
  assert.equal(await page.locator(".unsent").count(), 0, "what is under way is not told to be left");

  const asked = page.waitForEvent("dialog");
  await page.evaluate(() => { setTimeout(() => location.reload()); });
  const question = await asked;
  assert.equal(question.type(), "beforeunload");
  await question.dismiss();
  await way(page, "2.txt").getByRole("button", { name: "Cancel" }).focus();
  await page.keyboard.press("Enter");
  await way(page, "2.txt").waitFor({ state: "detached" });
  await way(page, "4.txt").getByText(/^Being sent: /).waitFor();
  assert.equal(await way(page, "5.txt").getByText("Waits for its turn.").count(), 1);
  await go();
  for (const name of ["1.txt", "3.txt", "4.txt", "5.txt"]) await row(page, new RegExp(`^${name}`)).getByText("Ready").waitFor();
  assert.deepEqual(Object.keys(await has()).toSorted(), ["1.txt", "3.txt", "4.txt", "5.txt"]);
  await close(page);
});

test("sixty files at once are sent in turns with few rows, and a large one goes without a checksum", async () => {
  const { page, has } = await filesOf("many-files");
  const announced = [];
  page.on("request", (request) => { if (request.method() === "POST" && request.url().endsWith("/uploads")) announced.push(request.postDataJSON()); });
  const names = Array.from({ length: 60 }, (_, index) => `${index}.txt`);
  await bring(page, "drop", ...names.map((name) => [name, name]));
  await page.getByText(/^\d+ more wait for their turn\.$/).waitFor();
  assert.ok((await page.locator(".sent-file").count()) <= 40);
  await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 50);
  await page.getByText(/more wait for their turn/).waitFor({ state: "hidden" });
  for (const count of [page.locator(".sent-file"), page.locator("tbody tr")]) assert.ok((await count.count()) <= 50);
  await bring(page, "drop", ["large.txt", "a".repeat(17 * 1024 * 1024)]);
  await way(page, "large.txt").getByText("Sent.", { exact: true }).waitFor();
  const all = await has();
  assert.equal(Object.keys(all).length, 50);
  const isLarge = ({ filename }) => filename === "large.txt";
  assert.deepEqual(announced.filter(isLarge), [{ filename: "large.txt", size: 17 * 1024 * 1024 }]);
  const small = announced.filter((each) => !isLarge(each));
  assert.ok(small.every(({ sha256 }) => /^[0-9a-f]{64}$/.test(sha256)));
  assert.equal(small.length, 60);
  await close(page);
});

test("what was left while it was sent is told after loading anew, and is sent by choosing it again", async () => {
  const { page, session, at } = await filesOf("left");
  await api(session, "POST", at, { filename: "left.txt", size: 4 });
  await page.reload();
  const note = page.locator(".unsent");
  await note.getByText("1 file of yours did not come through:").waitFor();
  await row(page, /left\.txt/).getByText("Not sent").waitFor();
  await checkAccess(page, "uploads-left");
  await choose(page, () => note.getByRole("button", { name: "Choose again" }).click(), ["left.txt", "left"]);
  await row(page, /left\.txt/).getByText("Ready").waitFor();
  await note.waitFor({ state: "detached" });
  const { data } = await api(session, "GET", at);
  assert.deepEqual(data.map(({ status }) => status).toSorted(), ["ready", "waiting"]);
  await close(page);
});

test("the list is filtered by status, kind and use, and read page by page", async () => {
  const { page, session, team, at } = await filesOf("filtered");
  await uploadOf(session, team, "photo.png", png(4, 4));
  await uploadOf(session, team, "page.png", PAGE);
  await uploadOf(session, team, "a.txt", "a");
  const names = async () => (await page.locator("tbody th").allTextContents()).toSorted();
  const filtered = async (label, option, expected) => {
    await page.getByLabel(label, { exact: true }).selectOption(option);
    await page.waitForFunction((text) => [...document.querySelectorAll("tbody th")].map((each) => each.textContent).toSorted().join() === text, expected.join());
  };
  await page.reload();
  await filtered("Status", "Refused", ["page.png"]);
  await filtered("Status", "All", ["a.txt", "page.png", "photo.png"]);
  await filtered("Kind", "Picture", ["photo.png"]);
  await page.getByLabel("Use", { exact: true }).selectOption("Used by objects");
  await page.getByText("No file fits").waitFor();
  await page.reload();
  await page.getByText("No file fits").waitFor();
  await checkAccess(page, "uploads-none-fits");
  await page.goto(page.url().replace(/&category=.*/, ""));
  await settled(page);
  assert.deepEqual(await names(), ["a.txt", "page.png", "photo.png"]);
  for (let count = 0; count < 50; count += 1) await api(session, "POST", at, { filename: `${count}.txt`, size: 1 });
  await page.reload();
  await settled(page);
  const first = await names();
  await page.getByRole("link", { name: "Next page" }).click();
  await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 3);
  assert.equal(new Set([...first, ...(await names())]).size, 53);
  await close(page);
});

test("of a picture a smaller one is asked for where the API can make it, and else the picture itself", async () => {
  const { page, session, team, at } = await filesOf("variants");
  const upload = await uploadOf(session, team, "photo.png", png(60, 40));
  const path = page.url().replace("/uploads?", `/uploads/${upload.id}?`);
  const asked = [];
  let variants = "on_demand";
  await page.route(`**${at}/${upload.id}`, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), variants } });
  });
  await page.route(`**${at}/${upload.id}/content?*`, async (route) => {
    const url = new URL(route.request().url());
    asked.push(Object.fromEntries(url.searchParams));
    url.searchParams.delete("variant");
    const response = await route.fetch({ url: url.href });
    await route.fulfill({ response, json: { ...(await response.json()), variant: "original" } });
  });
  for (variants of ["on_demand", "failed", "none"]) {
    await page.goto(path);
    await page.waitForFunction(() => document.querySelector("#content img")?.naturalWidth === 60);
  }
  assert.deepEqual(asked, [{ disposition: "inline", variant: "large" }, { disposition: "inline" }, { disposition: "inline" }]);
  await close(page);
});

test("a file that objects use is not deleted, which says what to do, and is destroyed by its name", async () => {
  const { page, session, team } = await filesOf("used");
  const base = `/v1/teams/${team.id}`;
  const { id } = await uploadOf(session, team, "offer.txt", "An offer.");
  await api(session, "POST", `${base}/object-types`, {
    slug: "deals", singular_label: "Deal", plural_label: "Deals", item_label_fields: ["name"], fields: [{ slug: "name", label: "Name", type: "text" }, { slug: "files", label: "Files", type: "file" }],
  });
  await api(session, "POST", `${base}/objects/deals`, { fields: { name: "A rocket", files: [id] } });
  // Which objects use a file follows from what was written, a moment later.
  await eventually(() => api(session, "GET", `${base}/uploads/${id}`), ({ unused_since: since }) => !since);
  await page.goto(page.url().replace("/uploads?", `/uploads/${id}?`));
  await page.getByText("Objects use it.").waitFor();
  await page.getByRole("listitem").filter({ hasText: "Deal, Files" }).getByRole("link", { name: "A rocket" }).waitFor();
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("button", { name: "Delete file" }).click();
  const dialog = page.getByRole("alertdialog");
  await dialog.getByText("Objects use this file. Take it out of their fields first, then delete it. Or destroy the file").waitFor();
  await checkAccess(page, "uploads-delete-fault");
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Destroy" }).click();
  await page.getByLabel("to confirm").fill("offer");
  await page.getByRole("button", { name: "Destroy file" }).click();
  await page.getByText("This is not “offer.txt”.").waitFor();
  await checkAccess(page, "uploads-destroy");
  await page.getByLabel("to confirm").fill("offer.txt");
  await page.keyboard.press("Enter");
  await page.getByText("offer.txt is destroyed.").waitFor();
  await page.getByText("No file yet").waitFor();
  assert.deepEqual((await api(session, "GET", `${base}/uploads`)).data, []);
  await close(page);
});

test("who may only look gets no buttons but those to fetch, and who sends deletes nobody else's", async () => {
  const owner = await ownerOf("file-roles");
  await uploadOf(owner.session, owner.team, "theirs.txt", "x");
  const path = `/console/uploads?team=${owner.team.id}`;
  const viewer = await open(path, { session: await memberOf(owner, "view-only") });
  await row(viewer, /theirs\.txt/).waitFor();
  assert.deepEqual(await viewer.locator("main button[data-operation]").evaluateAll((all) => all.map(({ dataset }) => dataset.operation)), ["uploads.content"]);
  await bring(viewer, "drop", ["x.txt", "x"]);
  await close(viewer);
  const session = await memberOf(owner, "member");
  await uploadOf(session, owner.team, "mine.txt", "x");
  const member = await open(path, { session });
  await member.getByRole("button", { name: "Delete: mine.txt" }).waitFor();
  assert.equal(await member.getByRole("button", { name: "Delete: theirs.txt" }).count(), 0);
  assert.deepEqual(Object.keys(await uploadsOf(owner.session, owner.team)).toSorted(), ["mine.txt", "theirs.txt"]);
  await close(member);
});

test("all of it works by keyboard alone on a narrow screen", async () => {
  const { page, session, at } = await filesOf("narrow-files", { viewport: { width: 320, height: 640 } });
  const name = `${"W".repeat(200)}.txt`;
  await choose(page, async () => { await sendButton(page).focus(); await page.keyboard.press("Enter"); }, [name, "x"], ["y.exe", "y"]);
  await row(page, name).getByText("Ready").waitFor();
  await way(page, "y.exe").getByText("Files with this extension").waitFor();
  await checkFits(page, "uploads at 320 px");
  await page.getByRole("link", { name }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name }).waitFor();
  await checkFits(page, "uploads-one at 320 px");
  await page.getByRole("button", { name: "Delete" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("alertdialog").waitFor();
  await checkFits(page, "uploads-delete at 320 px");
  await page.keyboard.press("Tab");
  await page.waitForTimeout(600);
  await page.keyboard.press("Enter");
  await page.getByText("is deleted.").waitFor();
  assert.deepEqual((await api(session, "GET", at)).data, []);
  await close(page);
});
