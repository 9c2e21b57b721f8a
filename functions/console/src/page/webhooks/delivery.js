// One delivery: what was sent, and what came back from each attempt. While an attempt is due it is read again by itself.

import { h } from "../shell/dom.js";
import { call } from "../shell/api.js";
import { may } from "../shell/known.js";
import { announce, tell } from "../shell/notice.js";
import { openAt, refresh } from "../shell/place.js";
import { distanceTo, plural } from "../shell/words.js";
import { action } from "../parts/action.js";
import { copyButton } from "../parts/copy.js";
import { closeButton, openDialog } from "../parts/dialog.js";
import { faultPlace } from "../parts/fields.js";
import { requests } from "../parts/request.js";
import { DELIVERY_STATUSES, badge, errorText, exactTime } from "./words.js";
import { isEqual } from "../parts/changes.js";

/** How often a delivery is read while an attempt is due, and how far off that may be, in milliseconds. */
const [PAUSE, SOON] = [1_000, 15_000];

export async function deliveryDialog(team, webhook, id) {
  const parameters = { team: team.id, webhook: webhook.id, delivery: id };
  const shown = new Shown(() => call("webhooks.delivery", parameters));
  await shown.read();
  const canSend = webhook.status === "active" && !webhook.trashed_at;
  const send = () => shown.after(() => call("webhooks.redeliver", parameters, { key: crypto.randomUUID() }));
  const close = openDialog({
    title: `Delivery of ${shown.delivery.topic}`,
    size: "wide",
    content: [
      shown.fault,
      shown.element,
      requests([
        ["Read the delivery", { operation: "webhooks.delivery", parameters }],
        may("webhooks.redeliver") && ["Send it again", { operation: "webhooks.redeliver", parameters }],
      ]),
    ],
    footer: [
      !canSend && h("p", { class: "soft" }, "It can be sent again when the webhook is switched on."),
      action("webhooks.delivery", "Check a signature", { press: () => openAt("signature", id) }),
      closeButton(),
      canSend && action("webhooks.redeliver", "Redeliver", { press: send, kind: "primary" }),
    ].filter(Boolean),
    done: () => shown.end(),
  });
  shown.watch();
  return close;
}

/** A delivery as it is shown, until its dialog closes. */
class Shown {
  fault = faultPlace();
  element = h("div", { class: "delivery", tabindex: "-1" });
  #read;
  #isOpen = true;
  #isWatched = false;

  constructor(read) {
    this.#read = read;
  }

  /** Reads it, and paints it if it is another than before. */
  async read() {
    const delivery = await this.#read();
    if (isEqual(delivery, this.delivery)) return;
    const isChanged = Boolean(this.delivery);
    this.delivery = delivery;
    const hadFocus = this.element.contains(document.activeElement);
    this.element.replaceChildren(...parts(delivery));
    if (hadFocus) this.element.focus();
    if (isChanged) announce(newsOf(delivery));
  }

  /** Runs what changes it. The page behind the dialog cannot be reached, so faults are told here. */
  async after(task) {
    this.fault.textContent = "";
    try {
      await task();
      await this.read();
      this.watch();
    } catch (fault) {
      if (fault.status === 401) tell(fault);
      else this.fault.textContent = fault.message;
    }
  }

  async watch() {
    if (this.#isWatched) return;
    this.#isWatched = true;
    while (this.#isOpen && isDue(this.delivery) && !this.fault.textContent) {
      await new Promise((done) => { setTimeout(done, PAUSE); });
      if (this.#isOpen) await this.after(() => null);
    }
    this.#isWatched = false;
  }

  /** What stands behind the dialog was read before this was. */
  end() {
    this.#isOpen = false;
    refresh();
  }
}

function isDue({ status, next_attempt_at: next }) {
  return status === "pending" && (!next || new Date(next) - Date.now() < SOON);
}

function newsOf({ status, tries, attempts }) {
  const last = attempts.at(-1);
  const came = last?.status ? `was answered with ${last.status}` : "had no answer";
  return `${DELIVERY_STATUSES[status]} after ${plural(tries, "attempt")}${last ? `: the last one ${came}` : ""}.`;
}

function parts(delivery) {
  return [factsOf(delivery), h("div", { class: "exchange" }, requestPart(delivery), attemptsPart(delivery))];
}

function factsOf({ status, event_id: event, object, created_at: made, next_attempt_at: next }) {
  const row = (name, ...value) => h("div", {}, h("dt", {}, name), h("dd", {}, value));
  return h("dl", { class: "facts" },
    row("Status", badge(status, DELIVERY_STATUSES)),
    row("Happened", exactTime(made)),
    row("Next attempt", next ? [exactTime(next), ` (${distanceTo(next)})`] : "None"),
    row("Object", object ? h("code", {}, object) : "None"),
    row("Event", h("code", {}, event), " ", copyButton(() => event, "Copy the id")));
}

function requestPart({ request: { method, url, headers, body } }) {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`).join("\n");
  return h("section", {},
    h("h3", {}, "Request"),
    block("Headers of the request", `${method} ${url}\n${lines}`),
    h("p", { class: "help" }, "The headers are those of the latest attempt, without the signature."),
    body === null || body === undefined
      ? h("p", { class: "soft" }, "The body is only shown to those who may read objects.")
      : [
        block("Body of the request", pretty(body)),
        h("p", { class: "links" }, h("span", { class: "soft" }, "Indented here."), copyButton(() => body, "Copy the body as it was sent")),
      ]);
}

function attemptsPart({ attempts, tries }) {
  const first = tries - attempts.length + 1;
  return h("section", {},
    h("h3", {}, "Attempts"),
    attempts.length === 0 && h("p", { class: "soft" }, "None yet."),
    tries > attempts.length && h("p", { class: "soft" }, `The latest ${attempts.length} of ${tries}.`),
    h("ol", { class: "attempts", role: "list" }, attempts.map((attempt, index) => attemptElement(attempt, first + index)).reverse()));
}

function attemptElement({ at, status, error, duration_ms: duration, response, next_attempt_at: next }, number) {
  const isGood = status >= 200 && status < 300;
  return h("li", { class: "attempt" },
    h("p", { class: "attempt-head" },
      h("strong", {}, `Attempt ${number}`),
      badge(isGood ? "delivered" : "failed", { delivered: String(status), failed: status ? String(status) : "No answer" }),
      h("span", { class: "soft" }, `${duration} ms`)),
    h("p", { class: "soft" }, exactTime(at), next && [", then a pause until ", exactTime(next)]),
    error && h("p", {}, errorText(error)),
    response && block(`Response to attempt ${number}`, pretty(response)),
    response === "" && h("p", { class: "soft" }, "The response has no body."));
}

/** JSON with line breaks; anything else as it is. */
function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function block(label, text) {
  return h("pre", { class: "block", tabindex: "0", role: "region", "aria-label": label }, h("code", {}, text));
}
