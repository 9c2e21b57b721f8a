// Files for tests: a real picture, and the three steps by which a file comes into the store.

import assert from "node:assert/strict";
import { crc32, deflateSync } from "node:zlib";

import { api, scene } from "./harness.mjs";

function chunk(name, data) {
  const named = Buffer.concat([Buffer.from(name), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}

/** A picture of one colour, in PNG. */
export function png(width, height) {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2], 8);
  const row = Buffer.concat([Buffer.from([0]), Buffer.alloc(width * 3, 0x6f)]);
  const rows = deflateSync(Buffer.concat(Array.from({ length: height }, () => row)));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk("IHDR", head), chunk("IDAT", rows), chunk("IEND", Buffer.alloc(0))]);
}

/** Sends a file by the API and the store, and gives the upload. */
export async function uploadOf(session, team, filename, content) {
  const at = `/v1/teams/${team.id}/uploads`;
  const body = Buffer.from(content);
  const { id, put } = await api(session, "POST", at, { filename, size: body.length });
  const { "content-length": _, ...headers } = put.headers;
  const sent = await fetch(put.url, { method: put.method, headers, body });
  assert.equal(sent.status, 200);
  let upload;
  do upload = await api(session, "POST", `${at}/${id}/complete`, {}); while (upload.status === "checking");
  return upload;
}

/** The uploads of a team by their names, as the API has them. */
export async function uploadsOf(session, team) {
  const { data } = await api(session, "GET", `/v1/teams/${team.id}/uploads`);
  return Object.fromEntries(data.map((upload) => [upload.filename, upload]));
}

/** Presses a button that lets choose files, by `press`, and chooses these: `[name, content]`. */
export async function choose(page, press, ...files) {
  const chooser = page.waitForEvent("filechooser");
  await press();
  await (await chooser).setFiles(files.map(([name, content]) => ({ name, mimeType: "", buffer: Buffer.from(content) })));
}

/** Drops files onto the page or pastes them, as the browser tells of both. */
export function bring(page, kind, ...files) {
  return bringTo(page.locator("#content h1"), kind, ...files);
}

/** The same at a place of it. Gives of a drop whether a place was marked for it, and of all else whether the browser may do with it what it does by itself. */
export async function bringTo(place, kind, ...files) {
  const brought = await place.evaluate((target, [type, list]) => {
    // The page was drawn anew since the place was found.
    if (!target.isConnected) return null;
    const data = new DataTransfer();
    for (const [name, content] of list) data.items.add(new File([content], name));
    const options = { bubbles: true, cancelable: true };
    if (type === "paste") return target.dispatchEvent(new ClipboardEvent("paste", { ...options, clipboardData: data }));
    target.dispatchEvent(new DragEvent("dragover", { ...options, dataTransfer: data }));
    const isMarked = Boolean(document.querySelector("[data-over]"));
    target.dispatchEvent(new DragEvent("drop", { ...options, dataTransfer: data }));
    return isMarked && !document.querySelector("[data-over]");
  }, [kind, files]);
  return brought ?? bringTo(place, kind, ...files);
}

/** Holds back what is sent to the store, until what it gives is called. */
export async function holdBack(page) {
  let held = [];
  await page.route(`${scene.files}/**`, (route) => (held && route.request().method() === "PUT" ? held.push(route) : route.continue()));
  return async () => {
    const those = held;
    held = null;
    // Some may be cancelled by now.
    for (const route of those) await route.continue().catch(() => {});
  };
}
