// Whatever can be pressed or filled in, in each section and in its dialogs, is reached by the Tab key, and is seen to have the focus.

import assert from "node:assert/strict";
import { test } from "node:test";

import { furnish } from "./furnish.mjs";
import { close, open, ownerOf, setUp, settled } from "./harness.mjs";

setUp();

/** Dialogs by what the pages of `furnish` begin with. */
const DIALOGS = [
  [/^\/console\/tokens\?/, ["create"]],
  [/^\/console\/members\?/, ["invite", "leave"]],
  [/^\/console\/webhooks\?team=[^&]*$/, ["create", "signature"]],
  [/^\/console\/webhooks\/[^?]*\?team=[^&]*$/, ["edit", "rotate", "recover", "signature"]],
  [/^\/console\/uploads\/upl_[^?]*\?/, ["delete", "destroy"]],
  [/^\/console\/object-types\?/, ["create"]],
  [/^\/console\/object-types\/[^?]*\?/, ["edit", "add-field"]],
  [/^\/console\/objects\?team=[^&]*&type=tasks$/, ["create"]],
  [/^\/console\/objects\/[^?]*\?team=[^&]*&type=tasks$/, ["edit"]],
];

/** Marks what can be reached below a selector, and gives how many there are. Of radio buttons one is, and the arrows lead to the others. */
function mark(page, selector) {
  return page.evaluate((root) => {
    const all = [...document.querySelectorAll(`:is(${root}) :is(a[href], button, input:not([type=radio]), select, textarea, summary)`)];
    const reachable = all.filter((each) => each.checkVisibility() && !each.disabled && each.tabIndex >= 0);
    reachable.forEach((each, index) => { each.dataset.reach = index; });
    return reachable.map((each) => each.outerHTML.slice(0, 120));
  }, selector);
}

/** Presses the Tab key until all that is marked was reached; fails for what was not, or had the focus without a sign of it. */
async function tabThrough(page, selector, name) {
  const wanted = await mark(page, selector);
  const reached = new Set();
  const unseen = [];
  for (let presses = 0; presses < wanted.length * 2 + 40 && reached.size < wanted.length; presses += 1) {
    await page.keyboard.press("Tab");
    const { index, isSeen, text } = await page.evaluate(() => {
      const { dataset, outerHTML } = document.activeElement;
      const { outlineStyle, boxShadow } = getComputedStyle(document.activeElement);
      return { index: dataset.reach, isSeen: outlineStyle !== "none" || boxShadow !== "none", text: outerHTML.slice(0, 120) };
    });
    if (index === undefined) continue;
    reached.add(Number(index));
    if (!isSeen) unseen.push(text);
  }
  assert.deepEqual(wanted.filter((_, index) => !reached.has(index)), [], `${name}: not reached`);
  assert.deepEqual(unseen, [], `${name}: the focus is not seen`);
}

test("all of each section is reached by the Tab key", async () => {
  const owner = await ownerOf("tabs");
  const page = await open("/console", { session: owner.session });
  for (const [, path] of await furnish(owner)) {
    await page.goto(new URL(path, page.url()).href);
    await settled(page);
    await tabThrough(page, "#menu, #content", path);
  }
  await close(page);
});

test("all of each dialog is reached by the Tab key, and Escape leads out of it", async () => {
  const owner = await ownerOf("tabbed");
  const page = await open("/console", { session: owner.session });
  let count = 0;
  for (const [, path] of await furnish(owner)) {
    for (const dialog of DIALOGS.flatMap(([pattern, names]) => (pattern.test(path) && !path.includes("trashed") ? names : []))) {
      await page.goto(new URL(`${path}&dialog=${dialog}`, page.url()).href);
      await page.locator("dialog[open]").waitFor();
      await settled(page);
      await tabThrough(page, "dialog[open]", `${path} ${dialog}`);
      await page.keyboard.press("Escape");
      await page.locator("dialog[open]").waitFor({ state: "detached" });
      count += 1;
    }
  }
  assert.ok(count >= 12, `${count}`);
  await close(page);
});
