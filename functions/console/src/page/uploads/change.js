// What is done to a file: it is fetched, deleted if nothing uses it, or destroyed whatever does.

import { h } from "../shell/dom.js";
import { call } from "../shell/api.js";
import { known, may } from "../shell/known.js";
import { notify } from "../shell/notice.js";
import { addressOf, go, here, refresh } from "../shell/place.js";
import { confirmDialog, destroyDialog, requestFor, typedName } from "../parts/form.js";

const at = (team, id) => ({ team: team.id, upload: id });

/** Whoever may send files may delete their own, and only who may delete objects those of others. */
export function mayDelete({ created_by: by }) {
  return by === known.user.id || may("objects.trash");
}

/** Opens the URL of the content, which the browser saves. In a place of its own, so that whatever the store answers leaves the page alone. */
export async function download(team, { id }) {
  const { url } = await call("uploads.content", at(team, id));
  h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }).click();
}

export async function deleteDialog(team, id) {
  const { filename } = await call("uploads.read", at(team, id));
  return confirmDialog({
    title: "Delete the file?",
    text: [h("bdi", {}, filename), " is gone at once, and nothing brings it back."],
    submit: "Delete file",
    request: requestFor("uploads.delete", () => ({ parameters: at(team, id) })),
    explain: (fault) => (fault.status === 409 ? usedFault() : fault),
    done: () => leave(`${filename} is deleted.`),
  });
}

function usedFault() {
  const way = may("uploads.destroy") ? " Or destroy the file: then they tell that it is gone." : "";
  return new Error(`Objects use this file. Take it out of their fields first, then delete it.${way}`);
}

export async function destroyFileDialog(team, id) {
  const { filename } = await call("uploads.read", at(team, id));
  return destroyDialog({
    name: typedName(filename, id),
    title: "Destroy the file?",
    fields: [h("p", {}, h("bdi", {}, filename), " is lost for good, also for the objects that use it: in the place of the file they tell that it is gone.")],
    submit: "Destroy file",
    request: requestFor("uploads.destroy", () => ({ parameters: at(team, id) })),
    done: () => leave(`${filename} is destroyed.`),
  });
}

async function leave(said) {
  await (here().id ? go(addressOf("uploads"), { replace: true }) : refresh());
  notify(said);
}
