// Deliveries of webhooks: what was sent and what came back, sending again, and the check of signatures.

import assert from "node:assert/strict";
import { test } from "node:test";

import { api, checkAccess, checkFits, close, open, ownerOf, setUp, settled } from "./harness.mjs";
import { contactsOf, deliveriesOf, makeContacts, receiver, webhookOf } from "./receiver.mjs";

setUp("--seed", "none", "--allow-private-webhooks");

/** A team with an object type and a webhook whose receiver answers with `status`. */
async function subscribed(t, slug, status, settings = {}) {
  const hook = await receiver(t, status);
  const { session, team } = await ownerOf(slug);
  await contactsOf(session, team);
  const webhook = await webhookOf(session, team, { name: "Billing", url: hook.url, ...settings });
  return { hook, session, team, webhook, path: `/console/webhooks/${webhook.id}?team=${team.id}` };
}

test("a delivery shows its request and each attempt, and is sent again", async (t) => {
  const { hook, session, team, webhook, path } = await subscribed(t, "dlvone", 500);
  await makeContacts(session, team, 1);
  const [{ id }] = await deliveriesOf(session, team, webhook, ([first]) => first?.tries >= 1);
  const page = await open(path, { session });
  await page.getByText(/^Failing since/).waitFor();
  await page.getByRole("row", { name: /object\.created Contacts/ }).getByText("Pending").waitFor();
  await page.getByRole("button", { name: /^Open: object\.created/ }).click();
  const dialog = page.getByRole("dialog", { name: "Delivery of object.created" });
  await dialog.getByText("500", { exact: true }).first().waitFor();
  assert.equal(new URL(page.url()).searchParams.get("on"), id);
  const [{ headers, body }] = hook.requests;
  assert.ok((await dialog.getByLabel("Headers of the request").textContent()).includes(`webhook-id: ${headers["webhook-id"]}`));
  assert.deepEqual(JSON.parse(await dialog.getByLabel("Body of the request").textContent()), JSON.parse(body));
  assert.deepEqual(JSON.parse(await dialog.getByLabel("Response to attempt 1").textContent()), { answer: 500 });
  await dialog.getByRole("button", { name: "Copy the body as it was sent" }).click();
  await page.getByText("Copied to the clipboard.").waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), body);
  await checkAccess(page, "webhooks-delivery");

  hook.status = 200;
  await dialog.getByRole("button", { name: "Redeliver" }).click();
  await dialog.getByText("Delivered", { exact: true }).waitFor();
  await dialog.getByLabel(/^Response to attempt \d/).first().waitFor();
  assert.ok(hook.requests.length >= 2);
  assert.equal(hook.requests.at(-1).headers["webhook-id"], headers["webhook-id"]);
  await page.keyboard.press("Escape");
  await page.getByText("The receiver answers: the last success was").waitFor();
  const { data: [delivery] } = await api(session, "GET", `/v1/teams/${team.id}/webhooks/${webhook.id}/deliveries`);
  assert.equal(delivery.status, "delivered");

  await page.setViewportSize({ width: 320, height: 640 });
  await page.goto(`${page.url()}&dialog=delivery&on=${id}`);
  await dialog.getByText("Attempt 1").waitFor();
  await checkFits(page, "webhooks-delivery at 320 px");
  await close(page);
});

