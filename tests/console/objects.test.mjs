// Lists of objects: filters, order and pages; the trash; one object with its history.

import assert from "node:assert/strict";
import { test } from "node:test";

import { api, checkAccess, checkFits, close, memberOf, open, ownerOf, readUntil, settled, setUp } from "./harness.mjs";

setUp();

const DEALS = {
  slug: "deals", singular_label: "Deal", plural_label: "Deals", item_label_fields: ["name"], fields: [
    { slug: "name", label: "Name", type: "text", required: "always", searchable: true },
    { slug: "amount", label: "Amount", type: "number", searchable: true },
    { slug: "stage", label: "Stage", type: "dropdown", searchable: true, settings: { options: ["New", "Won"] } },
    { slug: "notes", label: "Notes", type: "textarea" },
  ],
};

/** A team with the type of deals, and one deal for each of `values`. */
async function dealsOf(slug, values = []) {
  const owner = await ownerOf(slug);
  const base = `/v1/teams/${owner.team.id}`;
  await api(owner.session, "POST", `${base}/object-types`, DEALS);
  const objects = `${base}/objects/deals`;
  const ids = [];
  for (let start = 0; start < values.length; start += 100) {
    const operations = values.slice(start, start + 100).map((fields) => ({ op: "create", fields }));
    const { results } = await api(owner.session, "POST", `${objects}/batch`, { operations });
    ids.push(...results.map(({ object }) => object.id));
  }
  return { ...owner, base, objects, ids, path: `/console/objects?team=${owner.team.id}&type=deals` };
}

/** A text of the section itself, and not what is said to those who do not see it. */
const shown = (page, text) => page.locator("#content").getByText(text, { exact: true }).waitFor();
const namesOn = (page) => page.locator("tbody th a").allTextContents();

test("what is empty says what to do first, and who may only look gets no buttons", async () => {
  const owner = await ownerOf("no-types");
  const page = await open(`/console/objects?team=${owner.team.id}`, { session: owner.session });
  await page.getByText("There is no object type yet").waitFor();
  await checkAccess(page, "objects-no-type");
  await page.getByRole("link", { name: "Go to the object types" }).click();
  await page.waitForURL(/object-types/);
  await close(page);

  const deals = await dealsOf("no-objects");
  const first = await open(deals.path.replace("&type=deals", ""), { session: deals.session });
  await first.getByText("There is nothing in Deals yet").waitFor();
  await checkAccess(first, "objects-empty");
  await first.getByLabel("Show").selectOption("only");
  await first.getByText("The trash is empty").waitFor();
  await close(first);

  await api(deals.session, "POST", deals.objects, { fields: { name: "Bridge" } });
  const viewer = await open(deals.path, { session: await memberOf(deals, "view-only") });
  await viewer.getByRole("link", { name: "Bridge" }).click();
  await viewer.getByRole("heading", { name: "Bridge" }).waitFor();
  assert.deepEqual(await viewer.locator("main [data-operation]").count(), 0);
  await close(viewer);
});

