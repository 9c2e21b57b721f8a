// The settings of a webhook: made, and changed.

import { h } from "../shell/dom.js";
import { may } from "../shell/known.js";
import { notify } from "../shell/notice.js";
import { addressOf, go, refresh } from "../shell/place.js";
import { area, checkbox, choice, choices, field } from "../parts/fields.js";
import { formDialog, requestFor } from "../parts/form.js";
import { readWebhook, showWebhookSecret } from "./changes.js";
import { CONTENTS, TOPICS, typeNames, typesOf } from "./words.js";

/** So many object types are offered, and so many a webhook may be subscribed to. */
const TYPES_MAX = 100;

export async function createDialog(team) {
  const types = await typesOf(team.id);
  const initial = { topics: ["object.created", "object.updated", "object.deleted"], object_types: null, content: may("objects.list") ? "full" : "ids" };
  return formDialog({
    title: "Create a webhook",
    size: "roomy",
    fields: [
      ...settingsFields(initial, types),
      checkbox({ name: "active", label: "Switched on", help: "Else events are held until it is.", isChecked: true }),
    ],
    submit: "Create webhook",
    request: requestFor("webhooks.create", (data) => ({ parameters: { team: team.id }, body: { ...settingsIn(data), active: data.has("active") } })),
    done: ({ id, name, secret }) => showWebhookSecret({
      name,
      secret,
      note: "Next, send a test event: it shows whether the receiver answers.",
      done: () => go(addressOf("webhooks", id)),
    }),
  });
}

export async function editDialog(team, id) {
  const [webhook, types] = await Promise.all([readWebhook(team, id), typesOf(team.id)]);
  const shown = { ...webhook };
  const fields = settingsFields(webhook, types);
  return formDialog({
    title: "Edit the webhook",
    size: "roomy",
    fields,
    submit: "Save",
    request: requestFor("webhooks.update", (data) => {
      const body = changedIn(settingsIn(data), shown);
      return Object.keys(body).length > 0 ? { parameters: { team: team.id, webhook: id }, body, version: shown.version } : null;
    }),
    done: async () => {
      await refresh();
      notify("Saved.");
    },
    conflict: {
      initial: inWords(webhook, types),
      latest: async () => inWords(await readWebhook(team, id), types),
      labels: LABELS,
      keep: ({ version }) => { shown.version = version; },
      take: (latest) => {
        Object.assign(shown, latest);
        fill(fields[0].closest("form"), latest);
      },
    },
  });
}

const LABELS = {
  name: "Name", url: "URL", description: "Description", topicsText: "Topics", typesText: "Object types", contentText: "Content", activeText: "Switched on",
};

/** A webhook with those of its settings that are lists or names as words. */
function inWords(webhook, types) {
  return {
    ...webhook,
    topicsText: webhook.topics.join(", "),
    typesText: typeNames(webhook.object_types, types),
    contentText: CONTENTS[webhook.content].label,
    activeText: webhook.active ? "yes" : "no",
  };
}

/** What differs from the webhook. Of lists the order says nothing. */
function changedIn(settings, webhook) {
  const sorted = (value) => JSON.stringify(Array.isArray(value) ? value.toSorted() : value);
  return Object.fromEntries(Object.entries(settings).filter(([member, value]) => sorted(value) !== sorted(webhook[member])));
}

function settingsIn(data) {
  const isChosen = data.get("which") === "some";
  return {
    name: data.get("name"),
    url: data.get("url"),
    description: data.get("description"),
    topics: data.getAll("topics"),
    ...(data.has("which") && { object_types: isChosen ? data.getAll("object_types") : null }),
    content: data.get("content"),
  };
}

function settingsFields({ name = "", url = "", description = "", topics, object_types: chosen, content }, types) {
  const contents = Object.entries(CONTENTS).filter(([value]) => value === "ids" || value === content || may("objects.list"));
  return [
    field({ label: "Name", name: "name", value: name, input: { maxlength: 100, required: true, autofocus: true } }),
    field({
      label: "URL", name: "url", value: url, help: "Receives a POST for each event. It begins with https and is on the public internet.",
      input: { type: "url", maxlength: 2000, required: true, placeholder: "https://example.com/hooks", spellcheck: "false" },
    }),
    field({ label: "Description", name: "description", value: description, isOptional: true, input: area({ maxlength: 1000 }) }),
    choices({
      legend: "Topics", name: "topics", type: "checkbox", chosen: topics,
      options: Object.entries(TOPICS).map(([value, help]) => ({ value, label: h("code", {}, value), help })),
    }),
    may("object-types.list") && typesField(chosen, types),
    choices({
      legend: "Content", name: "content", chosen: [content],
      options: contents.map(([value, words]) => ({ value, ...words })),
    }),
  ].filter(Boolean);
}

/** The choice of object types: all, or some of a list that is only shown then. */
function typesField(chosen, types) {
  // What the webhook has stays to be chosen, also a type that is in the trash.
  const isChosen = (id) => Boolean(chosen?.includes(id));
  const gone = (chosen ?? []).filter((id) => !types.some((type) => type.id === id));
  const lost = gone.map((id) => ({ value: id, label: id, help: "In the trash, or destroyed" }));
  const there = types.map(({ id, plural_label: label, slug }) => ({ value: id, label, help: slug }));
  const whole = [...lost, ...there.toSorted((a, b) => isChosen(b.value) - isChosen(a.value))];
  const offered = whole.slice(0, TYPES_MAX);
  const list = h("div", { class: "choices types", role: "group", "aria-label": "Only these object types", hidden: !chosen },
    offered.length > 0
      ? offered.map((option) => choice({ name: "object_types", isChecked: isChosen(option.value), ...option }))
      : h("p", { class: "help" }, "The team has no object type yet."),
    whole.length > TYPES_MAX && h("p", { class: "help" }, `The first ${TYPES_MAX} are shown. Others can be named through the API.`));
  const group = choices({
    legend: "Object types", name: "which", pointer: "/object_types", chosen: [chosen ? "some" : "all"],
    options: [{ value: "all", label: "All", help: "Also those that are made later." }, { value: "some", label: "Only these" }],
  });
  group.lastElementChild.before(list);
  // Also what a draft brings back is an input.
  queueMicrotask(() => group.closest("form")?.addEventListener("input", () => { list.hidden = !group.querySelector("[value=some]").checked; }));
  return group;
}

/** Shows the settings of a webhook in the form. */
function fill(form, webhook) {
  for (const input of form.elements) {
    const { name, value } = input;
    if (name === "which") input.checked = value === (webhook.object_types ? "some" : "all");
    else if (name === "object_types") input.checked = Boolean(webhook.object_types?.includes(value));
    else if (name === "topics") input.checked = webhook.topics.includes(value);
    else if (name === "content") input.checked = value === webhook.content;
    else if (["name", "url", "description"].includes(name)) input.value = webhook[name];
  }
  form.dispatchEvent(new Event("input"));
}
