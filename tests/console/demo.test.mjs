// What `make run` opens to: a team with something to look at, and a receiver that shows what its webhook sends.

import assert from "node:assert/strict";
import { test } from "node:test";

import { api, checkAccess, close, open, scene, sessionOf, setUp, settled } from "./harness.mjs";

setUp("--seed", "demo");

/** A session of the demo's owner, and the demo team. */
async function demo() {
  const session = await sessionOf("demo@example.com");
  const { data } = await api(session, "GET", "/v1/teams");
  return { session, team: data.find(({ slug }) => slug === "demo") };
}

test("the demo has objects of two types that lead to each other, and a history", async () => {
  const { session, team } = await demo();
  const page = await open(`/console/objects?team=${team.id}&type=contacts`, { session });
  await page.getByRole("row").nth(40).waitFor();
  await checkAccess(page, "demo-contacts");
  await page.goto(`${scene.url}/console/objects?team=${team.id}&type=companies`);
  await page.getByRole("row").nth(20).waitFor();
  await checkAccess(page, "demo-companies");
  await page.getByRole("link", { name: "Alder & Ash" }).click();
  await page.getByRole("link", { name: "Amara Okafor" }).first().click();
  await page.getByRole("heading", { name: "Amara Okafor" }).waitFor();
  await page.getByRole("link", { name: "Alder & Ash" }).first().waitFor();
  await checkAccess(page, "demo-contact");
  await page.getByRole("link", { name: "Audit log" }).click();
  await page.getByRole("row").nth(20).waitFor();
  await checkAccess(page, "demo-audit-log");
  await close(page);
});

test("the demo's webhook has told its receiver of a change", async () => {
  const { session, team } = await demo();
  const page = await open(`/console/webhooks?team=${team.id}`, { session });
  await page.getByRole("link", { name: "Demo receiver" }).click();
  await page.getByRole("heading", { name: "Demo receiver" }).waitFor();
  await page.getByRole("button", { name: "Send a test event" }).click();
  await page.getByText("Delivered").first().waitFor();
  await settled(page);
  await checkAccess(page, "demo-webhook");
  await close(page);
  const receiver = await open("/local/receiver");
  await receiver.getByText("webhook.test").first().waitFor();
  assert.ok((await receiver.locator("pre").count()) >= 1);
  await receiver.end();
});
