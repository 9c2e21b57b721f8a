// Webhooks: the list of them, what is in the trash, and the way to each.

import { h } from "../shell/dom.js";
import { call } from "../shell/api.js";
import { may } from "../shell/known.js";
import { addressOf } from "../shell/place.js";
import { timeElement } from "../shell/words.js";
import { action, actions } from "../parts/action.js";
import { empty, filter, head, pageQuery, pager, table } from "../parts/pages.js";
import { requests } from "../parts/request.js";
import { destroyWebhookDialog, restore } from "./changes.js";
import { checkDialog } from "./check.js";
import { one } from "./one.js";
import { createDialog } from "./settings.js";
import { STATUSES, badge, standingOf, troubleOf } from "./words.js";

export function view({ team, id, query }) {
  return id ? one(team, id, query) : all(team, query);
}

async function all(team, query) {
  const trashed = query.get("trashed");
  const list = { operation: "webhooks.list", parameters: { team: team.id }, query: pageQuery(query, { trashed }) };
  const page = await call(list.operation, list.parameters, list);
  return {
    title: "Webhooks",
    content: [
      head("Webhooks", "A webhook sends changes of objects to a URL of yours, usually within seconds, and signs each request.",
        action("webhooks.list", "Check a signature", { dialog: "signature" }),
        action("webhooks.create", "Create a webhook", { dialog: "create", kind: "primary" })),
      h("div", { class: "filters" }, filter({ label: "Show", name: "trashed", options: [["", "In use"], ["only", "In the trash"]] })),
      listed(team, page.data, trashed),
      pager("webhooks", page),
      requests([
        ["List the webhooks", list],
        trashed && may("webhooks.restore") && ["Restore one from the trash", { operation: "webhooks.restore", parameters: { team: team.id } }],
      ]),
    ],
    dialogs: {
      create: () => createDialog(team),
      destroy: (webhook) => destroyWebhookDialog(team, webhook),
      signature: () => checkDialog(team, null),
    },
  };
}

function listed(team, webhooks, trashed) {
  if (webhooks.length === 0) return trashed ? emptyTrash() : start();
  return trashed ? table("Webhooks in the trash", trashColumns(team), webhooks) : table("Webhooks", COLUMNS, webhooks);
}

function start() {
  return empty("No webhook yet", "A webhook tells a service of yours, or an automation, that something has changed, so that it need not ask.",
    h("ol", { class: "steps" },
      h("li", {}, "Have a receiver: an https address on the public internet that answers with 2xx within 15 seconds."),
      h("li", {}, "Create the webhook here with that address, and keep its secret: the receiver verifies signatures with it."),
      h("li", {}, "Send a test event, and look at what was sent and what came back.")));
}

function emptyTrash() {
  return empty("The trash is empty", "A webhook that is moved to the trash can be restored for 30 days. What happens meanwhile is held for it.");
}

/** The name of a webhook as the way to it, with its URL. */
function nameCell({ id, name, url }) {
  return [h("a", { href: addressOf("webhooks", id), data: { key: `webhook ${id}` } }, name), h("code", { class: "under soft clamped" }, url)];
}

function statusCell(webhook) {
  const trouble = troubleOf(webhook);
  return [badge(standingOf(webhook), STATUSES), trouble && h("small", { class: "under" }, trouble)];
}

/** How many deliveries wait; counting ends at a thousand of each kind. */
function waitingText({ pending, held, more }) {
  const parts = [pending > 0 && `${pending} pending`, held > 0 && `${held} held`].filter(Boolean);
  return parts.length > 0 ? `${parts.join(", ")}${more ? ", and more" : ""}` : "None";
}

const COLUMNS = [
  { label: "Webhook", isHead: true, cell: nameCell },
  { label: "Topics", cell: ({ topics }) => topics.map((topic) => h("code", { class: "under" }, topic)) },
  { label: "Status", cell: statusCell },
  { label: "Last success", cell: ({ health: { last_success_at: at } }) => (at ? timeElement(at) : "Never") },
  { label: "Waiting", cell: ({ waiting }) => waitingText(waiting) },
];

const trashColumns = (team) => [
  { label: "Webhook", isHead: true, cell: nameCell },
  { label: "Moved to the trash", cell: ({ trashed_at: at }) => timeElement(at) },
  { label: "Waiting", cell: ({ waiting }) => waitingText(waiting) },
  {
    label: "",
    cell: (webhook) => actions(webhook.name,
      action("webhooks.restore", "Restore", { on: webhook.id, press: () => restore(team, webhook), kind: "quiet", of: webhook.name }),
      action("webhooks.destroy", "Destroy", { dialog: "destroy", on: webhook.id, kind: "quiet danger-text", of: webhook.name })),
  },
];
