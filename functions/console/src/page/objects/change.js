// To the trash and back, gone for good, and sent to webhooks.

import { call } from "../shell/api.js";
import { notify } from "../shell/notice.js";
import { addressOf, go, here, refresh } from "../shell/place.js";
import { destroyDialog as askToDestroy, requestFor, typedName } from "../parts/form.js";
import { nameOf } from "./world.js";
import { bringBack, moveToTrash } from "../parts/trash.js";

const placeOf = (world, type, id) => ({ team: world.team, type: type.slug, id });

const saidOf = (object) => ({ trashed: `${nameOf(object)} is in the trash.`, restored: `${nameOf(object)} is back.` });

export function trash(world, type, object) {
  return moveToTrash("objects", placeOf(world, type, object.id), saidOf(object));
}

export function restore(world, type, object) {
  return bringBack("objects", placeOf(world, type, object.id), saidOf(object));
}

export async function send(world, type, object) {
  await call("objects.send", placeOf(world, type, object.id));
  await refresh();
  notify(`${nameOf(object)} is sent: webhooks with the topic object.send get it.`);
}

export async function destroyDialog(world, type, id) {
  const place = placeOf(world, type, id);
  const object = await call("objects.read", place, { query: { trashed: "only" } });
  return askToDestroy({
    title: `Destroy ${nameOf(object)}?`,
    intro: "The object and its history are gone for good. What points at it points at nothing then.",
    name: typedName(object.label, id),
    submit: "Destroy",
    request: requestFor("objects.destroy", () => ({ parameters: place })),
    done: async () => {
      await (here().id ? go(addressOf("objects", "", { type: type.slug, trashed: "only" }), { replace: true }) : refresh());
      notify(`${nameOf(object)} is destroyed.`);
    },
  });
}