test("two conditions are asked for, their faults stand at them, and the filter is cleared", async () => {
  const values = [1, 2, 3, 4, 5, 6].map((amount) => ({ name: `${amount % 2 ? "Odd" : "Even"} ${amount}`, amount, stage: amount > 3 ? "Won" : "New" }));
  const { session, path } = await dealsOf("search", values);
  const page = await open(path, { session });
  await shown(page, "6 Deals");
  assert.deepEqual(await namesOn(page), ["Even 6", "Odd 5", "Even 4", "Odd 3", "Even 2", "Odd 1"]);
  await page.locator(".filter-panel summary").click();
  const one = page.getByRole("group", { name: "Condition 1" });
  await one.getByLabel("Value").fill("odd");
  await page.getByRole("button", { name: "Add a condition" }).click();
  const two = page.getByRole("group", { name: "Condition 2" });
  await two.getByLabel("Field").selectOption("Amount");
  await two.getByLabel("Operator").selectOption("is at least");
  await two.getByLabel("Value").fill("three");
  await page.getByRole("button", { name: "Apply filters" }).click();
  await page.locator("[data-fault='/filter/all/1/value']", { hasText: "Send a number." }).waitFor();
  await page.waitForFunction(() => document.activeElement.name === "filter.all.1.value");
  assert.equal(await two.getByLabel("Value").inputValue(), "three");
  assert.equal(await one.getByLabel("Value").inputValue(), "odd");
  await checkAccess(page, "objects-filter-fault");
  await two.getByLabel("Value").fill("3");
  await page.getByRole("button", { name: "Apply filters" }).click();
  await shown(page, "2 Deals");
  assert.deepEqual((await namesOn(page)).toSorted(), ["Odd 3", "Odd 5"]);
  const conditions = [{ field: "name", op: "contains", value: "odd" }, { field: "amount", op: "gte", value: 3 }];
  assert.deepEqual(JSON.parse(new URL(page.url()).searchParams.get("filter")), conditions);

  await page.reload();
  await shown(page, "2 Deals");
  assert.equal(await two.getByLabel("Value").inputValue(), "3");
  await page.getByRole("link", { name: "Odd 5" }).click();
  await page.getByRole("heading", { name: "Odd 5" }).waitFor();
  await page.goBack();
  await shown(page, "2 Deals");

  await two.getByLabel("Field").selectOption("Stage");
  await two.getByLabel("Operator").selectOption("is one of");
  await two.getByLabel("Value").fill("New\nLost");
  await page.getByRole("button", { name: "Apply filters" }).click();
  await shown(page, "2 Deals");
  await page.getByRole("link", { name: "Odd 1" }).waitFor();
  await two.getByLabel("Operator").selectOption("is empty");
  await page.getByRole("button", { name: "Apply filters" }).click();
  await shown(page, "No object fits");
  await checkAccess(page, "objects-none-fits");
  await page.getByRole("link", { name: "Clear the filter" }).click();
  await shown(page, "6 Deals");
  await page.goto(`${page.url()}&filter=nonsense`);
  await page.getByText("The address has a filter that cannot be read.").waitFor();
  await close(page);
});

test("a long list is sorted and read page by page, and keeps its place", async () => {
  const values = Array.from({ length: 120 }, (_, index) => ({ name: `Deal ${String(index).padStart(3, "0")}`, amount: 1000 - index }));
  const { session, path } = await dealsOf("pages", values);
  const page = await open(path, { session });
  await shown(page, "50 on this page");
  await page.getByRole("button", { name: "Count all" }).click();
  await shown(page, "120 Deals");
  const amount = page.getByRole("columnheader", { name: "Amount" });
  assert.equal(await amount.getAttribute("aria-sort"), "none");
  await amount.getByRole("link").click();
  await page.locator("th[aria-sort=ascending]", { hasText: "Amount" }).waitFor();
  assert.equal((await namesOn(page))[0], "Deal 119");
  assert.equal(await page.evaluate(() => document.activeElement.dataset.key), "sort amount");
  await checkAccess(page, "objects-filled");
  await amount.getByRole("link").click();
  await page.locator("th[aria-sort=descending]", { hasText: "Amount" }).waitFor();

  const seen = [];
  for (const first of ["Deal 000", "Deal 050", "Deal 100"]) {
    await page.getByRole("link", { name: first }).waitFor();
    seen.push(...await namesOn(page));
    if (first !== "Deal 100") await page.getByRole("link", { name: "Next page" }).click();
  }
  assert.deepEqual(seen, values.map(({ name }) => name));
  await page.reload();
  await page.getByRole("link", { name: "Deal 100" }).waitFor();
  await page.getByRole("link", { name: "Deal 110" }).click();
  await page.getByRole("heading", { name: "Deal 110" }).waitFor();
  await page.goBack();
  await page.getByRole("link", { name: "Deal 100" }).waitFor();
  await page.getByRole("button", { name: "Previous page" }).click();
  await page.getByRole("link", { name: "Deal 050" }).waitFor();
  await page.goto(`${page.url().replace(/cursor=[^&]*/, "cursor=other")}`);
  await page.getByText("This page is gone").waitFor();
  await page.getByRole("link", { name: "First page" }).click();
  await page.getByRole("link", { name: "Deal 000" }).waitFor();
  await close(page);
});

