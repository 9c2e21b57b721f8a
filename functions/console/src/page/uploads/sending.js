// Sending files from the section: chosen, dropped onto it, or pasted. What is on its way goes on while somebody looks at something else.

import { h, show } from "../shell/dom.js";
import { may } from "../shell/known.js";
import { refresh } from "../shell/place.js";
import { dropPlace } from "./drop.js";
import { enqueue } from "./queue.js";
import { rowOf } from "./rows.js";
import { Transfer } from "./transfer.js";

/** So many files have a row; those that are sent make room first. */
const ROWS_MAX = 40;
/** Files that end at nearly the same time are read with one call, in milliseconds. */
const PAUSE = 300;

/** What is on its way, by team, as `{ element, list, more, transfers, waiting }`. */
const panels = new Map();
/** What the section shows at present, as long as it is on the page. */
let zone = null;
let timer = null;

/** The section around its content, which takes files for the team as a whole. */
export function dropZone(team, ...content) {
  zone = h("div", { data: { sends: "" } }, content);
  return may("uploads.create") ? dropPlace(zone, (files) => sendFiles(team, files)) : zone;
}

/** The files of a team that are on their way, or did not arrive; hidden as long as there is none. */
export function panelOf(team) {
  return panelFor(team).element;
}

/** The files that are on their way, or did not arrive and are told as such. */
export function underWay(team) {
  return panelFor(team).transfers.filter(({ stage }) => stage !== "ready").map(({ file }) => file);
}

function panelFor(team) {
  if (!panels.has(team)) {
    const list = h("ul", { role: "list", class: "sent-files" });
    const more = h("p", { class: "soft", hidden: true });
    const element = h("section", { class: "card sending", "aria-label": "Files that you send", hidden: true }, h("h2", {}, "Files that you send"), list, more);
    panels.set(team, { element, list, more, transfers: [], waiting: [] });
  }
  return panels.get(team);
}

/** Sends files to a team, each when its turn comes. */
export function sendFiles(team, files) {
  const panel = panelFor(team);
  for (const file of files) {
    const transfer = new Transfer(team, file);
    // Until it has a row, which tells more.
    transfer.changed = () => { if (transfer.isOver) arrived(panel); };
    panel.transfers.push(transfer);
    panel.waiting.push(transfer);
    enqueue(transfer);
  }
  fill(panel);
}

/** Gives rows to those that have none, as far as there is room. */
function fill(panel) {
  const { list, more, element } = panel;
  const waiting = panel.waiting.filter(({ stage }) => stage !== "ready");
  panel.waiting = waiting;
  const done = [...list.children].filter((row) => row.dataset.stage === "ready" && !row.contains(document.activeElement));
  while (waiting.length > 0 && (list.children.length < ROWS_MAX || done.length > 0)) {
    if (list.children.length >= ROWS_MAX) done.shift().remove();
    const transfer = waiting.shift();
    const dropped = () => {
      panel.transfers = panel.transfers.filter((each) => each !== transfer);
      fill(panel);
    };
    list.append(rowOf(transfer, { settled: () => arrived(panel), dropped }));
  }
  more.textContent = `${waiting.length} more wait for their turn.`;
  show(more, waiting.length > 0);
  show(element, list.children.length > 0);
}

/** The list shows what has arrived, if it is looked at. */
function arrived(panel) {
  fill(panel);
  clearTimeout(timer);
  timer = setTimeout(() => { if (zone?.isConnected) refresh(); }, PAUSE);
}
