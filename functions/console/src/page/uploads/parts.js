// A large file, sent part by part: each is cut from the file when its turn comes, so that the page never holds the whole.

import { call } from "../shell/api.js";
import { placeBeside } from "./queue.js";
import { isUsable, sendBytes } from "./store.js";

/** For so many parts URLs are asked at once. */
const ASKED = 100;
/** The pauses before a part that failed is sent again, in milliseconds; after the last one the file has failed. */
const PAUSES = [1_000, 3_000, 9_000];

/** The parts of a file, on their way to the store as those of an upload. `progressed` is told how many bytes are there. */
export class Parts {
  #place;
  #size;
  #file;
  #signal;
  #loaded;
  #progressed;

  constructor({ team, upload, file, signal, progressed }) {
    this.#place = { team, upload: upload.id };
    this.#size = upload.part_size;
    this.#file = file;
    this.#signal = signal;
    this.#loaded = Array.from({ length: upload.part_count }, () => 0);
    this.#progressed = progressed;
  }

  /** Sends those that the store does not have yet. */
  async send() {
    const count = this.#loaded.length;
    for (let first = 1; first <= count; first += ASKED) {
      const numbers = Array.from({ length: Math.min(ASKED, count - first + 1) }, (_, index) => first + index);
      const parts = await this.#ask(numbers);
      await inPlaces(parts.filter(({ etag }) => !etag), (part) => this.#put(part).catch((fault) => this.#retry(part, fault)));
    }
  }

  #bytesOf(number) {
    return this.#file.slice((number - 1) * this.#size, number * this.#size);
  }

  #tell(number, bytes) {
    this.#loaded[number - 1] = bytes;
    this.#progressed(this.#loaded.reduce((sum, each) => sum + each, 0));
  }

  /** Signed requests for parts. What is there already has a tag. */
  async #ask(numbers) {
    const { parts } = await call("uploads.parts", this.#place, { body: { numbers }, signal: this.#signal });
    for (const { number } of parts.filter(({ etag }) => etag)) this.#tell(number, this.#bytesOf(number).size);
    return parts;
  }

  /** Sends a part once, by a fresh URL if the time of its own is over. */
  async #put(part) {
    const { number } = part;
    const usable = isUsable(part) ? part : (await this.#ask([number]))[0];
    const bytes = this.#bytesOf(number);
    const status = await sendBytes(usable, bytes, this.#signal, (sent) => this.#tell(number, sent));
    if (status >= 300) throw new Error(`The store has refused a part of the file (${status}). It may have changed while it was sent.`);
    this.#tell(number, bytes.size);
  }

  /** Sends a part that failed again, after longer and longer pauses. */
  async #retry({ number }, fault) {
    let last = fault;
    for (const pause of PAUSES) {
      if (this.#signal.aborted || last.isFinal) break;
      this.#tell(number, 0);
      await sleep(pause, this.#signal);
      try {
        const [part] = await this.#ask([number]);
        // With a tag it came through, and the answer was lost.
        if (!part.etag) await this.#put(part);
        return;
      } catch (next) {
        last = next;
      }
    }
    throw last;
  }
}

/** Runs a task for each part: one after another in the place that the file has, and side by side where there are more. Gives up with the first that fails. */
function inPlaces(parts, task) {
  const left = [...parts];
  let open = 0;
  return new Promise((done, failed) => {
    const widen = () => {
      while (left.length > 0) {
        const free = placeBeside();
        if (!free) return;
        work(free);
      }
    };
    const work = async (free = null) => {
      open += 1;
      try {
        while (left.length > 0) {
          const part = left.shift();
          widen();
          await task(part);
          if (free) break;
        }
      } catch (fault) {
        left.length = 0;
        failed(fault);
      }
      open -= 1;
      free?.();
      widen();
      if (open === 0) done();
    };
    work();
  });
}

/** Waits, unless it is stopped. */
function sleep(milliseconds, signal) {
  return new Promise((done, failed) => {
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      failed(new DOMException("It was stopped.", "AbortError"));
    }, { once: true });
  });
}