test("failed ones are a click away, and a refusal to send one is told where it was asked for", async (t) => {
  const { hook, session, team, webhook, path } = await subscribed(t, "dlvfailed", 410);
  await makeContacts(session, team, 1);
  const [{ id }] = await deliveriesOf(session, team, webhook, ([first]) => first?.status === "failed");
  await api(session, "PATCH", `/v1/teams/${team.id}/webhooks/${webhook.id}`, { active: true });
  const page = await open(path, { session });
  await page.getByRole("link", { name: "Held" }).click();
  await page.getByText("None is held").waitFor();
  await page.getByRole("link", { name: "Failed" }).click();
  await page.getByRole("row", { name: /Failed/ }).waitFor();
  assert.equal(new URL(page.url()).searchParams.get("status"), "failed");
  await checkAccess(page, "webhooks-failed");

  await page.getByRole("button", { name: /^Open: object\.created/ }).click();
  await page.getByRole("dialog").getByText("410", { exact: true }).waitFor();
  await api(session, "PATCH", `/v1/teams/${team.id}/webhooks/${webhook.id}`, { active: false });
  await page.getByRole("dialog").getByRole("button", { name: "Redeliver" }).click();
  await page.getByRole("dialog").getByRole("alert").getByText("switched off").waitFor();
  await checkAccess(page, "webhooks-delivery-fault");
  await page.keyboard.press("Escape");

  await api(session, "PATCH", `/v1/teams/${team.id}/webhooks/${webhook.id}`, { active: true });
  hook.status = 200;
  await page.reload();
  await page.getByRole("button", { name: /^Redeliver: object\.created/ }).click();
  await page.getByText("The delivery is sent again").waitFor();
  await deliveriesOf(session, team, webhook, (all) => all.find((each) => each.id === id).status === "delivered");
  await page.getByRole("button", { name: "Read again" }).click();
  await page.getByText("None is failed").waitFor();
  await close(page);
});

test("what was held is recovered from a time on, in as many requests as it takes", async (t) => {
  const { hook, session, team, webhook, path } = await subscribed(t, "dlvrecover", 200, { active: false });
  await makeContacts(session, team, 3);
  await deliveriesOf(session, team, webhook, (all) => all.filter(({ status }) => status === "held").length === 3);
  const page = await open(path, { session });
  await page.getByRole("link", { name: "Held (3)" }).waitFor();
  await page.getByRole("button", { name: "Switch on" }).click();
  await page.getByText("Recover sends what was held meanwhile.").waitFor();
  await page.getByRole("button", { name: "Recover", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "Recover" });
  await checkAccess(page, "webhooks-recover");
  await dialog.getByLabel("Until").fill("2020-01-01T00:00");
  await dialog.getByRole("button", { name: "Recover" }).click();
  await page.locator("[data-fault='/until']:not(:empty)").waitFor();
  await checkAccess(page, "webhooks-recover-fault");
  await dialog.getByLabel("Until").fill("");

  // The first answer says that there are more.
  const sent = [];
  await page.route("**/recover", async (route) => {
    sent.push(route.request().postDataJSON());
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: { ...(await answer.json()), more: sent.length === 1 } });
  });
  await dialog.getByRole("button", { name: "Recover" }).click();
  await page.getByText("3 deliveries are sent again.").waitFor();
  assert.equal(sent.length, 2);
  assert.deepEqual(sent[0], sent[1]);
  await deliveriesOf(session, team, webhook, (all) => all.every(({ status }) => status === "delivered"));
  assert.equal(hook.requests.length, 3);
  await close(page);
});

test("many deliveries stand on pages, by day", async (t) => {
  const { hook, session, team, webhook, path } = await subscribed(t, "dlvpages", 200);
  await makeContacts(session, team, 60);
  await deliveriesOf(session, team, webhook, (all) => all.length === 60 && all.every(({ status }) => status === "delivered"));
  const page = await open(path, { session });
  await page.getByText("50 of 50 delivered").waitFor();
  assert.equal(await page.locator("tbody tr").count(), 50);
  await checkAccess(page, "webhooks-pages");
  await page.getByRole("link", { name: "Next page" }).click();
  await page.getByText("10 of 10 delivered").waitFor();
  assert.equal(await page.locator("tbody tr").count(), 10);
  await page.getByRole("button", { name: "Previous page" }).click();
  await page.getByText("50 of 50 delivered").waitFor();
  await close(page);
});

