// One file on its way: announced to the API, sent to the store, and looked at there.

import { call } from "../shell/api.js";
import { faultAt } from "../parts/faults.js";

/** A larger file would have to be sent in parts. */
const SIZE_MAX = 64 * 1024 * 1024;
/** Of files up to this size the store is told the checksum, so that it refuses whatever was changed on the way. */
const HASHED_MAX = 16 * 1024 * 1024;
/** The pause before it is asked again whether a file was looked at, in milliseconds. */
const PAUSE = 500;
/** A URL that ends this soon is not begun with, in milliseconds. */
const MARGIN = 30_000;
/** The store has the file already: it came through, and the answer was lost. */
const IS_THERE = 412;

let made = 0;

/**
 * A file that is sent to a team. `stage` is `queued`, `reading`, `sending` or `checking`, and in the end `ready`, `rejected`, `failed` or `cancelled`.
 * `fault` says what failed, `upload` is what the API has of the file, and `changed` is called after each step.
 */
export class Transfer {
  #stopper = null;
  #key = null;
  #put = null;
  stage = "queued";
  loaded = 0;
  upload = null;
  fault = null;
  changed = () => {};

  constructor(team, file) {
    made += 1;
    Object.assign(this, { team, file, key: `file-${made}` });
  }

  get name() {
    return this.file.name;
  }

  get isOver() {
    return ["ready", "rejected", "failed", "cancelled"].includes(this.stage);
  }

  /** Makes a transfer that has failed one that waits for its turn. */
  reset() {
    this.loaded = 0;
    this.fault = null;
    this.#enter("queued");
  }

  /** Sends the file. It never fails by itself: what went wrong is in `fault`. */
  async run() {
    this.#stopper = new AbortController();
    try {
      await this.#announce();
      await this.#send();
      await this.#check();
    } catch (fault) {
      this.fault = fault;
      if (this.stage !== "cancelled") this.#enter("failed");
    }
  }

  /** Stops it, and takes back what was announced. */
  cancel() {
    this.#enter("cancelled");
    this.#stopper?.abort();
    if (this.upload) call("uploads.delete", this.#place()).catch(() => {});
  }

  #place() {
    return { team: this.team, upload: this.upload.id };
  }

  #enter(stage) {
    this.stage = stage;
    this.changed();
  }

  /** Tells the API what comes. What was announced before is used again as long as its URL lasts, so that trying again makes no second file. */
  async #announce() {
    const isUsable = this.#put && new Date(this.#put.expires_at) - Date.now() > MARGIN;
    if (isUsable) return;
    if (this.file.size > SIZE_MAX) throw faultAt("/size", "This page sends files of up to 64 MiB. A program can send a larger one in parts.");
    this.#enter("reading");
    const sha256 = await hashOf(this.file);
    this.#stopper.signal.throwIfAborted();
    this.#key ??= crypto.randomUUID();
    const body = { filename: this.file.name, size: this.file.size, ...(sha256 && { sha256 }) };
    try {
      const { put, ...upload } = await call("uploads.create", { team: this.team }, { body, key: this.#key });
      Object.assign(this, { upload });
      this.#put = put;
      this.#key = null;
    } catch (fault) {
      if (fault.isFinal) this.#key = null;
      throw fault;
    }
    // It was cancelled while the API answered.
    if (this.stage === "cancelled") this.cancel();
    this.#stopper.signal.throwIfAborted();
  }

  async #send() {
    this.#enter("sending");
    const status = await sendBytes(this.#put, this.file, this.#stopper.signal, (loaded) => {
      this.loaded = loaded;
      this.changed();
    });
    if (status < 300 || status === IS_THERE) return;
    // The URL is of no use any more: the next attempt gets another.
    this.#put = null;
    throw new Error(`The store has refused the file (${status}). It may have changed while it was sent.`);
  }

  async #check() {
    this.#enter("checking");
    const { signal } = this.#stopper;
    try {
      do {
        if (this.upload.status === "checking") await new Promise((done) => { setTimeout(done, PAUSE); });
        this.upload = await call("uploads.complete", this.#place(), { signal });
      } while (this.upload.status === "checking");
    } catch (fault) {
      // It is there no more, or its bytes are not: the next attempt begins anew.
      if ([404, 409].includes(fault.status)) this.#put = null;
      throw fault;
    }
    this.#enter(this.upload.status === "ready" ? "ready" : "rejected");
  }
}

/** The checksum of a file, in hex; null for a large one, of which the browser would have to hold all at once. */
async function hashOf(file) {
  if (file.size > HASHED_MAX) return null;
  try {
    const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
    return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
  } catch (cause) {
    throw new Error("The browser cannot read this. It may be a folder, or be gone by now.", { cause });
  }
}

/** Sends the bytes and gives the status. Of the ways that a browser has, this one tells how far it is. */
function sendBytes({ url, method, headers }, file, signal, progressed) {
  return new Promise((done, failed) => {
    const sender = new XMLHttpRequest();
    sender.open(method, url);
    for (const [name, value] of Object.entries(headers)) {
      // The browser sets the length itself, and lets nobody else.
      if (name.toLowerCase() !== "content-length") sender.setRequestHeader(name, value);
    }
    sender.upload.addEventListener("progress", ({ loaded }) => progressed(loaded));
    sender.addEventListener("load", () => done(sender.status));
    sender.addEventListener("error", () => failed(new Error("The connection to the store broke. Try again when it is back.")));
    sender.addEventListener("abort", () => failed(new DOMException("It was stopped.", "AbortError")));
    signal.addEventListener("abort", () => sender.abort());
    sender.send(file);
  });
}
