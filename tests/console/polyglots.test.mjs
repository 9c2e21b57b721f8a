// Files that are two things at once, each opened in the browser by the URLs that the API gives: nothing of them runs.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { api, ownerOf, scene, setUp } from "./harness.mjs";

setUp();

/** Where the test of the API has put them. */
const FOLDER = fileURLToPath(new URL("../../target/polyglots/", import.meta.url));
const names = JSON.parse(readFileSync(`${FOLDER}names.json`, "utf8"));

/** Sends a file; what it has become. */
async function sent({ session, team }, filename, bytes) {
  const uploads = `/v1/teams/${team.id}/uploads`;
  const { id, put } = await api(session, "POST", uploads, { filename, size: bytes.length });
  const { "content-length": _, host: __, ...headers } = put.headers;
  const answer = await fetch(put.url, { method: "PUT", body: bytes, headers });
  assert.equal(answer.status, 200, filename);
  let upload;
  do upload = await api(session, "POST", `${uploads}/${id}/complete`, {}); while (upload.status === "checking");
  return upload;
}

/** Opens a URL in a window of its own; what it did that a file must not do. */
async function opened(url) {
  const context = await scene.browser.newContext();
  const page = await context.newPage();
  const done = [];
  page.on("dialog", (dialog) => { done.push(`said ${dialog.message()}`); dialog.dismiss(); });
  page.on("popup", () => done.push("opened a window"));
  context.on("request", (request) => { if (request.url() !== url && !request.url().endsWith("/favicon.ico")) done.push(`asked for ${request.url()}`); });
  // What is saved and not shown is no page: the browser says so with an error.
  const answer = await page.goto(url).catch(() => null);
  if (answer) await page.waitForTimeout(50);
  await context.close();
  return { done, isShown: answer !== null };
}

test("no file of two natures runs anything, however it is opened", async () => {
  const owner = await ownerOf("polyglots");
  let [shown, saved] = [0, 0];
  for (const [index, name] of names.entries()) {
    const upload = await sent(owner, name, readFileSync(`${FOLDER}${index}`));
    if (upload.status !== "ready") continue;
    for (const disposition of ["inline", "attachment"]) {
      const { url } = await api(owner.session, "GET", `/v1/teams/${owner.team.id}/uploads/${upload.id}/content?disposition=${disposition}`);
      const { done, isShown } = await opened(url);
      assert.deepEqual(done, [], `${name}, ${disposition}`);
      assert.ok(!isShown || disposition === "inline", `${name} is saved`);
      if (isShown) shown += 1;
      else saved += 1;
    }
  }
  assert.ok(names.length >= 40 && shown >= 5 && saved >= 20, `${names.length} files, ${shown} shown, ${saved} saved`);
});