test("why a signature does not fit is told, and nothing that is pasted leaves the dialog", async (t) => {
  const { hook, session, team, webhook, path } = await subscribed(t, "dlvcheck", 200);
  await makeContacts(session, team, 1);
  const [{ id }] = await deliveriesOf(session, team, webhook, ([first]) => first?.status === "delivered");
  const [{ headers, body }] = hook.requests;
  const page = await open(`${path}&dialog=delivery&on=${id}`, { session });
  await page.getByRole("dialog").getByRole("button", { name: "Check a signature" }).click();
  const dialog = page.getByRole("dialog", { name: "Why does my signature not fit?" });
  assert.equal(await dialog.getByLabel("webhook-id").inputValue(), headers["webhook-id"]);
  assert.equal(await dialog.getByLabel("webhook-timestamp").inputValue(), headers["webhook-timestamp"]);
  assert.equal(await dialog.getByLabel("Body").inputValue(), body);
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));

  const right = {
    "webhook-id": headers["webhook-id"], "webhook-timestamp": headers["webhook-timestamp"], "webhook-signature": headers["webhook-signature"],
    "Body": body, "Secret": webhook.secret,
  };
  const verdictOf = async (changes) => {
    for (const [label, value] of Object.entries({ ...right, ...changes })) await dialog.getByLabel(label, { exact: true }).fill(value);
    await dialog.getByRole("button", { name: "Check" }).click();
    return dialog.locator(".verdict").or(dialog.locator("[data-fault]:not(:empty)")).first().textContent();
  };
  const pretty = JSON.stringify(JSON.parse(body), null, 2);
  const reordered = JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(body)).reverse()));
  const other = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
  const [v1, v1a] = headers["webhook-signature"].split(" ");

  assert.equal(await verdictOf({}), "The signature fits");
  await checkAccess(page, "webhooks-check-fits");
  for (const [changes, said] of [
    [{ Body: `${body}\n` }, /line break was added at the end/],
    [{ Body: pretty }, /parsed and serialised again/],
    [{ Body: reordered }, /parsed and serialised again/],
    [{ Body: JSON.stringify(body) }, /serialised twice/],
    [{ Body: body.replace("Ada", "Eva") }, /not what was sent. They differ from character \d+ on: sent was “.*Ada.*”, got was “.*Eva/],
    [{ Secret: other }, /secret is a wrong one/],
    [{ Secret: webhook.secret.replace("whsec_", "") }, /The signature fitsThe secret has no whsec_ in front/],
    [{ Secret: ` ${webhook.secret}` }, /whitespace around the secret/],
    [{ Secret: webhook.secret.slice(0, -8) }, /The secret has \d+ bytes, and those of this API have 32|not base64/],
    [{ Secret: "whsec_?!" }, /not base64/],
    [{ Secret: webhook.public_key }, /This is the public key/],
    [{ "webhook-id": "evt_other" }, new RegExp(`the delivery has ${headers["webhook-id"]}`)],
    [{ "webhook-id": ` ${headers["webhook-id"]}` }, /whitespace around webhook-id/],
    [{ "webhook-timestamp": `${headers["webhook-timestamp"]}000` }, /in milliseconds/],
    [{ "webhook-timestamp": "1600000000" }, /each attempt has its own/],
    [{ "webhook-timestamp": "today" }, /number of seconds since 1970/],
    [{ "webhook-signature": v1a }, /only a v1a signature.*fits the public key/],
    [{ "webhook-signature": v1 }, /The signature fits/],
    [{ "webhook-signature": "v2,x" }, /no signature v1,/],
  ]) assert.match(await verdictOf(changes), said, JSON.stringify(changes));
  await verdictOf({ Secret: other });
  await checkAccess(page, "webhooks-check-none");

  // What is right becomes too old.
  await page.clock.install({ time: Date.now() + 3 * 86_400_000 });
  assert.match(await verdictOf({}), /The signature fits, but its time is [23] days ago/);
  assert.deepEqual(asked, []);
  await page.setViewportSize({ width: 320, height: 640 });
  await checkFits(page, "webhooks-check at 320 px");
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  assert.ok(!(await page.content()).includes(webhook.secret));
  assert.ok(!(await page.evaluate(() => JSON.stringify([sessionStorage, localStorage, history.state, location.href]))).includes(webhook.secret));
  await close(page);
});

test("a signature is checked without a delivery too", async () => {
  const { session, team } = await ownerOf("dlvnone");
  const page = await open(`/console/webhooks?team=${team.id}`, { session });
  await settled(page);
  await page.getByRole("button", { name: "Check a signature" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Check" }).click();
  await dialog.locator("[data-fault='/secret']:not(:empty)").waitFor();
  assert.ok(await dialog.getByLabel("Secret").evaluate((element) => element === document.activeElement));
  await checkAccess(page, "webhooks-check-fault");
  await close(page);
});
