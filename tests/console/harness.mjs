// An engine of its own and a real browser for each file of tests, and what every page has to keep to.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { after, before } from "node:test";

import { chromium } from "playwright-core";

const root = fileURLToPath(new URL("../..", import.meta.url));
const ENGINE = process.env.ENGINE ?? `${root}target/debug/engine`;
/** Where pictures of the sections go; git ignores it. */
const PICTURES = `${root}target/console`;
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/** How long something is waited for, in milliseconds. It ends what hangs, and nothing that is slow: other suites may run beside this one. */
const PATIENCE = 60_000;

/** Nothing is drawn but what pictures need: the processor draws, as there is no other. */
const ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-software-rasterizer", "--disable-extensions", "--disable-background-networking"];

/** The engine and the browser of this file. They begin before its tests and end after them. */
export const scene = { url: "", files: "", browser: null, context: null };

export function setUp(...options) {
  let engine;
  before(async () => {
    engine = spawn(ENGINE, ["--port", "0", "--in-memory", ...(options.length ? options : ["--seed", "none"])], { stdio: ["ignore", "pipe", "inherit"] });
    scene.url = await readyUrl(engine);
    scene.files = await filesOrigin();
    scene.browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium-headless-shell", args: ARGUMENTS });
  });
  after(async () => {
    await scene.browser?.close();
    engine?.kill("SIGTERM");
  });
}

async function readyUrl(engine) {
  for await (const line of createInterface({ input: engine.stdout })) {
    const [, url] = line.match(/^ready (\S+)/) ?? [];
    if (url) {
      // What else it says must not fill the pipe.
      engine.stdout.resume();
      return url;
    }
  }
  throw new Error("the engine did not start");
}

/** Where files are sent to and pictures come from, which the page may call too: its policy names it. */
async function filesOrigin() {
  const { headers } = await fetch(`${scene.url}/console`);
  const [, origin] = headers.get("content-security-policy").match(/img-src 'self' data: (\S+?);/);
  assert.notEqual(origin, scene.url);
  return origin;
}

/** What the API answers; a refusal fails the test. */
export async function api(session, method, path, body) {
  const response = await fetch(`${scene.url}${path}`, {
    method,
    headers: { Authorization: `Bearer ${session}`, ...(body && { "Content-Type": "application/json" }) },
    body: body && JSON.stringify(body),
  });
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${response.ok ? "" : await response.text()}`);
  return response.status === 204 ? null : response.json();
}

/** A session of a person with this address. */
export async function sessionOf(email, name = email.split("@")[0]) {
  const response = await fetch(`${scene.url}/local/session`, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ email, name }),
  });
  return (await response.json()).session;
}

/** An owner with a team of their own: `{ session, team }`. */
export async function ownerOf(slug, name = "Sales") {
  const session = await sessionOf(`owner@${slug}.example`, "Olivia Owner");
  const team = await api(session, "POST", "/v1/teams", { name, slug });
  return { session, team };
}

/** Somebody with a role in a team: their session. */
export async function memberOf({ session, team }, role, email = `${role}@${team.slug}.example`) {
  const { secret } = await api(session, "POST", `/v1/teams/${team.id}/invitations`, { email, role });
  const member = await sessionOf(email, role);
  await api(member, "POST", "/v1/invitations/accept", { secret });
  return member;
}

const WINDOW = { viewport: { width: 1280, height: 900 }, permissions: ["clipboard-read", "clipboard-write"] };

/**
 * A window that is signed in with a session, if one is given, with a list of all that a page must not do: `page.faults`.
 * `close` ends it and fails if there was any. Windows of a file share what a browser keeps of assets, unless they are of another kind.
 */
export async function open(path, { session, viewport = WINDOW.viewport, ...kind } = {}) {
  const isOther = Object.keys(kind).length > 0;
  const context = isOther ? await scene.browser.newContext({ ...WINDOW, ...kind, viewport }) : await sharedContext();
  const page = await context.newPage();
  page.end = () => (isOther ? context.close() : page.close());
  await page.setViewportSize(viewport);
  await page.addInitScript(() => addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`)));
  if (session) await page.addInitScript((text) => { if (location.protocol !== "about:") sessionStorage.setItem("console.session", text); }, session);
  watch(page);
  await page.goto(`${scene.url}${path}`);
  return page;
}

async function sharedContext() {
  scene.context ??= await scene.browser.newContext(WINDOW);
  return scene.context;
}

function watch(page) {
  page.faults = [];
  page.setDefaultTimeout(PATIENCE);
  page.on("pageerror", (fault) => page.faults.push(`error: ${fault.stack}`));
  page.on("console", (message) => {
    // A refusal that the page shows is no fault of the page.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) page.faults.push(message.text());
  });
  page.on("request", (request) => {
    const own = [`${scene.url}/`, `${scene.files}/`, "data:", "blob:"];
    if (!own.some((start) => request.url().startsWith(start))) page.faults.push(`elsewhere: ${request.url()}`);
  });
}

/** Ends a window that has done nothing that it must not do. */
export async function close(page) {
  assert.deepEqual(page.faults, []);
  await page.end();
}

/** Waits until the section is painted. */
export async function settled(page) {
  await page.waitForFunction(() => document.querySelector("#content h1") && !document.querySelector("#content[aria-busy]"));
}

/** What `read` gives, as soon as that is what `isThere` asks for: much follows from a change a moment later. */
export async function eventually(read, isThere) {
  for (const end = Date.now() + PATIENCE; Date.now() < end;) {
    const found = await read();
    if (isThere(found)) return found;
    await new Promise((done) => { setTimeout(done, 50); });
  }
  return assert.fail("what is waited for does not come");
}

/** Loads the page anew until what follows a change, such as its entry in a history, is there too. */
export async function readUntil(page, locator, pattern) {
  await eventually(async () => {
    await settled(page);
    const text = (await locator.count()) > 0 ? await locator.textContent() : "";
    if (!pattern.test(text)) await page.reload();
    return text;
  }, (text) => pattern.test(text));
}

/** Fails if axe-core finds anything on the page as it is, in light and in dark; keeps a picture of both, named so. */
export async function checkAccess(page, name) {
  mkdirSync(PICTURES, { recursive: true });
  await page.evaluate(AXE);
  const found = [];
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    // What fades is not yet what is read.
    await page.evaluate(() => Promise.allSettled(document.getAnimations().map(({ finished }) => finished)));
    // What differs in the dark is colours.
    const only = colorScheme === "light" ? { type: "tag", values: RULES } : { type: "rule", values: ["color-contrast"] };
    const { violations } = await page.evaluate((runOnly) => globalThis.axe.run({ runOnly, resultTypes: ["violations"] }), only);
    found.push(...violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${colorScheme} ${id} ${target}: ${failureSummary}`)));
    await page.screenshot({ path: `${PICTURES}/${name}-${colorScheme}.png` });
  }
  await page.emulateMedia({ colorScheme: "light" });
  assert.deepEqual(found, [], name);
}

/** Fails if something is wider than the window, but for what scrolls by itself. */
export async function checkFits(page, name) {
  const beyond = await page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    return [...document.querySelectorAll("body *")].filter((element) => element.getBoundingClientRect().right > width + 1).map((element) => `${element.tagName}.${element.className}`);
  });
  assert.deepEqual(beyond, [], name);
}
