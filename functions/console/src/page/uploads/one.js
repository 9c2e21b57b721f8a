// One file: all that is known of it, how it looks, and what can be done to it.

import { h } from "../shell/dom.js";
import { call, ifThere } from "../shell/api.js";
import { may } from "../shell/known.js";
import { addressOf, refresh } from "../shell/place.js";
import { DATE_TIME, timeElement } from "../shell/words.js";
import { action, actions } from "../parts/action.js";
import { copyButton } from "../parts/copy.js";
import { empty, head } from "../parts/pages.js";
import { requests } from "../parts/request.js";
import { deleteDialog, destroyFileDialog, download, mayDelete } from "./change.js";
import { isPicture, pictureElement } from "./picture.js";
import { peopleOf, whoOf } from "./people.js";
import { usersElement } from "./users.js";
import { FLAGS, KINDS, badge, sizeText, standingText } from "./words.js";

export async function one(team, id) {
  const [upload, people] = await Promise.all([ifThere(call("uploads.read", { team: team.id, upload: id })), peopleOf(team)]);
  if (!upload) return gone();
  const { filename, status } = upload;
  const users = await usersElement(team.id, upload);
  return {
    title: filename,
    content: [
      wayBack(),
      head(h("bdi", {}, filename), `${KINDS[upload.category] ?? "File"}, ${sizeText(upload.size)}`,
        status === "checking" && action("uploads.read", "Read again", { press: refresh }),
        status === "ready" && action("uploads.content", "Download", { press: () => download(team, upload), kind: "primary" })),
      h("div", { class: "card file-standing" }, h("p", {}, badge(status)), notesOf(upload).map((note) => h("p", {}, note))),
      isPicture(upload) && h("div", { class: "card file-picture" }, pictureElement(team.id, upload, "large")),
      factsOf(upload, people),
      users,
      actions(filename,
        mayDelete(upload) && action("uploads.delete", "Delete", { dialog: "delete", on: id, kind: "quiet danger-text" }),
        action("uploads.destroy", "Destroy", { dialog: "destroy", on: id, kind: "quiet danger-text" })),
      requests(requestsOf(team, upload)),
    ],
    dialogs: {
      delete: () => deleteDialog(team, id),
      destroy: () => destroyFileDialog(team, id),
    },
  };
}

function gone() {
  return { title: "Files", content: [wayBack(), head("Files"), empty("There is no such file", "It may be deleted, or removed as no object has used it.")] };
}

function wayBack() {
  return h("p", { class: "back" }, h("a", { href: addressOf("uploads"), data: { key: "all-files" } }, "All files"));
}

/** What is to be known of the file, in sentences. */
function notesOf(upload) {
  const used = upload.status === "ready" && !upload.unused_since && "Objects use it.";
  return [standingText(upload) || used, ...upload.flags.map((flag) => FLAGS[flag] ?? flag)].filter(Boolean);
}

function factsOf(upload, people) {
  const { id, content_type: type, declared_content_type: declared, size, width, height, sha256, original_sha256: original, scan } = upload;
  const row = (name, ...value) => h("div", {}, h("dt", {}, name), h("dd", {}, value));
  const hash = (text, label) => [h("code", {}, text), " ", copyButton(() => text, label)];
  const isCut = sha256 && original && sha256 !== original;
  return h("dl", { class: "card facts file-facts" },
    row("Type", h("code", {}, type ?? declared), type ? null : " as it was announced"),
    row("Size", `${size.toLocaleString("en-GB")} bytes`, width ? h("span", { class: "under" }, `${width} × ${height} pixels`) : null),
    row("Sent", timeElement(upload.created_at, DATE_TIME.format(new Date(upload.created_at))), h("span", { class: "under" }, "by ", whoOf(people, upload.created_by))),
    row("Malware", scan === "off" ? "Not looked for: no scanner is installed." : scan),
    row("Id", ...hash(id, "Copy the id")),
    sha256 && row("SHA-256", ...hash(sha256, "Copy the SHA-256")),
    original && (isCut || !sha256) && row("SHA-256 of what was sent", ...hash(original, "Copy the SHA-256 of what was sent"),
      isCut && h("span", { class: "under soft" }, "From the picture it was cut what tells where and with what it was taken.")));
}

function requestsOf(team, { id, status }) {
  const parameters = { team: team.id, upload: id };
  const row = (label, operation) => may(operation) && [label, { operation, parameters }];
  return [row("Read the file", "uploads.read"), row("List what uses it", "uploads.references"), status === "ready" && row("Fetch its content", "uploads.content")];
}