test("one value is changed and the history tells it; to the trash, back at once, restored, destroyed", async () => {
  const { session, team, base, objects, ids } = await dealsOf("life", [{ name: "Bridge", amount: 10 }]);
  const deal = { slug: "deal", label: "Deal", type: "relationship", searchable: true, settings: { object_type: "deals" } };
  const title = { slug: "title", label: "Title", type: "text" };
  const tasks = { slug: "tasks", singular_label: "Task", plural_label: "Tasks", item_label_fields: ["title"], fields: [title, deal] };
  await api(session, "POST", `${base}/object-types`, tasks);
  await api(session, "POST", `${base}/objects/tasks`, { fields: { title: "Measure it", deal: ids[0] } });
  const page = await open(`/console/objects/${ids[0]}?team=${team.id}&type=deals`, { session });
  await page.getByRole("button", { name: "Edit: Bridge" }).click();
  await page.getByRole("dialog").getByLabel(/^Amount/).fill("12.5");
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await page.getByText("Bridge is saved.").waitFor();
  const entry = page.locator(".history > li").first();
  await readUntil(page, entry, /Olivia Owner changed it.*Amount: 10 → 12\.5/);
  await page.getByText("Tasks by Deal").click();
  await page.getByRole("link", { name: "Measure it" }).waitFor();
  await page.getByRole("link", { name: "As a list" }).click();
  await page.getByRole("cell", { name: "Bridge" }).getByRole("link").waitFor();
  await page.getByText("Points at Bridge.").waitFor();
  await page.goBack();
  await page.getByRole("button", { name: "Send to webhooks: Bridge" }).click();
  await page.getByText("Bridge is sent").waitFor();
  await readUntil(page, entry, /Olivia Owner sent it to webhooks/);
  await checkAccess(page, "object-history");

  await page.getByRole("button", { name: "Move to the trash: Bridge" }).click();
  await page.getByText("Bridge is in the trash.").waitFor();
  await page.getByText("In the trash since").waitFor();
  await checkAccess(page, "object-trashed");
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByText("Bridge is back.").waitFor();
  await page.getByRole("button", { name: "Edit: Bridge" }).waitFor();
  await page.getByRole("link", { name: "All Deals" }).click();
  await page.getByRole("button", { name: "Move to the trash: Bridge" }).click();
  await page.getByText("There is nothing in Deals yet").waitFor();
  await page.getByLabel("Show").selectOption("only");
  await page.getByRole("button", { name: "Restore: Bridge" }).waitFor();
  await checkAccess(page, "objects-trash");
  await page.getByRole("button", { name: "Restore: Bridge" }).click();
  await page.getByText("The trash is empty").waitFor();
  assert.equal((await api(session, "GET", `${objects}/${ids[0]}`)).trashed_at, null);

  await api(session, "DELETE", `${objects}/${ids[0]}`);
  await page.reload();
  await page.getByRole("link", { name: "Bridge" }).click();
  await page.getByRole("button", { name: "Destroy: Bridge" }).click();
  const dialog = page.getByRole("alertdialog");
  await dialog.getByRole("button", { name: "Destroy" }).click();
  await dialog.getByText("This is not “Bridge”.").waitFor();
  await checkAccess(page, "object-destroy");
  await dialog.getByLabel("Type Bridge to confirm").fill("Bridge");
  await dialog.getByRole("button", { name: "Destroy" }).click();
  await page.getByText("Bridge is destroyed.").waitFor();
  await page.getByText("The trash is empty").waitFor();
  assert.deepEqual((await api(session, "GET", `${objects}?trashed=only`)).data, []);
  await close(page);
});

