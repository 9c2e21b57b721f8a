// One webhook: how it is, what it is set to, what can be done to it, and its deliveries.

import { h } from "../shell/dom.js";
import { call } from "../shell/api.js";
import { may } from "../shell/known.js";
import { addressOf, here } from "../shell/place.js";
import { DATE, distanceTo, timeElement } from "../shell/words.js";
import { action, actions } from "../parts/action.js";
import { copyButton } from "../parts/copy.js";
import { head } from "../parts/pages.js";
import { requests } from "../parts/request.js";
import { destroyWebhookDialog, readWebhook, restore, rotateDialog, sendTest, switchTo, trash } from "./changes.js";
import { checkDialog } from "./check.js";
import { deliveriesPart, listOf } from "./deliveries.js";
import { deliveryDialog } from "./delivery.js";
import { recoverDialog } from "./recover.js";
import { editDialog } from "./settings.js";
import { CONTENTS, STATUSES, badge, exactTime, standingOf, troubleOf, typeNames, typesOf } from "./words.js";

export async function one(team, id, query) {
  const list = listOf(team, id, query);
  const [webhook, types, page] = await Promise.all([readWebhook(team, id), typesOf(team.id), call(list.operation, list.parameters, list)]);
  return {
    title: webhook.name,
    content: [
      backLink(webhook),
      head(webhook.name, webhook.description, ...mainActions(team, webhook)),
      health(webhook),
      facts(webhook, types),
      moreActions(team, webhook),
      deliveriesPart(team, webhook, types, page),
      requests(requestsOf(team, webhook, list)),
      tokenLink(),
    ],
    dialogs: {
      edit: () => editDialog(team, id),
      rotate: () => rotateDialog(team, webhook),
      recover: () => recoverDialog(team, webhook),
      destroy: () => destroyWebhookDialog(team, id),
      delivery: (delivery) => deliveryDialog(team, webhook, delivery),
      signature: (delivery) => checkDialog(team, webhook, delivery),
    },
  };
}

function backLink({ trashed_at: trashedAt }) {
  const href = addressOf("webhooks", "", { trashed: trashedAt && "only" });
  return h("p", { class: "back" }, h("a", { href, data: { key: "all-webhooks" } }, "All webhooks"));
}

/** What is wanted first: to see it work, or to bring it back. */
function mainActions(team, webhook) {
  if (webhook.trashed_at) return [action("webhooks.restore", "Restore", { press: () => restore(team, webhook), kind: "primary" })];
  return [
    action("webhooks.update", "Edit", { dialog: "edit" }),
    webhook.status === "active"
      ? action("webhooks.test", "Send a test event", { press: () => sendTest(team, webhook), kind: "primary" })
      : action("webhooks.update", "Switch on", { press: () => switchTo(team, webhook, true), kind: "primary" }),
  ];
}

function moreActions(team, webhook) {
  const { name, status, trashed_at: trashedAt } = webhook;
  const check = action("webhooks.read", "Check a signature", { dialog: "signature", kind: "quiet" });
  if (trashedAt) return actions(name, check, action("webhooks.destroy", "Destroy", { dialog: "destroy", kind: "quiet danger-text" }));
  return actions(name,
    check,
    action("webhooks.rotate", "Rotate the secret", { dialog: "rotate", kind: "quiet" }),
    status === "active" && action("webhooks.recover", "Recover", { dialog: "recover", kind: "quiet" }),
    status === "active" && action("webhooks.update", "Switch off", { press: () => switchTo(team, webhook, false), kind: "quiet" }),
    action("webhooks.trash", "Move to the trash", { press: () => trash(team, webhook), kind: "quiet danger-text" }));
}

/** The status, and in sentences what stands behind it and what to do. */
function health(webhook) {
  const { status, trashed_at: trashedAt } = webhook;
  const isBad = !trashedAt && (status === "disabled" || webhook.health.failing_since);
  return h("div", { class: `card health${isBad ? " bad" : ""}` },
    h("p", {}, trashedAt ? badge("trashed", { trashed: "In the trash" }) : badge(standingOf(webhook), STATUSES)),
    h("div", {}, sayings(webhook).map((saying) => h("p", {}, saying))));
}

function sayings(webhook) {
  const { status, trashed_at: trashedAt, health: { last_success_at: last, failing_since: since } } = webhook;
  if (trashedAt) return [`Moved to the trash ${distanceTo(trashedAt)}, and destroyed 30 days after that. Events are held for it, and it can be restored.`];
  if (status === "inactive") return ["Nothing is sent. Events are held for 30 days: switch it on, then recover them."];
  const trouble = troubleOf(webhook);
  if (status === "disabled") return [`${trouble}.`, "Events are held for 30 days. Mend the receiver, switch the webhook on, then recover what was held."];
  if (since) {
    return [
      [`${trouble}. What failed is sent again, with growing pauses; after five days without a success the webhook is disabled. `, waitingLink()],
      last && ["The last success was ", timeElement(last), "."],
    ].filter(Boolean);
  }
  if (!last) return ["Nothing has been delivered yet. A test event shows whether the receiver answers."];
  const slow = trouble && `${trouble}. Its requests go through a separate queue for a while.`;
  return [["The receiver answers: the last success was ", timeElement(last), "."], slow].filter(Boolean);
}

function waitingLink() {
  const { section, id } = here();
  return h("a", { href: addressOf(section, id, { status: "pending" }) }, "Show those that wait");
}

function facts(webhook, types) {
  const { topics, url, object_types: typeIds, content, public_key: key, previous_keys: before, created_at: made, updated_at: changed } = webhook;
  const row = (name, ...value) => h("div", {}, h("dt", {}, name), h("dd", {}, value));
  return h("dl", { class: "card facts" },
    row("Topics", topics.map((topic) => h("code", { class: "under" }, topic))),
    row("Object types", typeNames(typeIds, types)),
    row("Content", CONTENTS[content].label),
    row("Created", timeElement(made, DATE.format(new Date(made))), h("span", { class: "under soft" }, "changed ", timeElement(changed))),
    row("URL", h("code", {}, url), " ", copyButton(() => url, "Copy the URL")),
    row("Public key", h("code", {}, key), " ", copyButton(() => key, "Copy the public key"), before.map(previousKey)));
}

function previousKey({ public_key: key, until }) {
  return h("p", { class: "soft" }, h("code", {}, key), " and the secret from before sign too until ", exactTime(until));
}

function requestsOf(team, webhook, list) {
  const parameters = { team: team.id, webhook: webhook.id };
  const query = webhook.trashed_at ? { trashed: "only" } : {};
  const rows = [["Read the webhook", { operation: "webhooks.read", parameters, query }], ["List its deliveries", list]];
  const changes = webhook.trashed_at
    ? [["Restore", { operation: "webhooks.restore", parameters }]]
    : [
      ["Send a test event", { operation: "webhooks.test", parameters }],
      [webhook.active ? "Switch off" : "Switch on", { operation: "webhooks.update", parameters, body: { active: !webhook.active } }],
      ["Send a delivery again", { operation: "webhooks.redeliver", parameters }],
      ["Move to the trash", { operation: "webhooks.trash", parameters }],
    ];
  return [...rows, ...changes.filter(([, { operation }]) => may(operation))];
}

function tokenLink() {
  const permissions = "webhook:read,webhook:update";
  return h("p", { class: "soft by-program" }, "A program can do all of this too: ",
    h("a", { href: addressOf("tokens", "", { dialog: "create", permissions }) }, "make a token that may read and change webhooks"), ".");
}
