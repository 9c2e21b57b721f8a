// Object types on their way to the trash, back, and beyond.

import { h } from "../shell/dom.js";
import { notify } from "../shell/notice.js";
import { addressOf, go, here, refresh } from "../shell/place.js";
import { action, actions } from "../parts/action.js";
import { destroyDialog, requestFor } from "../parts/form.js";
import { readType } from "./read.js";
import { bringBack, moveToTrash } from "../parts/trash.js";

/** Answered when no request finds the objects any more, which takes some seconds: the page says so meanwhile. */
export function trashType(team, type) {
  notify(`Moving ${type.plural_label} to the trash. This takes a few seconds.`);
  return moveToTrash("object-types", { team, type: type.id }, saidOf(type));
}

const saidOf = ({ plural_label: label }) => ({ trashed: `${label} is in the trash, with its objects.`, restored: `${label} is back, with its objects.` });

/** What can be done to a type in the trash; how far it is if it is being destroyed. */
export function trashActions(team, type) {
  const { id, plural_label: label, job } = type;
  if (job) return h("p", { class: "soft" }, wordsOf(job));
  return actions(label,
    action("object-types.restore", "Restore", { press: () => bringBack("object-types", { team, type: id }, saidOf(type)), on: id, of: label, kind: "quiet" }),
    action("object-types.destroy", "Destroy", { dialog: "destroy", on: id, of: label, kind: "quiet danger-text" }));
}

function wordsOf({ state, done, error }) {
  const count = done === undefined || done === null ? "" : ` ${done} objects are done.`;
  return state === "failed" ? `Destroying it has failed (${error ?? "no reason is known"}), and is tried again.${count}` : `It is being destroyed.${count}`;
}

export async function destroyTypeDialog(team, id) {
  const { slug, plural_label: label } = await readType(team, id);
  return destroyDialog({
    title: `Destroy ${label}?`,
    name: slug,
    fields: [h("p", {}, "The object type and all its objects are lost for good. There is no way back. What points at its objects points at nothing then.")],
    submit: "Destroy for good",
    request: requestFor("object-types.destroy", () => ({ parameters: { team, type: id } })),
    done: async () => {
      if (here().id) await go(addressOf("object-types", "", { trashed: "only" }), { replace: true });
      else await refresh();
      notify(`${label} is being destroyed, with all its objects.`);
    },
  });
}