test("of two who change one object, the second sees what the first has changed", async () => {
  const { session, team, objects, ids } = await dealsOf("two-tabs", [{ name: "Bridge", amount: 10, stage: "New" }]);
  const path = `/console/objects/${ids[0]}?team=${team.id}&type=deals&dialog=edit`;
  const page = await open(path, { session });
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel(/^Amount/).fill("11");
  await api(session, "PATCH", `${objects}/${ids[0]}`, { fields: { amount: 99, stage: "Won" } });
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.getByText("Amount: now “99”, it was “10”").waitFor();
  await dialog.getByText("Stage: now “Won”, it was “New”").waitFor();
  await checkAccess(page, "object-conflict");
  await dialog.getByRole("button", { name: "Save mine all the same" }).click();
  await page.getByText("Bridge is saved.").waitFor();
  const kept = await api(session, "GET", `${objects}/${ids[0]}`);
  assert.deepEqual([kept.fields.amount, kept.fields.stage], [11, "Won"]);

  await page.getByRole("button", { name: "Edit: Bridge" }).click();
  await dialog.getByLabel(/^Amount/).fill("12");
  await api(session, "PATCH", `${objects}/${ids[0]}`, { fields: { amount: 50 } });
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.getByRole("button", { name: "Take theirs" }).click();
  assert.equal(await dialog.getByLabel(/^Amount/).inputValue(), "50");
  await close(page);
});

test("all of it works by keyboard alone, and on a narrow screen", async () => {
  const { session, objects, path } = await dealsOf("objects-keys");
  const page = await open(path, { session, viewport: { width: 320, height: 640 }, forcedColors: "active" });
  await page.getByText("There is nothing in Deals yet").waitFor();
  await checkFits(page, "objects at 320 px, empty");
  await page.getByRole("button", { name: "Create: Deal" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.type("Tower");
  await page.keyboard.press("Tab");
  await page.keyboard.type("7");
  await page.keyboard.press("Enter");
  await page.getByText("Tower is created.").waitFor();
  await page.getByRole("link", { name: "Tower" }).waitFor();
  await page.locator(".filter-panel summary").focus();
  await page.keyboard.press("Enter");
  await page.getByRole("group", { name: "Condition 1" }).getByLabel("Value").focus();
  await page.keyboard.type("tow");
  await page.keyboard.press("Enter");
  await page.getByText("Filter (1)").waitFor();
  await page.getByRole("link", { name: "Tower" }).waitFor();
  await checkFits(page, "objects at 320 px, filled");
  await page.getByRole("link", { name: "Tower" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Tower" }).waitFor();
  await checkFits(page, "object at 320 px");
  await page.getByRole("button", { name: "Move to the trash: Tower" }).focus();
  await page.keyboard.press("Enter");
  await page.getByText("Tower is in the trash.").waitFor();
  await page.getByRole("button", { name: "Destroy: Tower" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("alertdialog").waitFor();
  await page.keyboard.type("Tower");
  await page.keyboard.press("Enter");
  await page.getByText("Tower is destroyed.").waitFor();
  assert.deepEqual((await api(session, "GET", objects)).data, []);
  await close(page);
});

test("hostile values are shown as text and break nothing", async () => {
  const name = "<img src=x onerror=alert(1)> {{7*7}} \u200fשלום\u200f ‘\"&";
  const notes = `<script>alert(1)</script>${"W".repeat(10_000)}`;
  const { session, ids, path } = await dealsOf("hostile-objects", [{ name, notes }, { name: "x".repeat(1000) }]);
  const page = await open(path, { session, viewport: { width: 320, height: 640 } });
  await page.getByText("<img src=x onerror=alert(1)>").first().waitFor();
  await checkFits(page, "hostile objects at 320 px");
  await page.goto(page.url().replace("/objects?", `/objects/${ids[0]}?`));
  await settled(page);
  await page.getByText("<img src=x onerror=alert(1)>").first().waitFor();
  await checkFits(page, "hostile object at 320 px");
  await page.setViewportSize({ width: 1280, height: 900 });
  await checkAccess(page, "object-hostile");
  await page.getByRole("button", { name: /^Edit/ }).click();
  assert.equal(await page.getByRole("dialog").getByLabel("Name").inputValue(), name);
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  assert.equal(await page.locator("main img, main script").count(), 0);
  await close(page);
});
