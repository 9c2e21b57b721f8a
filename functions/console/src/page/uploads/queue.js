// The turn of each file: a few requests send bytes at once, and whoever leaves the page meanwhile is warned.

import { tell } from "../shell/notice.js";

const AT_ONCE = 3;

/** Files that wait for their turn, and those that are under way, each in a place of its own. */
const waiting = [];
const running = new Set();
/** How many places are taken beside, by more parts of the same files. */
let beside = 0;

const isFull = () => running.size + beside >= AT_ONCE;

addEventListener("beforeunload", (event) => { if (running.size > 0) event.preventDefault(); });

/** Sends a file when its turn comes. */
export function enqueue(transfer) {
  waiting.push(transfer);
  advance();
}

/** One more place for a file that is under way: gives what frees it, or null if all are taken. Whoever has it gives it back soon, as other files wait for it. */
export function placeBeside() {
  if (isFull()) return null;
  beside += 1;
  return () => {
    beside -= 1;
    advance();
  };
}

function advance() {
  while (waiting.length > 0 && !isFull()) {
    const transfer = waiting.shift();
    if (transfer.stage === "queued") run(transfer);
  }
}

async function run(transfer) {
  running.add(transfer);
  await transfer.run();
  running.delete(transfer);
  if (transfer.fault?.status === 401) tell(transfer.fault);
  advance();
}
