// The form of the team's settings.

import { h, show } from "../shell/dom.js";
import { call } from "../shell/api.js";
import { learn } from "../shell/known.js";
import { notify } from "../shell/notice.js";
import { refresh } from "../shell/place.js";
import { field } from "../parts/fields.js";
import { faultAt } from "../parts/faults.js";
import { form, requestFor } from "../parts/form.js";

/**
 * What was typed and not saved, by the id of the team: the form is made anew whenever something else on the page changes. With it
 * the team as it was when that was begun, so that whoever was faster is not overwritten unseen.
 */
const begun = new Map();

/** The limits are for owners alone. */
export function settingsForm(latest, isOwner) {
  const { id } = latest;
  const shown = { ...(begun.get(id)?.shown ?? latest) };
  const inputs = inputsOf(shown, isOwner);
  const discard = h("button", { type: "button", class: "quiet", hidden: true, data: { key: "discard-settings" } }, "Discard what is typed");
  const element = form({
    fields: Object.values(inputs),
    footer: discard,
    submit: "Save",
    request: requestFor("teams.update", (data) => {
      const changed = Object.entries(valuesIn(data)).filter(([member, value]) => value !== shown[member]);
      return changed.length > 0 ? { parameters: { team: id }, body: Object.fromEntries(changed), version: shown.version } : null;
    }),
    done: async (team) => {
      begun.delete(id);
      if (!team) return notify("Nothing has changed.");
      await learn();
      await refresh();
      notify("Saved.");
    },
    conflict: {
      initial: shown,
      latest: () => call("teams.read", { team: id }),
      labels: { name: "Name", ...(isOwner && { token_lifetime_days_max: "Longest life of a token", audit_log_days: "Days of the audit log" }) },
      keep: ({ version }) => { shown.version = version; },
      take: (team) => fill(element, shown, team),
    },
  });
  element.addEventListener("input", () => { show(discard, remember(element, shown)); });
  discard.addEventListener("click", () => {
    fill(element, shown, latest);
    element.elements.name.focus();
  });
  for (const [name, text] of Object.entries(begun.get(id)?.typed ?? {})) element.elements[name].value = text;
  show(discard, begun.has(id));
  return element;
}

/** Keeps what is typed as long as it differs from what the team has; says whether it does. */
function remember(element, shown) {
  const typed = Object.fromEntries(new FormData(element));
  const isTouched = Object.entries(typed).some(([name, text]) => text !== String(shown[name] ?? ""));
  if (isTouched) begun.set(shown.id, { shown, typed });
  else begun.delete(shown.id);
  return isTouched;
}

/** Shows a team as it is, and nothing of what was typed. */
function fill(element, shown, team) {
  Object.assign(shown, team);
  for (const input of element.elements) if (input.name) input.value = team[input.name] ?? "";
  element.dispatchEvent(new Event("input"));
}

function inputsOf({ name, token_lifetime_days_max: days, audit_log_days: kept }, isOwner) {
  const keyed = (key, more) => ({ ...more, data: { key: `settings ${key}` } });
  return {
    name: field({ label: "Name", name: "name", value: name, input: keyed("name", { maxlength: 100, required: true }) }),
    ...(isOwner && {
      days: field({
        label: "Longest life of a token, in days", name: "token_lifetime_days_max", isOptional: true, value: days ?? "",
        help: "A token that lives longer, or without an end, does not reach the team. Empty: no limit.", input: keyed("days", { inputmode: "numeric" }),
      }),
      kept: field({
        label: "Days that the audit log is kept", name: "audit_log_days", value: kept,
        help: "It counts for new entries; those that are there keep their end.", input: keyed("kept", { inputmode: "numeric" }),
      }),
    }),
  };
}

function valuesIn(data) {
  const limits = ["token_lifetime_days_max", "audit_log_days"].filter((name) => data.has(name));
  return { name: data.get("name"), ...Object.fromEntries(limits.map((name) => [name, numberIn(data, name)])) };
}

/** The number that is filled in; null for nothing. */
function numberIn(data, name) {
  const text = data.get(name).trim();
  if (text && !/^\d{1,9}$/.test(text)) throw faultAt(`/${name}`, "Give a whole number of days.");
  return text ? Number(text) : null;
}
