// The deliveries of a webhook: latest first, a page at a time, by status.

import { h } from "../shell/dom.js";
import { call } from "../shell/api.js";
import { notify } from "../shell/notice.js";
import { addressOf, here, refresh } from "../shell/place.js";
import { DATE, distanceTo } from "../shell/words.js";
import { action, actions } from "../parts/action.js";
import { empty, pageQuery, pager, table } from "../parts/pages.js";
import { DELIVERY_STATUSES, badge, exactTime } from "./words.js";

/** So many days of a page are drawn. */
const DAYS_MAX = 7;

export function listOf(team, webhook, query) {
  const status = query.get("status");
  return { operation: "webhooks.deliveries", parameters: { team: team.id, webhook }, query: pageQuery(query, { status }) };
}

export function deliveriesPart(team, webhook, types, page) {
  const status = here().query.get("status") ?? "";
  return [
    h("div", { class: "part part-head" }, h("h2", {}, "Deliveries"), action("webhooks.deliveries", "Read again", { press: refresh, kind: "quiet" })),
    statuses(webhook, status),
    status === "" && days(page.data),
    page.data.length > 0
      ? table("Deliveries", columns(team, webhook, types), page.data)
      : none(status),
    pager("deliveries", page),
  ];
}

/** The deliveries of each status are a click away. Those that wait are counted by the API. */
function statuses({ waiting }, chosen) {
  const { section, id } = here();
  const link = ([status, text]) => h("li", {}, h("a", {
    href: addressOf(section, id, { status }), data: { key: `status ${status}` }, "aria-current": status === chosen ? "true" : null,
  }, waiting[status] ? `${text} (${waiting[status]}${waiting.more ? " or more" : ""})` : text));
  return h("nav", { class: "statuses", "aria-label": "Deliveries by status" },
    h("ul", { role: "list" }, [["", "All"], ...Object.entries(DELIVERY_STATUSES)].map(link)));
}

/** How many of those on this page were delivered, day by day: the API has no other numbers. */
function days(deliveries) {
  const byDay = [...Map.groupBy(deliveries, ({ created_at: at }) => DATE.format(new Date(at)))].slice(0, DAYS_MAX);
  if (deliveries.length < 2) return null;
  return h("dl", { class: "days", "aria-label": "Delivered of those on this page, by day" }, byDay.map(([day, all]) => {
    const delivered = all.filter(({ status }) => status === "delivered").length;
    return h("div", {},
      h("dt", {}, day),
      h("dd", {},
        h("meter", { min: 0, max: all.length, value: delivered, "aria-label": `Delivered of those of ${day} on this page` }),
        h("span", {}, `${delivered} of ${all.length} delivered`)));
  }));
}

const NONE = { failed: "Every delivery has arrived, or is still tried.", held: "Nothing is held back.", pending: "Nothing is under way, or waits to be tried again." };

function none(status) {
  if (status) return empty(`None is ${status}`, NONE[status] ?? "There is no such delivery.");
  return empty("No delivery yet",
    "Create, change or send an object of the team, or send a test event: each delivery stands here for 30 days, with what was sent and what came back.");
}

const columns = (team, webhook, types) => [
  { label: "Event", isHead: true, cell: ({ topic }) => h("code", {}, topic) },
  { label: "Object", cell: (delivery) => objectCell(delivery, types) },
  { label: "Happened", cell: ({ created_at: at }) => exactTime(at) },
  { label: "Status", cell: statusCell },
  { label: "Attempts", isNumber: true, cell: ({ tries }) => String(tries) },
  { label: "", cell: (delivery) => deliveryActions(team, webhook, delivery) },
];

function objectCell({ object, object_type: typeId }, types) {
  if (!object) return "None";
  const type = types.find(({ id }) => id === typeId);
  return [type?.plural_label ?? typeId, h("code", { class: "under soft" }, object)];
}

function statusCell({ status, tries, next_attempt_at: next }) {
  const isRetried = status === "pending" && tries > 0 && next;
  return [badge(status, DELIVERY_STATUSES), isRetried && h("small", { class: "under" }, `Tried again ${distanceTo(next)}`)];
}

function deliveryActions(team, webhook, { id, topic, status }) {
  const name = `${topic} ${id}`;
  const canSend = webhook.status === "active" && !webhook.trashed_at && ["failed", "held"].includes(status);
  return actions(name,
    action("webhooks.delivery", "Open", { dialog: "delivery", on: id, kind: "quiet", of: name }),
    canSend && action("webhooks.redeliver", "Redeliver", { on: id, press: () => redeliver(team, webhook, id), kind: "quiet", of: name }));
}

async function redeliver(team, webhook, id) {
  await call("webhooks.redeliver", { team: team.id, webhook: webhook.id, delivery: id }, { key: crypto.randomUUID() });
  await refresh();
  notify("The delivery is sent again, with the full schedule of retries.");
}
