// The page of a form: filled in with scripts and without, by mouse and by keyboard, and in a frame of another page.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";

import { api, checkAccess, checkFits, close, open, ownerOf, scene, setUp } from "./harness.mjs";

setUp();

const fields = [
  { slug: "name", label: "Name", type: "name" },
  { slug: "email", label: "E-mail", type: "email" },
  { slug: "kind", label: "Kind", type: "radio", settings: { options: ["Question", "Order"] } },
  { slug: "amount", label: "Amount", type: "number" },
  { slug: "plan", label: "Plan", type: "dropdown", settings: { options: ["Small", "Large"] } },
  { slug: "topics", label: "Topics", type: "checkboxes", settings: { options: ["News", "Events"] } },
  { slug: "start", label: "Start", type: "date" },
  { slug: "moment", label: "Moment", type: "date", settings: { precision: "date-time" } },
  { slug: "budget", label: "Budget", type: "money", settings: { currency: "EUR" } },
  { slug: "home", label: "Home", type: "address", settings: { required_parts: ["city"] } },
  { slug: "box", label: "Box", type: "composite", settings: { fields: [{ slug: "width", label: "Width", type: "number" }] } },
  { slug: "agreed", label: "I agree", type: "checkbox" },
  { slug: "notes", label: "Notes", type: "textarea" },
];

const pages = [
  { title: "You", items: [
    { text: "About *you*, and [more](https://example.com)." }, { field: "name", required: true, help: "As on your **passport**", autocomplete: "name" }, { field: "email", width: "half" },
    { field: "kind", width: "half" }, { field: "amount", required: true, visible: { if: { field: "kind", op: "eq", value: "Order" } } },
  ] },
  { title: "The rest", description: "Only if you like", items: [
    { field: "plan" }, { field: "topics" }, { field: "start" }, { field: "moment" }, { field: "budget" }, { field: "home" }, { field: "box" }, { field: "notes" }, { field: "agreed", required: true },
  ] },
];

/** A team with an open form of two pages. */
async function formOf(slug, more = {}) {
  const owner = await ownerOf(slug);
  const at = `/v1/teams/${owner.team.id}`;
  await api(owner.session, "POST", `${at}/object-types`, { slug: "leads", singular_label: "Lead", plural_label: "Leads", item_label_fields: ["name"], fields });
  const protection = { min_seconds: 0, per_address: { limit: 1_000, window_seconds: 600 } };
  const form = await api(owner.session, "POST", `${at}/forms`, {
    name: "Leads", title: "Write to <b>us</b>", description: "We answer *soon*.", object_type: "leads", status: "open", pages, protection, confirmation: { message: "**Thank you.**" }, ...more,
  });
  const leads = async () => (await api(owner.session, "GET", `${at}/objects/leads`)).data;
  return { form, leads };
}

const next = (page) => page.getByRole("button", { name: "Next" });

test("a form is filled in: fields come and go, what is wrong is told as somebody leaves a field", async () => {
  const { form, leads } = await formOf("page-form");
  const page = await open(`/f/${form.key}`);
  await page.getByRole("heading", { name: "Write to <b>us</b>" }).waitFor();
  await checkAccess(page, "form-page");
  assert.equal(await page.getByLabel("Amount").isVisible(), false);
  await page.getByLabel("Order").check();
  await page.getByLabel("Amount (required)").waitFor();
  await page.getByLabel("E-mail").fill("ada@");
  await page.getByLabel("Amount").focus();
  await page.getByText("Give an e-mail address").waitFor();
  assert.equal(await page.getByLabel("E-mail").getAttribute("aria-invalid"), "true");
  await page.getByLabel("E-mail").fill("ada@example.com");
  await page.getByText("Give an e-mail address").waitFor({ state: "detached" });
  await next(page).click();
  const summary = page.getByRole("alert");
  await summary.getByRole("link", { name: /^Name: / }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.id), "faults");
  await checkAccess(page, "form-page-faults");
  await summary.getByRole("link", { name: /^Amount: / }).click();
  assert.equal(await page.evaluate(() => document.activeElement.id), "f-amount");
  await page.getByLabel("Amount").fill("12.5");
  await page.getByLabel("Name").fill("Ada <i>");
  await next(page).click();
  await page.getByText("Step 2 of 2").waitFor();
  await checkAccess(page, "form-page-second");
  await page.getByLabel("Plan").selectOption("Large");
  await page.getByLabel("Events").check();
  await page.getByLabel("Start").fill("2026-12-24");
  await page.getByLabel("Moment (UTC)").fill("2026-12-24T18:30");
  await page.getByLabel("Budget").fill("99.90");
  await page.getByLabel("City (required)").fill("Graz");
  await page.getByLabel("Width").fill("3");
  await page.getByLabel("Notes").fill("one\ntwo");
  await page.getByLabel("I agree").check();
  await page.getByRole("button", { name: "Send" }).dblclick();
  await page.getByText("Thank you.").waitFor();
  await checkAccess(page, "form-page-sent");
  await page.reload();
  await page.getByText("Thank you.").waitFor();
  const [{ fields: made }, ...others] = await leads();
  assert.equal(others.length, 0);
  assert.deepEqual([made.name, made.amount, made.plan, made.topics, made.start, made.moment, made.budget, made.home.city, made.box.width, made.notes, made.agreed],
    ["Ada <i>", 12.5, "Large", ["Events"], "2026-12-24", "2026-12-24T18:30:00.000Z", { amount: "99.90", currency: "EUR" }, "Graz", 3, "one\ntwo", true]);
  await close(page);
});

