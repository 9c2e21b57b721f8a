// One file on its way: announced to the API, sent to the store, and looked at there.

import { call } from "../shell/api.js";
import { findBegun, keepBegun } from "./begun.js";
import { Parts } from "./parts.js";
import { isUsable, sendBytes } from "./store.js";

/** Of files up to this size the store is told the checksum, so that it refuses whatever was changed on the way. */
const HASHED_MAX = 16 * 1024 * 1024;
/** The pause before it is asked again whether a file was looked at, in milliseconds. */
const PAUSE = 500;
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
  /** How the bytes are sent of what was announced: the request of the whole, or in parts. */
  #way = null;
  stage = "queued";
  loaded = 0;
  upload = null;
  fault = null;
  changed = () => {};

  /** `keepsMetadata`: nothing is cut out of a picture. */
  constructor(team, file, { keepsMetadata = false } = {}) {
    made += 1;
    Object.assign(this, { team, file, keepsMetadata, key: `file-${made}` });
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
      await (this.#way.put ? this.#sendWhole() : this.#sendParts());
      await this.#check();
    } catch (fault) {
      this.fault = fault;
      // Other parts may be on their way still.
      this.#stopper.abort();
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

  /** Tells the API what comes. What was announced before is used again as long as it can be, so that trying again makes no second file. */
  async #announce() {
    const isKnown = this.#way && (!this.#way.put || isUsable(this.#way.put));
    if (isKnown) return;
    this.#enter("reading");
    const { signal } = this.#stopper;
    const begun = await findBegun(this.team, this.file, signal);
    const { put, ...upload } = begun ?? await this.#create(await hashOf(this.file));
    Object.assign(this, { upload });
    this.#way = { put };
    keepBegun(upload, this.file);
    // It was cancelled while the API answered.
    if (this.stage === "cancelled") this.cancel();
    signal.throwIfAborted();
  }

  /** Makes an upload, and the same one if the answer was lost and it is asked for again. */
  async #create(sha256) {
    this.#stopper.signal.throwIfAborted();
    this.#key ??= crypto.randomUUID();
    const body = { filename: this.file.name, size: this.file.size, ...(sha256 && { sha256 }), ...(this.keepsMetadata && { keep_metadata: true }) };
    try {
      const begun = await call("uploads.create", { team: this.team }, { body, key: this.#key });
      this.#key = null;
      return begun;
    } catch (fault) {
      if (fault.isFinal) this.#key = null;
      throw fault;
    }
  }

  #progress(loaded) {
    this.loaded = loaded;
    this.changed();
  }

  async #sendWhole() {
    this.#enter("sending");
    const status = await sendBytes(this.#way.put, this.file, this.#stopper.signal, (loaded) => this.#progress(loaded));
    if (status < 300 || status === IS_THERE) return;
    // The URL is of no use any more: the next attempt gets another.
    this.#way = null;
    throw new Error(`The store has refused the file (${status}). It may have changed while it was sent.`);
  }

  async #sendParts() {
    this.#enter("sending");
    const { team, upload, file } = this;
    try {
      await new Parts({ team, upload, file, signal: this.#stopper.signal, progressed: (loaded) => this.#progress(loaded) }).send();
    } catch (fault) {
      // All were sent before, or its time is over: which of the two, the check tells.
      if (fault.status === 409) return;
      if (fault.status === 404) this.#way = null;
      throw fault;
    }
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
      if ([404, 409].includes(fault.status)) this.#way = null;
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
