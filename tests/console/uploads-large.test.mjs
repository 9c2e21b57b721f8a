// Files of more than 64 MiB: sent in parts, some side by side, again where one fails, and further after an interruption.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { uploadsOf } from "./files.mjs";
import { api, checkAccess, checkFits, close, eventually, open, ownerOf, scene, settled, setUp } from "./harness.mjs";

setUp();

const MIB = 1024 * 1024;
const SIZE = 65 * MIB;
const folder = mkdtempSync(join(tmpdir(), "console-large-"));
after(() => rmSync(folder, { recursive: true }));

/** Each MiB of it is another letter, so that parts in a wrong order make another checksum. */
const content = Buffer.concat(Array.from({ length: SIZE / MIB }, (_, index) => Buffer.alloc(MIB, 0x21 + index)));
const SHA256 = createHash("sha256").update(content).digest("hex");
const [film, clip] = ["film.txt", "clip.txt"].map((name) => join(folder, name));
writeFileSync(film, content);
writeFileSync(clip, content.subarray(0, 20 * MIB));

/** A team of one's own with its section of files open, and what the page asks the store and the API for. */
async function filesOf(slug, options = {}) {
  const owner = await ownerOf(slug);
  const page = await open(`/console/uploads?team=${owner.team.id}`, { session: owner.session, ...options });
  await settled(page);
  const asked = { puts: [], parts: [], begun: 0 };
  page.on("request", (request) => {
    if (isPut(request)) asked.puts.push(numberOf(request));
    if (request.method() === "POST" && request.url().endsWith("/parts")) asked.parts.push(request.postDataJSON().numbers);
    if (request.method() === "POST" && request.url().endsWith("/uploads")) asked.begun += 1;
  });
  return { ...owner, page, asked, at: `/v1/teams/${owner.team.id}/uploads`, has: () => uploadsOf(owner.session, owner.team) };
}

const isPut = (request) => request.method() === "PUT" && request.url().startsWith(scene.files);
/** The number of the part that a request sends; 0 if it sends a whole file. */
const numberOf = (request) => Number(new URL(request.url()).searchParams.get("partNumber"));
const sendButton = (page) => page.getByRole("button", { name: "Send files" });
const row = (page, name) => page.getByRole("row", { name });
const way = (page, name) => page.locator(".sent-file").filter({ hasText: name });

/** Chooses files that lie on the disk: the browser reads of them what it sends. */
async function choose(page, button, ...paths) {
  const chooser = page.waitForEvent("filechooser");
  await button.focus();
  await page.keyboard.press("Enter");
  await (await chooser).setFiles(paths);
}

/** Does something else than sending with each part that `task` takes: it gives true for those. */
function intercept(page, task) {
  return page.route(`${scene.files}/**`, (route) => (isPut(route.request()) && task(route, numberOf(route.request())) ? null : route.continue()));
}

test("a large file is sent in parts, three requests at once over all files, and a part that failed is sent again", async () => {
  const { page, asked, has } = await filesOf("parts");
  let [under, most, failures, last] = [0, 0, 0, null];
  const first = [];
  page.on("request", (request) => { if (isPut(request)) most = Math.max(most, under += 1); });
  for (const end of ["requestfinished", "requestfailed"]) page.on(end, (request) => { if (isPut(request)) under -= 1; });
  const answer = (route, number) => {
    if (number === 2 && failures === 0) {
      failures += 1;
      route.abort();
    } else if (number === 5) {
      last = route;
    } else {
      route.continue();
    }
  };
  await intercept(page, (route, number) => {
    // The first ones wait for each other, so that three are under way at once.
    if (first.length < 3) {
      if (first.push(() => answer(route, number)) === 3) for (const go of first) go();
    } else {
      answer(route, number);
    }
    return true;
  });
  // The first URLs end before they can be used.
  await page.route("**/parts", async (route) => {
    const response = await route.fetch();
    const { parts } = await response.json();
    const end = new Date(Date.now() + 10_000).toISOString();
    await route.fulfill({ response, json: { parts: parts.map((part) => (parts.length > 1 ? { ...part, expires_at: end } : part)) } });
  });
  const small = [1, 2, 3].map((number) => join(folder, `${number}.txt`));
  for (const path of small) writeFileSync(path, "small");
  await choose(page, sendButton(page), film, ...small);
  await way(page, "film.txt").getByText("Being sent: 64 MiB of 65 MiB.").waitFor();
  assert.equal(await way(page, "film.txt").getByRole("progressbar").evaluate((bar) => bar.value), 64 * MIB);
  for (const number of [1, 2, 3]) await row(page, new RegExp(`^${number}\\.txt`)).getByText("Ready").waitFor();
  await checkAccess(page, "uploads-parts");
  await last.continue();
  await row(page, /^film\.txt/).getByText("Ready").waitFor();
  await way(page, "film.txt").getByText("Sent.", { exact: true }).waitFor();
  const { "film.txt": made, ...others } = await has();
  assert.deepEqual([made.status, made.size, made.sha256, Object.keys(others).length], ["ready", SIZE, SHA256, 3]);
  assert.deepEqual(asked.puts.toSorted(), [0, 0, 0, 1, 2, 2, 3, 4, 5]);
  assert.deepEqual([asked.parts[0], asked.parts.slice(1).flat().toSorted()], [[1, 2, 3, 4, 5], [1, 2, 2, 3, 4, 5]]);
  assert.equal(most, 3);
  await close(page);
});