test("it works by keyboard alone on a narrow screen", async () => {
  const { form, leads } = await formOf("page-keys");
  const page = await open(`/f/${form.key}`, { viewport: { width: 320, height: 640 } });
  await checkFits(page, "form-page at 320 px");
  await page.getByLabel("Name").focus();
  await page.keyboard.type("Grace");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Tab");
  await page.keyboard.type("7");
  await page.keyboard.press("Enter");
  await page.getByText("Step 2 of 2").waitFor();
  await checkFits(page, "form-page-second at 320 px");
  await page.getByLabel("City").fill("Graz");
  await page.getByLabel("I agree").focus();
  await page.keyboard.press("Space");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByText("Thank you.").waitFor();
  assert.equal((await leads())[0].fields.amount, 7);
  await close(page);
});

test("without scripts it is the same form, and all of its fields are there", async () => {
  const { form, leads } = await formOf("page-plain");
  const page = await open(`/f/${form.key}?prefill_name=x`, { javaScriptEnabled: false });
  await page.getByLabel("Amount").waitFor();
  await checkFits(page, "form-page-plain");
  await next(page).click();
  await page.getByRole("alert").getByRole("link", { name: /^Name: / }).click();
  await page.getByLabel("Name").fill("Edith");
  await page.getByLabel("Amount").fill("not asked for a question");
  await page.getByLabel("Question").check();
  await next(page).click();
  await page.getByText("Step 2 of 2").waitFor();
  await page.getByRole("button", { name: "Back" }).click();
  assert.equal(await page.getByLabel("Name").inputValue(), "Edith");
  await next(page).click();
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByRole("alert").getByRole("link", { name: /^I agree: / }).waitFor();
  await page.getByLabel("I agree").check();
  await page.getByLabel("City").fill("Graz");
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("Thank you.").waitFor();
  const [{ fields: made }] = await leads();
  assert.deepEqual([made.name, made.kind, made.amount], ["Edith", "Question", null]);
  await close(page);
});

/** A page of another origin that sets forms in. Ends with the test. */
async function shopOf(context, ...keys) {
  const scripts = keys.map((key) => `<script src="${scene.url}/f/${key}/embed.js" async></script>`);
  const server = createServer((_, response) => { response.setHeader("content-type", "text/html").end(`<!doctype html><title>Shop</title><h1>Shop</h1>${scripts.join("")}`); });
  await new Promise((done) => { server.listen(0, "127.0.0.1", done); });
  context.after(() => server.close());
  return `http://localhost:${server.address().port}/`;
}

test("it stands in pages of other origins that may, as tall as it is, and in no other", async (context) => {
  const { form, leads } = await formOf("page-frame", { allowed_origins: ["*"] });
  const { form: closed } = await formOf("page-frameless");
  const browsing = await scene.browser.newContext();
  const page = await browsing.newPage();
  const refused = page.waitForEvent("console", (message) => message.text().includes("frame-ancestors"));
  await page.goto(`${await shopOf(context, form.key, closed.key)}?prefill_name=no`);
  await refused;
  const [frame, other] = [0, 1].map((index) => page.frameLocator("iframe").nth(index));
  await frame.getByLabel("Name").fill("Ada");
  const wanted = await frame.locator("html").evaluate((element) => element.offsetHeight);
  await page.waitForFunction((tall) => document.querySelector("iframe").clientHeight === tall, wanted);
  await frame.getByRole("button", { name: "Next" }).click();
  await frame.getByLabel("I agree").check();
  await frame.getByLabel("City").fill("Graz");
  await frame.getByRole("button", { name: "Send" }).click();
  await frame.getByText("Thank you.").waitFor();
  assert.equal((await leads())[0].fields.name, "Ada");
  assert.equal(await other.getByLabel("Name").count(), 0);
  await browsing.close();
});
