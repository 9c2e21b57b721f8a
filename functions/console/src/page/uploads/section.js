// Files: those of the team, those that are sent, and the way to each.

import { h } from "../shell/dom.js";
import { call } from "../shell/api.js";
import { known, may } from "../shell/known.js";
import { addressOf } from "../shell/place.js";
import { plural, timeElement } from "../shell/words.js";
import { action, actions } from "../parts/action.js";
import { empty, filter, head, pageQuery, pager, table } from "../parts/pages.js";
import { requests } from "../parts/request.js";
import { canGoOn } from "./begun.js";
import { deleteDialog, destroyFileDialog, download, mayDelete } from "./change.js";
import { chooseFiles } from "./choose.js";
import { one } from "./one.js";
import { peopleOf, whoOf } from "./people.js";
import { dropZone, panelOf, sendFiles, underWay } from "./sending.js";
import { KINDS, STATUSES, badge, sizeText, standingText } from "./words.js";

export function view({ team, id, query }) {
  return id ? one(team, id) : all(team, query);
}

async function all(team, query) {
  const filters = Object.fromEntries(["status", "category", "unused"].map((name) => [name, query.get(name)]));
  const list = { operation: "uploads.list", parameters: { team: team.id }, query: pageQuery(query, filters) };
  const [page, people] = await Promise.all([call(list.operation, list.parameters, list), peopleOf(team)]);
  const choose = () => chooseFiles((files) => sendFiles(team.id, files));
  return {
    title: "Files",
    content: [dropZone(team.id,
      head("Files", "Files and pictures of the team, newest first. Objects hold them in their fields; a file that no object comes to use is removed after a day.",
        action("uploads.create", "Send files", { press: choose, kind: "primary" })),
      may("uploads.create") && h("p", { class: "soft drop-hint" }, "Or drop files onto this page, or paste them: each of up to 5 GiB, a picture of up to 64 MiB."),
      panelOf(team.id),
      unsent(team, page.data, choose),
      h("div", { class: "filters" }, filtersOf()),
      listed(team, page, people, Object.values(filters).some(Boolean)),
      pager("files", page),
      requests(requestsOf(team, list)),
    )],
    dialogs: {
      delete: (upload) => deleteDialog(team, upload),
      destroy: (upload) => destroyFileDialog(team, upload),
    },
  };
}

function filtersOf() {
  return [
    filter({ label: "Status", name: "status", options: [["", "All"], ...Object.entries(STATUSES)] }),
    filter({ label: "Kind", name: "category", options: [["", "All"], ...Object.entries(KINDS)] }),
    filter({ label: "Use", name: "unused", options: [["", "All"], ["false", "Used by objects"], ["true", "Not used"]] }),
  ];
}

/** What the person has begun to send before the page was loaded: the bytes are theirs alone, so they have to choose them again. */
function unsent(team, uploads, choose) {
  const isSame = ({ filename, size }) => (other) => (other.filename ?? other.name) === filename && other.size === size;
  const isSentAnew = (upload) => uploads.filter(isSame(upload)).some(({ created_at: at }) => new Date(at) > new Date(upload.created_at));
  const left = uploads.filter((upload) => upload.status === "waiting" && upload.created_by === known.user.id
    && !underWay(team.id).some(isSame(upload)) && !isSentAnew(upload));
  if (left.length === 0 || !may("uploads.create")) return null;
  const names = left.map(({ filename }, index) => [index > 0 && ", ", h("bdi", {}, filename)]);
  return h("div", { class: "note unsent" },
    h("p", {}, h("strong", {}, `${plural(left.length, "file")} of yours did not come through: `), names, ". ",
      "If no other window is still sending, choose the same again to send it anew. ",
      left.some(canGoOn) && "A file of more than 64 MiB goes on where it was left, if it has not changed since. ",
      "What was begun before goes by itself within a day."),
    h("p", {}, action("uploads.create", "Choose again", { press: choose })));
}

function listed(team, { data, next_cursor: next }, people, isFiltered) {
  if (data.length > 0) return table("Files", columnsOf(team, people), data);
  if (next) return empty("Nothing on this page", "None of those that were read so far fits. The next page reads on.");
  return isFiltered
    ? empty("No file fits", "Choose another status, kind or use.")
    : empty("No file yet", "Send one here, or in the form of an object that has a field for files or pictures: then the object uses it at once.");
}

const columnsOf = (team, people) => [
  { label: "File", isHead: true, cell: ({ id, filename }) => h("a", { href: addressOf("uploads", id), data: { key: `upload ${id}` } }, h("bdi", {}, filename)) },
  { label: "Kind", cell: ({ category }) => KINDS[category] ?? "—" },
  { label: "Size", isNumber: true, cell: ({ size }) => h("span", { class: "whole" }, sizeText(size)) },
  { label: "Sent", cell: ({ created_at: at, created_by: by }) => [timeElement(at), h("small", { class: "under" }, "by ", whoOf(people, by))] },
  { label: "Status", cell: (upload) => [badge(upload.status), h("small", { class: "under" }, standingText(upload))] },
  { label: "", cell: (upload) => rowActions(team, upload) },
];

function rowActions(team, upload) {
  const about = { on: upload.id, of: upload.filename };
  return actions(upload.filename,
    upload.status === "ready" && action("uploads.content", "Download", { ...about, press: () => download(team, upload), kind: "quiet" }),
    mayDelete(upload) && action("uploads.delete", "Delete", { ...about, dialog: "delete", kind: "quiet danger-text" }));
}

/** The calls of the page, and of the buttons that call without a form. */
function requestsOf(team, list) {
  const row = (label, operation, more = {}) => may(operation) && [label, { operation, parameters: { team: team.id }, ...more }];
  return [
    ["List the files", list],
    row("Begin to send a file", "uploads.create", { body: { filename: "offer.pdf", size: 48213 } }),
    row("Ask where the parts of a large one go", "uploads.parts", { body: { numbers: [1, 2, 3] } }),
    row("Say that its bytes are sent", "uploads.complete"),
    row("Fetch a file", "uploads.content"),
  ];
}
