// Each role has just the buttons, and the sections, that its calls would allow: compared with the table of routes.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { furnish } from "./furnish.mjs";
import { api, close, memberOf, open, ownerOf, setUp, settled } from "./harness.mjs";
import ROUTES from "../../functions/console/src/page/shell/routes.js";
import { SECTIONS } from "../../functions/console/src/page/shell/sections.js";

const MANIFEST = JSON.parse(readFileSync(new URL("../../shared/api/src/routes.json", import.meta.url)));
const ROLES = ["view-only", "update-only", "member", "manager", "administrator", "owner", "billing-manager"];
/** A person may always leave, whatever else their role allows. */
const OWN = ["teams.remove_member"];

setUp();

/** Whether a session with this role and these permissions passes a rule of the table that the authorizer has. */
function passes(operation, { role, permissions }) {
  const [method, path] = ROUTES[operation];
  const { access } = MANIFEST.find((route) => route.method === method && route.path === `/v1${path}`);
  if (access === "owner") return role === "owner";
  if (typeof access === "string") return access !== "token";
  if (access.self_or) return permissions.includes(access.self_or);
  return access.needs ? access.needs.every((each) => permissions.includes(each)) : access.needs_any.some((each) => permissions.includes(each));
}

/** The operations of the buttons that are shown on a page. */
function operationsOn(page) {
  return page.evaluate(() => [...new Set([...document.querySelectorAll("[data-operation]")].filter((each) => each.checkVisibility()).map((each) => each.dataset.operation))]);
}

test("each role sees the sections and the buttons that its calls would allow, and no others", async () => {
  const owner = await ownerOf("roles");
  const pages = await furnish(owner);
  // What the owner has on a page is what there is to have there.
  const all = new Map();
  for (const role of ["owner", ...ROLES.filter((each) => each !== "owner")]) {
    const session = role === "owner" ? owner.session : await memberOf(owner, role);
    const { teams } = await api(session, "GET", "/v1/me");
    const rights = teams.find(({ id }) => id === owner.team.id);
    assert.equal(rights.role, role);
    const page = await open(`/console?team=${owner.team.id}`, { session });
    await settled(page);
    const linked = await page.locator("#menu li a").evaluateAll((links) => links.map((link) => link.id.replace("menu-", "")));
    assert.deepEqual(linked, SECTIONS.filter(({ group, needs }) => group && passes(needs, rights)).map(({ name }) => name), role);
    for (const [section, path] of pages) {
      await page.goto(new URL(path, page.url()).href);
      await settled(page);
      const shown = await operationsOn(page);
      if (role === "owner") all.set(path, shown);
      const { needs } = SECTIONS.find(({ name }) => name === section);
      const expected = all.get(path).filter((operation) => passes(needs, rights) && passes(operation, rights));
      const beyond = shown.filter((operation) => !expected.includes(operation) && !(passes(needs, rights) && OWN.includes(operation)));
      assert.deepEqual(beyond, [], `${role} has too much on ${path}`);
      // What is the person's own differs: their tokens, and the empty list's button; and who only sends files deletes no others.
      const isOwn = (operation) => operation.startsWith("tokens.") || (operation === "uploads.delete" && !rights.permissions.includes("object:delete"));
      const missing = expected.filter((operation) => !shown.includes(operation) && !isOwn(operation));
      assert.deepEqual(missing, [], `${role} misses something on ${path}`);
    }
    await close(page);
  }
  const seen = new Set([...all.values()].flat());
  assert.ok(seen.size > 20, `${[...seen]}`);
});
