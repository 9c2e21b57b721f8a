// What holds for every section alike: it fits narrow windows and large text, can be read by everybody, keeps its place, and shows its requests.

import assert from "node:assert/strict";
import { test } from "node:test";

import { furnish } from "./furnish.mjs";
import { checkAccess, checkFits, close, open, ownerOf, setUp, settled } from "./harness.mjs";

setUp();

/** Opens each page of a furnished team in a window of its own kind. */
async function visit(slug, options, look) {
  const owner = await ownerOf(slug);
  const pages = await furnish(owner);
  const page = await open("/console", { session: owner.session, ...options });
  for (const [section, path] of pages) {
    await page.goto(new URL(path, page.url()).href);
    await settled(page);
    await look(page, section, path);
  }
  await close(page);
}

test("each section is accessible when it is filled, in light and in dark", async () => {
  await visit("sections-axe", {}, async (page, section, path) => checkAccess(page, `section-${section}${path.includes("trashed") ? "-trash" : ""}`));
});

test("each section fits a window of 320 px", async () => {
  await visit("sections-narrow", { viewport: { width: 320, height: 700 } }, (page, _, path) => checkFits(page, path));
});

test("each section fits when everything is twice as large", async () => {
  await visit("sections-zoom", { viewport: { width: 640, height: 450 }, deviceScaleFactor: 2 }, (page, _, path) => checkFits(page, path));
});

test("with forced colours each button is still seen to be one, and the open section to be the open one", async () => {
  await visit("sections-forced", { forcedColors: "active" }, async (page, _, path) => {
    await checkFits(page, path);
    const unseen = await page.evaluate(() => {
      const isBare = (element) => {
        const { borderTopStyle, borderTopWidth, textDecorationLine } = getComputedStyle(element);
        return (borderTopStyle === "none" || borderTopWidth === "0px") && !textDecorationLine.includes("underline");
      };
      return [...document.querySelectorAll("main button, main a.button, a[aria-current]")].filter((element) => element.checkVisibility() && isBare(element)).map((element) => element.textContent);
    });
    assert.deepEqual(unseen, [], path);
  });
});

test("each section is the same after loading anew, and each button that calls at once has its request shown beside it", async () => {
  await visit("sections-anew", {}, async (page, _, path) => {
    const text = () => page.locator("#content h1").textContent();
    const title = await text();
    const missing = await page.evaluate(() => {
      const shown = new Set([...document.querySelectorAll("[data-shows]")].flatMap((each) => each.dataset.shows.split(" ")));
      return [...document.querySelectorAll("[data-does=calls]")].map((each) => each.dataset.operation).filter((operation) => !shown.has(operation));
    });
    assert.deepEqual(missing, [], path);
    assert.ok((await page.locator("[data-shows]").count()) > 0 || path.includes("reference"), `${path} shows no request`);
    await page.reload();
    await settled(page);
    assert.equal(await text(), title, path);
  });
});
