// What is done to a webhook as a whole: switched, tested, given a new secret, moved to the trash and back, destroyed.

import { h } from "../shell/dom.js";
import { call, ifThere } from "../shell/api.js";
import { notify } from "../shell/notice.js";
import { addressOf, go, here, openAt, refresh } from "../shell/place.js";
import { field, select } from "../parts/fields.js";
import { destroyDialog, formDialog, requestFor } from "../parts/form.js";
import { showSecret } from "../parts/secret.js";
import { bringBack, moveToTrash } from "../parts/trash.js";

const at = (team, { id }) => ({ team: team.id, webhook: id });

/** A webhook, whether it is in the trash or not. */
export async function readWebhook(team, id) {
  const parameters = at(team, { id });
  return (await ifThere(call("webhooks.read", parameters))) ?? call("webhooks.read", parameters, { query: { trashed: "only" } });
}

export async function switchTo(team, webhook, active) {
  await call("webhooks.update", at(team, webhook), { body: { active }, key: crypto.randomUUID() });
  await refresh();
  const next = active && webhook.waiting.held > 0 ? " Recover sends what was held meanwhile." : "";
  // That a webhook is disabled is no setting, so there is no way back to it.
  const undo = webhook.status !== "disabled" && { operation: "webhooks.update", task: () => switchTo(team, webhook, !active) };
  notify(`${webhook.name} is switched ${active ? "on" : "off"}.${next}`, undo);
}

/** The key of a test whose answer was lost: pressed again, the same one is meant. */
let testKey = null;

/** Sends a test event and shows its delivery, which tells by itself how it goes on. */
export async function sendTest(team, webhook) {
  testKey ??= crypto.randomUUID();
  const delivery = await call("webhooks.test", at(team, webhook), { key: testKey });
  testKey = null;
  await refresh();
  await openAt("delivery", delivery.id);
}

const saidOf = ({ name }) => ({ trashed: `${name} is in the trash.`, restored: `${name} is restored.` });

export function trash(team, webhook) {
  return moveToTrash("webhooks", at(team, webhook), saidOf(webhook));
}

export function restore(team, webhook) {
  return bringBack("webhooks", at(team, webhook), saidOf(webhook));
}

export async function destroyWebhookDialog(team, id) {
  const { name } = await readWebhook(team, id);
  return destroyDialog({
    name,
    title: "Destroy the webhook?",
    fields: [h("p", {}, "The webhook, its secret and all its deliveries are lost for good, and what waits is never sent.")],
    submit: "Destroy webhook",
    request: requestFor("webhooks.destroy", () => ({ parameters: at(team, { id }) })),
    done: async () => {
      await (here().id ? go(addressOf("webhooks", "", { trashed: "only" }), { replace: true }) : refresh());
      notify(`${name} is destroyed.`);
    },
  });
}

/** The overlaps that are offered, in seconds. */
const OVERLAPS = [
  ["86400", "For a day"],
  ["3600", "For an hour"],
  ["604800", "For a week"],
  ["0", "Not at all: it has leaked"],
];

export function rotateDialog(team, webhook) {
  return formDialog({
    title: "Rotate the secret",
    intro: "A new secret and a new public key sign from now on. While the old ones sign as well, each request has the signatures of both, "
      + "and the receiver can switch at any time in between.",
    fields: [field({
      label: "The old secret signs on", name: "overlap_seconds", input: select(OVERLAPS, OVERLAPS[0][0]),
      help: "Not at all means: a receiver that has not switched refuses every request until it has.",
    })],
    submit: "Rotate the secret",
    request: requestFor("webhooks.rotate", (data) => ({ parameters: at(team, webhook), body: { overlap_seconds: Number(data.get("overlap_seconds")) } })),
    done: ({ secret }, { body }) => showWebhookSecret({
      name: webhook.name,
      secret,
      note: body.overlap_seconds > 0
        ? "Until the overlap ends, the receiver may verify with either secret."
        : "The old secret signs no more: give this one to the receiver now.",
      done: refresh,
    }),
  });
}

export function showWebhookSecret({ name, secret, note, done }) {
  showSecret({
    title: `Secret of ${name}`,
    what: "secret",
    secret,
    note,
    help: "The receiver verifies the v1 signature of each request with it. A lost one cannot be read again, only rotated.",
    done,
  });
}
