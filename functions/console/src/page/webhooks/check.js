// The dialog that tells why a signature does not fit. Whatever is pasted stays in the browser, and is gone when the dialog closes.

import { h, once } from "../shell/dom.js";
import { call } from "../shell/api.js";
import { closeButton, openDialog } from "../parts/dialog.js";
import { clearFaults, showFaults } from "../parts/faults.js";
import { area, faultPlace, field } from "../parts/fields.js";
import { diagnose } from "./signature.js";

/** Checks what a receiver of a webhook got, if there is one; the request of a delivery fills it in, if one is given. */
export async function checkDialog(team, webhook, deliveryId = null) {
  const delivery = webhook && deliveryId ? await call("webhooks.delivery", { team: team.id, webhook: webhook.id, delivery: deliveryId }) : null;
  const sent = delivery && requestIn(delivery);
  const publicKeys = webhook ? [webhook.public_key, ...webhook.previous_keys.map(({ public_key: key }) => key)] : [];
  const { element, wipe } = checkForm(sent, publicKeys);
  return openDialog({ title: "Why does my signature not fit?", size: "wide", form: element, done: wipe });
}

/** Of a delivery what was signed. Its signatures are not kept. */
function requestIn({ request: { headers, body } }) {
  return { id: headers["webhook-id"] ?? "", timestamp: headers["webhook-timestamp"] ?? "", body: body ?? "" };
}

function checkForm(sent, publicKeys) {
  const mono = { class: "mono", spellcheck: "false", autocomplete: "off" };
  const inputs = {
    id: h("input", { type: "text", ...mono }),
    timestamp: h("input", { type: "text", inputmode: "numeric", ...mono }),
    signature: area({ autofocus: Boolean(sent), ...mono }),
    body: area({ ...mono, rows: 5 }),
    secret: h("input", { type: "text", ...mono }),
  };
  const verdict = h("div", { role: "status" });
  const button = h("button", { type: "submit", class: "primary" }, "Check");
  const element = h("form", { novalidate: true, autocomplete: "off" },
    h("div", { class: "body" }, faultPlace(),
      h("p", { class: "soft" },
        "Paste what your receiver got, and the secret that it verifies with. All of it is checked in this browser: nothing is sent or kept."),
      sent && h("p", { class: "note" },
        "Id, time and body are those of the latest attempt, as they were sent. Put what your receiver got in their place, and they are compared."),
      h("div", { class: "pair" },
        field({ label: "webhook-id", name: "id", value: sent?.id, input: inputs.id }),
        field({ label: "webhook-timestamp", name: "timestamp", value: sent?.timestamp, input: inputs.timestamp })),
      field({ label: "webhook-signature", name: "signature", help: "The whole header: v1,… v1a,…", input: inputs.signature }),
      field({ label: "Body", name: "body", value: sent?.body, help: "The raw bytes, before anything parsed them.", input: inputs.body }),
      field({ label: "Secret", name: "secret", help: "It begins with whsec_.", input: inputs.secret }),
      verdict),
    h("footer", {}, closeButton(), button));
  // Without a name nothing ever keeps it.
  inputs.secret.removeAttribute("name");
  element.addEventListener("input", () => verdict.replaceChildren());
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    once(button, () => check(element, inputs, verdict, { sent, publicKeys }));
  });
  return { element, wipe: () => { inputs.secret.value = ""; } };
}

async function check(form, inputs, verdict, known) {
  clearFaults(form);
  verdict.replaceChildren();
  const got = Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.value]));
  try {
    const { isFitting, title, causes } = await diagnose(got, known);
    verdict.append(h("div", { class: `verdict ${isFitting ? "good" : "bad"}` },
      h("h3", {}, title),
      causes.length > 0 && h("ul", {}, causes.map((cause) => h("li", {}, cause)))));
    verdict.scrollIntoView({ block: "nearest" });
  } catch (fault) {
    showFaults(form, fault);
  }
}
