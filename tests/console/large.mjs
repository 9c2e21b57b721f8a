// How long a section takes until it can be used when there is much: 500 tokens, 10,000 deliveries, 100,000 objects. It prints the
// times, from the click to the last row, and fails beyond a second, or if a list has more than 100 rows in the document.
//   SIZES=100000,10000,500 node --test large.mjs

import assert from "node:assert/strict";
import { test } from "node:test";

import { api, close, open, ownerOf, scene, setUp, settled } from "./harness.mjs";

const [objects, deliveries, tokens] = [100_000, 10_000, 500].map((most, index) => Number(process.env.SIZES?.split(",")[index] || most));
const MOST_MS = 1_000;
const ROWS_MAX = 100;
const BATCH = 100;

setUp("--seed", "none", "--webhook-requests-per-second", "10000");

const field = { slug: "name", label: "Name", type: "text", searchable: true };

async function fill(session, path, count, name) {
  let made = 0;
  const worker = async () => {
    while (made < count) {
      const from = made;
      made += BATCH;
      const operations = Array.from({ length: Math.min(BATCH, count - from) }, (_, index) => ({ op: "create", fields: { name: `${name} ${from + index}` } }));
      await api(session, "POST", `${path}/batch`, { operations });
    }
  };
  await Promise.all(Array.from({ length: 4 }, worker));
}

test("every section can be used within a second however much there is", { timeout: 1_800_000 }, async () => {
  const { session, team } = await ownerOf("large");
  const at = `/v1/teams/${team.id}`;
  for (const slug of ["many", "told"]) {
    await api(session, "POST", `${at}/object-types`, { slug, singular_label: slug, plural_label: slug, item_label_fields: ["name"], fields: [field] });
  }
  await fill(session, `${at}/objects/many`, objects, "Object");
  const webhook = await api(session, "POST", `${at}/webhooks`, { name: "Told", url: `${scene.url}/local/receiver`, topics: ["object.created"], object_types: ["told"] });
  await fill(session, `${at}/objects/told`, deliveries, "Told");
  for (let index = 0; index < tokens; index += 1) await api(session, "POST", "/v1/tokens", { name: `Token ${index}`, permissions: ["object:read"] });
  const someObject = (await api(session, "GET", `${at}/objects/many?limit=1`)).data[0];

  const page = await open(`/console/general?team=${team.id}`, { session });
  await settled(page);
  const slow = [];
  for (const path of [
    "/console/tokens?", "/console/webhooks?", `/console/webhooks/${webhook.id}?`, "/console/members?", "/console/audit-log?", "/console/object-types?",
    "/console/objects?type=many&", "/console/objects?type=told&", `/console/objects/${someObject.id}?type=many&`, "/console/reference?",
  ]) {
    // As a first visit: nothing of the section is loaded yet.
    await page.goto(`${scene.url}/console/general?team=${team.id}`);
    await settled(page);
    const took = await page.evaluate(async (address) => {
      const begin = performance.now();
      history.pushState(null, "", address);
      dispatchEvent(new PopStateEvent("popstate"));
      const isThere = () => document.querySelector("#content h1") && !document.querySelector("#content[aria-busy]");
      while (!isThere()) await new Promise((done) => { setTimeout(done, 5); });
      await new Promise((done) => { requestAnimationFrame(() => setTimeout(done)); });
      return performance.now() - begin;
    }, `${path}team=${team.id}`);
    const rows = await page.evaluate(() => Math.max(0, ...[...document.querySelectorAll("tbody, ul, ol")].map((list) => list.childElementCount)));
    process.stderr.write(`${String(Math.round(took)).padStart(6)} ms ${String(rows).padStart(4)} rows  ${path}\n`);
    if (took > MOST_MS) slow.push(path);
    assert.ok(rows <= ROWS_MAX, path);
  }
  assert.deepEqual(slow, []);
  await close(page);
});
