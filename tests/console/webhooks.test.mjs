// Webhooks: made, changed, switched, given a new secret, moved to the trash and back, destroyed.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";

import { api, checkAccess, checkFits, close, memberOf, open, ownerOf, setUp, settled } from "./harness.mjs";
import { contactsOf, receiver, webhookOf } from "./receiver.mjs";

setUp("--seed", "none", "--allow-private-webhooks");

const HOSTILE = "<img src=x onerror=alert(1)> {{7*7}}";

/** Whether a request that was received is signed with a secret. */
function isSigned({ headers, body }, secret) {
  const key = Buffer.from(secret.replace("whsec_", ""), "base64");
  const mac = createHmac("sha256", key).update(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`).digest("base64");
  return headers["webhook-signature"].split(" ").includes(`v1,${mac}`);
}

test("a webhook is created with a secret that is shown once, tested, and found in the list", async (t) => {
  const hook = await receiver(t);
  const { session, team } = await ownerOf("whcreate");
  const type = await contactsOf(session, team);
  const page = await open(`/console/webhooks?team=${team.id}`, { session });
  await page.getByText("No webhook yet").waitFor();
  await checkAccess(page, "webhooks-empty");

  await page.getByRole("button", { name: "Create a webhook" }).click();
  await checkAccess(page, "webhooks-create");
  await page.getByLabel("URL").fill("ftp://nowhere");
  for (const topic of ["object.created", "object.updated", "object.deleted"]) await page.getByRole("checkbox", { name: topic }).uncheck();
  await page.getByRole("radio", { name: "Only these" }).check();
  await page.getByRole("button", { name: "Create webhook" }).click();
  for (const pointer of ["/name", "/url", "/topics", "/object_types"]) await page.locator(`[data-fault='${pointer}']:not(:empty)`).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.name), "name");
  await checkAccess(page, "webhooks-create-fault");

  await page.getByLabel("Name").fill(HOSTILE);
  await page.getByLabel("URL").fill(hook.url);
  await page.getByLabel("Description").fill("For the bookkeeping");
  await page.getByRole("checkbox", { name: "object.created" }).check();
  await page.getByRole("checkbox", { name: "Contacts" }).check();
  await page.getByRole("radio", { name: /^Ids only/ }).check();
  await page.getByRole("button", { name: "Create webhook" }).click();
  const secret = await page.getByLabel("The secret", { exact: true }).textContent();
  assert.match(secret, /^whsec_/);
  await checkAccess(page, "webhooks-secret");
  await page.getByRole("button", { name: "Close" }).click();
  await page.getByRole("heading", { name: HOSTILE }).waitFor();
  assert.ok(!(await page.content()).includes(secret));
  assert.ok(!(await page.evaluate(() => JSON.stringify([sessionStorage, localStorage]))).includes(secret));
  await page.getByText("Nothing has been delivered yet.").waitFor();

  const { data: [made] } = await api(session, "GET", `/v1/teams/${team.id}/webhooks`);
  assert.deepEqual(
    [made.name, made.url, made.description, made.topics, made.object_types, made.content, made.active],
    [HOSTILE, hook.url, "For the bookkeeping", ["object.created"], [type.id], "ids", true],
  );
  assert.equal(new URL(page.url()).pathname, `/console/webhooks/${made.id}`);

  await page.getByRole("button", { name: "Send a test event" }).click();
  const dialog = page.getByRole("dialog", { name: "Delivery of webhook.test" });
  await dialog.getByText("Attempt 1").waitFor();
  assert.ok(isSigned(hook.requests[0], secret));
  await dialog.getByRole("button", { name: "Close" }).click();
  await page.getByText("The receiver answers: the last success was").waitFor();
  await checkAccess(page, "webhooks-one");

  await page.getByRole("link", { name: "All webhooks" }).click();
  await page.getByRole("row", { name: /onerror=alert/ }).getByText("Active").waitFor();
  await checkAccess(page, "webhooks-filled");
  await close(page);
});

test("of two who change one webhook the second sees what the first has changed, and decides", async () => {
  const { session, team } = await ownerOf("whconflict");
  const { id } = await webhookOf(session, team, { name: "Billing" });
  const path = `/console/webhooks/${id}?team=${team.id}&dialog=edit`;
  const [first, second] = [await open(path, { session }), await open(path, { session })];
  await second.getByLabel("Name").fill("Mine");
  await first.getByLabel("Name").fill("Theirs");
  await first.getByRole("checkbox", { name: "object.send" }).check();
  await first.getByRole("button", { name: "Save" }).click();
  await first.getByText("Saved.").waitFor();

  await second.getByRole("button", { name: "Save" }).click();
  await second.getByText("Name: now “Theirs”, it was “Billing”").waitFor();
  await second.getByText("Topics: now “object.created, object.send”, it was “object.created”").waitFor();
  await checkAccess(second, "webhooks-conflict");
  await second.getByRole("button", { name: "Save mine all the same" }).click();
  await second.getByRole("heading", { name: "Mine" }).waitFor();
  const mine = await api(session, "GET", `/v1/teams/${team.id}/webhooks/${id}`);
  assert.deepEqual([mine.name, mine.topics], ["Mine", ["object.created", "object.send"]]);

  await first.getByRole("button", { name: "Edit" }).click();
  await first.getByLabel("Description").fill("Other words");
  await api(session, "PATCH", `/v1/teams/${team.id}/webhooks/${id}`, { content: "ids" });
  await first.getByRole("button", { name: "Save" }).click();
  await first.getByRole("button", { name: "Take theirs" }).click();
  assert.ok(await first.getByRole("radio", { name: /^Ids only/ }).isChecked());
  assert.equal(await first.getByLabel("Description").inputValue(), "");
  await close(first);
  await close(second);
});

test("it is switched off and on, with a way back, and a disabled one tells why", async (t) => {
  const hook = await receiver(t, 410);
  const { session, team } = await ownerOf("whswitch");
  const { id } = await webhookOf(session, team, { name: "Billing", url: hook.url });
  const read = () => api(session, "GET", `/v1/teams/${team.id}/webhooks/${id}`);
  const page = await open(`/console/webhooks/${id}?team=${team.id}`, { session });
  await page.getByRole("button", { name: "Switch off" }).click();
  await page.getByText("Billing is switched off.").waitFor();
  assert.equal((await read()).status, "inactive");
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByText("Billing is switched on.").waitFor();

  await page.getByRole("button", { name: "Send a test event" }).click();
  await page.getByRole("dialog").getByText("410", { exact: true }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByText(/^Disabled .*, as the receiver answered 410 Gone\.$/).waitFor();
  await checkAccess(page, "webhooks-disabled");
  hook.status = 200;
  await page.getByRole("button", { name: "Switch on" }).click();
  await page.getByRole("button", { name: "Switch off" }).waitFor();
  assert.equal((await read()).status, "active");
  await close(page);
});

test("its secret is rotated, and both sign for a while", async (t) => {
  const hook = await receiver(t);
  const { session, team } = await ownerOf("whrotate");
  const { id, secret: old } = await webhookOf(session, team, { name: "Billing", url: hook.url });
  const page = await open(`/console/webhooks/${id}?team=${team.id}`, { session });
  await page.getByRole("button", { name: "Rotate the secret" }).click();
  await checkAccess(page, "webhooks-rotate");
  await page.getByLabel("The old secret signs on").selectOption("For an hour");
  await page.getByRole("dialog").getByRole("button", { name: "Rotate the secret" }).click();
  const secret = await page.getByLabel("The secret", { exact: true }).textContent();
  await page.getByRole("button", { name: "Close" }).click();
  await page.getByText("and the secret from before sign too until").waitFor();
  assert.ok(!(await page.content()).includes(secret));
  await page.getByRole("button", { name: "Send a test event" }).click();
  await page.getByRole("dialog").getByText("Attempt 1").waitFor();
  assert.ok(isSigned(hook.requests[0], secret) && isSigned(hook.requests[0], old));
  await page.keyboard.press("Escape");

  await page.getByRole("button", { name: "Rotate the secret" }).click();
  await page.getByLabel("The old secret signs on").selectOption("Not at all: it has leaked");
  await page.getByRole("dialog").getByRole("button", { name: "Rotate the secret" }).click();
  await page.getByText("give this one to the receiver now").waitFor();
  await page.getByRole("button", { name: "Close" }).click();
  await page.getByText("and the secret from before sign too until").waitFor({ state: "detached" });
  const { previous_keys: left } = await api(session, "GET", `/v1/teams/${team.id}/webhooks/${id}`);
  assert.deepEqual(left, []);
  await close(page);
});

test("it is moved to the trash, brought back, and destroyed by its name", async () => {
  const { session, team } = await ownerOf("whtrash");
  const { id } = await webhookOf(session, team, { name: "Billing" });
  const page = await open(`/console/webhooks/${id}?team=${team.id}`, { session });
  await page.getByRole("button", { name: "Move to the trash" }).click();
  await page.getByText("Billing is in the trash.").waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByText("Billing is restored.").waitFor();
  await page.getByRole("button", { name: "Move to the trash" }).click();
  await page.getByText("In the trash", { exact: true }).waitFor();
  await checkAccess(page, "webhooks-trashed");

  await page.getByRole("link", { name: "All webhooks" }).click();
  await page.getByRole("row", { name: /Billing/ }).waitFor();
  await checkAccess(page, "webhooks-trash");
  await page.getByRole("button", { name: "Restore: Billing" }).click();
  await page.getByText("The trash is empty").waitFor();
  await api(session, "DELETE", `/v1/teams/${team.id}/webhooks/${id}`);
  await page.getByLabel("Show").selectOption("In use");
  await page.getByText("No webhook yet").waitFor();
  await page.getByLabel("Show").selectOption("In the trash");
  await page.getByRole("button", { name: "Destroy: Billing" }).click();
  await checkAccess(page, "webhooks-destroy");
  await page.getByLabel("to confirm").fill("Billling");
  await page.getByRole("button", { name: "Destroy webhook" }).click();
  await page.getByText("This is not “Billing”.").waitFor();
  await page.getByLabel("to confirm").fill("Billing");
  await page.getByRole("button", { name: "Destroy webhook" }).click();
  await page.getByText("Billing is destroyed.").waitFor();
  const { data } = await api(session, "GET", `/v1/teams/${team.id}/webhooks?trashed=only`);
  assert.deepEqual(data, []);
  await close(page);
});

test("an administrator may not destroy, and who may not read webhooks is told so", async () => {
  const owner = await ownerOf("whroles");
  const { id } = await webhookOf(owner.session, owner.team, { name: "Billing" });
  await api(owner.session, "DELETE", `/v1/teams/${owner.team.id}/webhooks/${id}`);
  const administrator = await open(`/console/webhooks/${id}?team=${owner.team.id}`, { session: await memberOf(owner, "administrator") });
  await administrator.getByRole("button", { name: "Restore" }).waitFor();
  assert.equal(await administrator.getByRole("button", { name: "Destroy" }).count(), 0);
  await close(administrator);
  const member = await open(`/console/webhooks?team=${owner.team.id}`, { session: await memberOf(owner, "member") });
  await member.getByText("Your role in this team does not allow to see this.").waitFor();
  await close(member);
});

test("all of it works by keyboard alone, on a narrow screen, and in forced colours", async () => {
  const { session, team } = await ownerOf("whnarrow");
  const page = await open(`/console/webhooks?team=${team.id}`, { session, viewport: { width: 320, height: 640 } });
  await settled(page);
  await checkFits(page, "webhooks at 320 px");
  await page.getByRole("button", { name: "Create a webhook" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await checkFits(page, "webhooks-create at 320 px");
  await page.keyboard.insertText("x".repeat(100));
  await page.keyboard.press("Tab");
  await page.keyboard.insertText(`http://127.0.0.1:9/${"y".repeat(1_900)}`);
  await page.keyboard.press("Enter");
  await page.getByLabel("The secret", { exact: true }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByText("Copied to the clipboard.").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("heading", { name: "xxx" }).waitFor();
  await checkFits(page, "webhooks-one at 320 px");
  await page.getByRole("button", { name: "Switch off" }).focus();
  await page.keyboard.press("Enter");
  await page.getByText("is switched off.").waitFor();
  await checkAccess(page, "webhooks-narrow");
  // Colours of the person's own: each button still has an edge, and each status too.
  await page.emulateMedia({ forcedColors: "active" });
  const edgeOf = (place) => place.evaluate((element) => getComputedStyle(element).borderTopWidth);
  for (const place of [page.getByRole("button", { name: "Switch on" }), page.getByText("Switched off", { exact: true })]) {
    assert.equal(await edgeOf(place), "1px");
  }
  await page.emulateMedia({ forcedColors: "none" });
  await page.getByRole("link", { name: "All webhooks" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("row", { name: /xxx/ }).waitFor();
  await checkFits(page, "webhooks-filled at 320 px");
  await close(page);
});
