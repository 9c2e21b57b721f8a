// One object: its values, what can be done to it, what points at it, and its history.

import { h } from "../shell/dom.js";
import { known, may } from "../shell/known.js";
import { addressOf } from "../shell/place.js";
import { action, actions } from "../parts/action.js";
import { empty, head } from "../parts/pages.js";
import { requests } from "../parts/request.js";
import { timeElement } from "../shell/words.js";
import { destroyDialog, restore, send, trash } from "./change.js";
import { callExact } from "../parts/exact.js";
import { expansion, learnFiles } from "./files.js";
import { historyElement, readHistory } from "./history.js";
import { relatedElement } from "./related.js";
import { valueOf } from "./values.js";
import { editDialog } from "./write.js";
import { labelsOfObject, learnLabels, nameOf } from "./world.js";
import { ifThere } from "../shell/api.js";

export async function objectView(world, type, id, query) {
  const place = { team: world.team, type: type.slug, id };
  const object = await readObject(place, type, query.get("trashed") === "only");
  if (!object) return gone(type);
  learnLabels(world, [object]);
  learnFiles(world, type.fields, [object]);
  const [history] = await Promise.all([readHistory(place, query), labelsOfObject(world, type.fields, object)]);
  const name = nameOf(object);
  return {
    title: name,
    content: [
      wayBack(type, object),
      head(name, type.singular_label, !object.trashed_at && action("objects.update", "Edit", { dialog: "edit", kind: "primary", of: name })),
      object.trashed_at && inTrash(world, type, object),
      valuesElement(world, type, object),
      factsOf(object, namesIn(history)),
      !object.trashed_at && actions(name,
        action("objects.send", "Send to webhooks", { press: () => send(world, type, object), kind: "quiet", of: name }),
        action("objects.trash", "Move to the trash", { press: () => trash(world, type, object), kind: "quiet danger-text", of: name })),
      relatedElement(world, type, object),
      historyElement(world, type, history),
      requests(requestsOf(place, type, object)),
    ],
    dialogs: {
      edit: () => editDialog(world, type, id),
      destroy: () => destroyDialog(world, type, id),
    },
  };
}

/** An object, whether it is in the trash or not; null if there is none. Where it is thought to be is looked first. */
async function readObject(place, { fields }, isTrash) {
  for (const trashed of isTrash ? ["only", null] : [null, "only"]) {
    const found = await ifThere(callExact("objects.read", place, { query: { trashed, ...expansion(fields) } }));
    if (found) return found;
  }
  return null;
}

function gone(type) {
  return {
    title: type.singular_label,
    content: [wayBack(type, {}), head(type.singular_label), empty("There is no such object", "It may be destroyed, or of another type.")],
  };
}

function wayBack(type, { trashed_at: trashedAt }) {
  const href = addressOf("objects", "", { type: type.slug, trashed: trashedAt ? "only" : null });
  return h("p", { class: "links" }, h("a", { href }, `All ${type.plural_label}`));
}

function inTrash(world, type, object) {
  const name = nameOf(object);
  return h("div", { class: "note trashed" },
    h("p", {}, "In the trash since ", timeElement(object.trashed_at), ". After 30 days there it is destroyed for good."),
    actions(name,
      action("objects.restore", "Restore", { press: () => restore(world, type, object), of: name }),
      action("objects.destroy", "Destroy", { dialog: "destroy", kind: "danger-text", of: name })));
}

function valuesElement(world, { fields }, object) {
  if (fields.length === 0) return empty("No fields", "The object type has no fields yet.");
  return h("dl", { class: "card values" }, fields.map((field) =>
    h("div", {}, h("dt", {}, field.label), h("dd", {}, valueOf(world, field, object.fields[field.slug])))));
}

/** The names of people, as the history has them. */
function namesIn({ data }) {
  const names = new Map(data.map(({ actor }) => [actor.user_id, actor.name ?? actor.email]));
  return names.set(known.user.id, "you");
}

function factsOf({ id, version, created_at: createdAt, created_by: createdBy, updated_at: updatedAt, updated_by: updatedBy }, names) {
  const by = (user) => [", by ", names.get(user) ?? h("code", {}, user)];
  return h("dl", { class: "facts object-facts" },
    h("div", {}, h("dt", {}, "Created"), h("dd", {}, timeElement(createdAt), by(createdBy))),
    h("div", {}, h("dt", {}, "Last change"), h("dd", {}, timeElement(updatedAt), by(updatedBy))),
    h("div", {}, h("dt", {}, "Version"), h("dd", {}, String(version))),
    h("div", {}, h("dt", {}, "Id"), h("dd", {}, h("code", {}, id))));
}

/** The calls of the page, without those of buttons that are not there. */
function requestsOf(place, { fields }, { trashed_at: trashedAt, version }) {
  const row = (label, operation, more = {}) => may(operation) && [label, { operation, parameters: place, ...more }];
  const ways = trashedAt
    ? [row("Restore it", "objects.restore")]
    : [row("Send it to webhooks", "objects.send"), row("Move it to the trash", "objects.trash", { version })];
  return [row("Read the object", "objects.read", { query: { trashed: trashedAt ? "only" : null, ...expansion(fields) } }), row("Read its history", "objects.history"), ...ways];
}