test("after loading anew the same file goes on with the parts that are not there, and one that was changed begins anew", async () => {
  const { page, asked, at, session, has } = await filesOf("go-on", { viewport: { width: 320, height: 640 } });
  const changed = new Date(1_700_000_000_000);
  utimesSync(film, changed, changed);
  await intercept(page, (_, number) => number > 2);
  await choose(page, sendButton(page), film);
  const isThere = async () => {
    const id = (await has())["film.txt"]?.id;
    return id && (await api(session, "POST", `${at}/${id}/parts`, { numbers: [1, 2] })).parts.every(({ etag }) => etag);
  };
  await eventually(isThere, Boolean);
  page.on("dialog", (dialog) => dialog.accept());
  await page.reload();
  const note = page.locator(".unsent");
  await note.getByText("A file of more than 64 MiB goes on where it was left, if it has not changed since.").waitFor();
  await row(page, /film\.txt/).getByText("Not all of its bytes have come. Choose the file again to go on").waitFor();
  await checkAccess(page, "uploads-parts-left");
  await checkFits(page, "uploads-parts-left at 320 px");

  const again = note.getByRole("button", { name: "Choose again" });
  utimesSync(film, new Date(), new Date());
  await choose(page, again, film);
  await way(page, "film.txt").getByText(/^Being sent: /).waitFor();
  assert.equal(asked.begun, 2);
  await way(page, "film.txt").getByRole("button", { name: "Cancel" }).focus();
  await page.keyboard.press("Enter");
  await way(page, "film.txt").waitFor({ state: "detached" });
  const all = async () => (await api(session, "GET", at)).data;
  // What was begun anew is taken back.
  await eventually(all, ({ length }) => length === 1);

  await page.unroute(`${scene.files}/**`);
  utimesSync(film, changed, changed);
  asked.puts.length = 0;
  await page.reload();
  await choose(page, again, film);
  await row(page, /film\.txt/).getByText("Ready").waitFor();
  await note.waitFor({ state: "detached" });
  assert.deepEqual([asked.puts.toSorted(), asked.begun], [[3, 4, 5], 2]);
  assert.deepEqual((await all()).map(({ status, sha256 }) => [status, sha256]), [["ready", SHA256]]);
  await close(page);
});

test("in the form of an object a file in parts that failed is tried again, and the object holds it", async () => {
  const { page, asked, session, team, has } = await filesOf("large-field");
  const base = `/v1/teams/${team.id}`;
  await api(session, "POST", `${base}/object-types`, { slug: "films", singular_label: "Film", plural_label: "Films", fields: [{ slug: "files", label: "Files", type: "file" }] });
  await page.goto(`${scene.url}/console/objects?team=${team.id}&type=films&dialog=create`);
  const files = page.getByRole("dialog").getByRole("group", { name: /^Files/ });
  // The API gives parts for a smaller file if it is asked to: that takes less time.
  await page.route("**/uploads", (route) => route.continue({ postData: JSON.stringify({ ...route.request().postDataJSON(), parts: true }) }));
  let refusals = 0;
  await intercept(page, (route, number) => {
    if (number === 2 && refusals === 0) route.abort();
    return number === 2 && refusals === 0;
  });
  await page.route("**/parts", (route) => {
    if (route.request().postDataJSON().numbers.length > 1 || refusals > 0) return route.continue();
    refusals += 1;
    return route.fulfill({ status: 403, contentType: "application/problem+json", json: { code: "forbidden", detail: "Not now." } });
  });
  await choose(page, files.getByRole("button", { name: /^Add a file/ }), clip);
  await files.getByText("Not now.").waitFor();
  await checkAccess(page, "object-files-parts-fault");
  await files.getByRole("button", { name: "Try again: clip.txt" }).focus();
  await page.keyboard.press("Enter");
  await files.getByRole("button", { name: "Remove: clip.txt" }).waitFor();
  assert.equal(asked.begun, 1);
  await page.getByRole("dialog").getByRole("button", { name: "Create", exact: true }).click();
  await page.getByText("is created.").waitFor();
  const { "clip.txt": made } = await has();
  assert.equal(made.sha256, createHash("sha256").update(content.subarray(0, 20 * MIB)).digest("hex"));
  const { data } = await api(session, "GET", `${base}/objects/films`);
  assert.deepEqual(data.map(({ fields }) => fields.files), [[made.id]]);
  await close(page);
});
