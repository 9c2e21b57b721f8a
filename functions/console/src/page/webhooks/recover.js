// Sends what was not delivered in a time range again, in as many requests as it takes.

import { call } from "../shell/api.js";
import { notify, tell } from "../shell/notice.js";
import { refresh } from "../shell/place.js";
import { DAY, localTime, plural } from "../shell/words.js";
import { faultAt } from "../parts/faults.js";
import { field } from "../parts/fields.js";
import { formDialog, requestFor } from "../parts/form.js";

export function recoverDialog(team, webhook) {
  const { failing_since: failing, disabled_at: disabled } = webhook.health;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return formDialog({
    title: "Recover",
    intro: "Sends what failed or was held in a time range again, and what is 15 minutes overdue. Deliveries are kept for 30 days.",
    fields: [
      field({
        label: "Since", name: "since", value: localTime(failing ?? disabled ?? new Date(Date.now() - DAY)),
        help: `In the time zone of this browser, ${zone}.`,
        input: { type: "datetime-local", step: 1, autofocus: true },
      }),
      field({ label: "Until", name: "until", isOptional: true, help: "Empty: now.", input: { type: "datetime-local", step: 1 } }),
    ],
    submit: "Recover",
    request: requestFor("webhooks.recover", (data) => {
      const [since, until] = [timeIn(data, "since"), timeIn(data, "until")];
      if (!since) throw faultAt("/since", "Say from when on.");
      return { parameters: { team: team.id, webhook: webhook.id }, body: { since, ...(until && { until }) } };
    }),
    done: (answer, wanted) => goOn(wanted, answer, 0),
  });
}

/** Repeats the request while there are more, and tells how far it is. */
async function goOn({ operation, parameters, body }, answer, before) {
  let { recovered, more } = answer;
  let all = before + recovered;
  try {
    while (more) {
      notify(`${plural(all, "delivery", "deliveries")} so far, and there are more…`);
      ({ recovered, more } = await call(operation, parameters, { body, key: crypto.randomUUID() }));
      all += recovered;
    }
    await refresh();
    notify(all > 0 ? `${plural(all, "delivery is", "deliveries are")} sent again.` : "There was nothing to recover in that time.");
  } catch (fault) {
    notify(`${plural(all, "delivery is", "deliveries are")} sent again, and there are more.`);
    tell(fault, () => goOn({ operation, parameters, body }, { recovered: 0, more: true }, all));
  }
}

function timeIn(data, name) {
  const date = new Date(data.get(name));
  if (!data.get(name)) return null;
  if (Number.isNaN(date.getTime())) throw faultAt(`/${name}`, "This is not a time.");
  return date.toISOString();
}
