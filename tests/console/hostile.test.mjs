// Names that would be markup, code or layout elsewhere are text here, in every section.

import assert from "node:assert/strict";
import { test } from "node:test";

import { uploadOf } from "./files.mjs";
import { api, checkFits, close, open, ownerOf, setUp, settled } from "./harness.mjs";
import { SECTIONS } from "../../functions/console/src/page/shell/sections.js";

const NAMES = {
  markup: `<img src=x onerror="console.error('run')"><script>console.error('run')</script>`,
  template: "{{7*7}} ${7*7} <%= 7*7 %>",
  rightToLeft: "\u200fabc\u200e \u0627\u0644\u0639\u0631\u0628\u064a\u0629 \u2067x\u2069 \u2067y",
  long: "W".repeat(10_000),
};

setUp();

/** A name that is cut to what a member takes. */
const cut = (name, length) => [...name].slice(0, length).join("");

async function furnish({ session, team }, name) {
  const at = `/v1/teams/${team.id}`;
  // Where a mark of direction or a length is refused, what is left of the name is tried.
  const attempt = (method, path, body) => api(session, method, path, body).catch(() => null);
  await attempt("PATCH", at, { name: cut(name, 100) });
  const type = (await attempt("POST", `${at}/object-types`, typeOf(cut(name, 60)))) ?? (await api(session, "POST", `${at}/object-types`, typeOf("Things")));
  const object = await api(session, "POST", `${at}/objects/things`, { fields: { title: name } }).catch(() => api(session, "POST", `${at}/objects/things`, { fields: { title: cut(name, 200) } }));
  const hook = { url: "https://example.com/hook", topics: ["object.created"] };
  const webhook = (await attempt("POST", `${at}/webhooks`, { ...hook, name: cut(name, 100), description: cut(name, 900) })) ?? (await api(session, "POST", `${at}/webhooks`, { ...hook, name: "Hook" }));
  const file = (await uploadOf(session, team, `${cut(name.replaceAll("/", ""), 200)}.txt`, "x").catch(() => null)) ?? (await uploadOf(session, team, "x.txt", "x"));
  await attempt("POST", "/v1/tokens", { name: cut(name, 100), description: cut(name, 900), permissions: ["object:read"] });
  return [
    ...SECTIONS.filter(({ group }) => group).map((section) => `/console/${section.name}?team=${team.id}`),
    `/console/uploads/${file.id}?team=${team.id}`,
    `/console/objects?team=${team.id}&type=things`,
    `/console/objects/${object.id}?team=${team.id}&type=things`,
    `/console/object-types/${type.id}?team=${team.id}`,
    `/console/webhooks/${webhook.id}?team=${team.id}`,
  ];
}

function typeOf(label) {
  return {
    slug: "things", singular_label: label, plural_label: label, item_label_fields: ["title"],
    fields: [{ slug: "title", label, type: "textarea" }],
  };
}

for (const [kind, name] of Object.entries(NAMES)) {
  test(`a name of ${kind} is text in every section, in wide and narrow windows`, async () => {
    const owner = await ownerOf(`hostile-${kind.toLowerCase()}`, "Team");
    const paths = await furnish(owner, name);
    const page = await open("/console", { session: owner.session });
    for (const path of paths) {
      await page.goto(new URL(path, page.url()).href);
      await settled(page);
      for (const width of [1280, 320]) {
        await page.setViewportSize({ width, height: 700 });
        await checkFits(page, `${path} at ${width}`);
      }
      assert.equal(await page.locator("#content img, #content script, #menu img, #menu script").count(), 0, path);
    }
    // What the object is called was there to be seen.
    await page.goto(new URL(paths.at(-3), page.url()).href);
    await settled(page);
    const text = await page.locator("#content").textContent();
    assert.ok(text.includes(cut(name, 50)), text.slice(0, 500));
    await close(page);
  });
}
