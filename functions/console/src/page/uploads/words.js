// The words for files: how large they are, of what kind, and where they stand.

import { h } from "../shell/dom.js";
import { DAY, distanceTo } from "../shell/words.js";

/** The categories of the API, as people call what is in them. */
export const KINDS = {
  documents: "Document", spreadsheets: "Spreadsheet", interactive: "Presentation or page", text: "Text", images: "Picture", audio: "Sound", video: "Film",
};

export const STATUSES = { waiting: "Not sent", checking: "Being looked at", ready: "Ready", rejected: "Refused", quarantined: "Quarantined", expired: "Expired" };

/** Why a file was refused, and what to do. */
export const REASONS = {
  mismatch: "What is in it is not what its name says. Give it the extension of what it is, and send it again.",
  checksum: "Its bytes have changed on the way. Send it again.",
  damaged: "It is a picture that is cut off or damaged. Open it in another program, save it anew, and send that.",
};

export const FLAGS = { macro: "It carries macros, which can run something.", encrypted: "It needs a password." };

/** The names of sizes, each 1,024 times the one before. */
const UNITS = ["bytes", "KiB", "MiB", "GiB"];
/** What was used once is kept for so many days after the last use; what never was, for one. */
const DAYS_AFTER_USE = 30;

/** "3.4 MiB" */
export function sizeText(bytes) {
  const step = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), UNITS.length - 1);
  const number = bytes / 1024 ** step;
  if (step === 0) return bytes === 1 ? "1 byte" : `${bytes} bytes`;
  return `${number.toFixed(number < 10 ? 1 : 0)} ${UNITS[step]}`;
}

export function badge(status) {
  return h("span", { data: { status } }, h("span", { class: "badge" }, STATUSES[status] ?? status));
}

/** What is to be known of where a file stands, in a sentence; empty if there is nothing. */
export function standingText({ status, reason, part_count: parts, unused_since: since, created_at: begun }) {
  if (status === "waiting") {
    const [what, then] = parts ? ["Not all of its bytes have come.", "go on"] : ["Its bytes have not come.", "send it"];
    return `${what} Choose the file again to ${then}; this entry goes by itself within a day.`;
  }
  if (status === "checking") return "Its bytes are there, and it is looked whether they are what its name says.";
  if (status === "rejected") return `${REASONS[reason] ?? "It was refused."} This entry goes by itself within a day.`;
  if (status === "quarantined") return "The scanner for malware has not found it clean. Nobody can fetch it.";
  if (status === "expired") return "No object has used it in its time, and it is about to be removed.";
  if (!since) return "";
  const end = new Date(since).valueOf() + (since === begun ? 1 : DAYS_AFTER_USE) * DAY;
  return `No object uses it: it is removed ${distanceTo(end)} unless one does.`;
}
