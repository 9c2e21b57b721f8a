// The turn of each file: a few are sent at once, and whoever leaves the page meanwhile is warned.

import { tell } from "../shell/notice.js";

const AT_ONCE = 3;

/** Those that wait for their turn, and those that are under way. */
const waiting = [];
const running = new Set();

addEventListener("beforeunload", (event) => { if (running.size > 0) event.preventDefault(); });

/** Sends a file when its turn comes. */
export function enqueue(transfer) {
  waiting.push(transfer);
  advance();
}

function advance() {
  while (waiting.length > 0 && running.size < AT_ONCE) {
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
