// The catalogue of permissions as groups of checkboxes.

import { freshId, h } from "../shell/dom.js";
import { known } from "../shell/known.js";
import { choice, faultPlace } from "../parts/fields.js";

/** What creates objects and changes them, and reads nothing. */
export const FORM_PERMISSIONS = ["object:create", "object:update"];

/** The permissions to choose from, with those that are chosen already. */
export function permissionFields(groups, chosen) {
  const allowed = new Set(known.teams.flatMap(({ permissions }) => permissions));
  const isUsed = ({ permissions }) => permissions.some(({ in_use: isInUse }) => isInUse);
  const [used, unused] = [groups.filter(isUsed), groups.filter((group) => !isUsed(group))];
  const [helpId, faultId] = [freshId("help"), freshId("fault")];
  return h("fieldset", { class: "field", "aria-describedby": `${helpId} ${faultId}` },
    h("legend", {}, "Permissions"),
    h("p", { id: helpId, class: "help" }, "Choose only what the service needs. They are fixed: for others, revoke the token and create a new one."),
    faultPlace("/permissions", faultId),
    h("p", { class: "suggestion" }, "For a form, Zapier, Make or n8n that sends contacts: ", suggestion()),
    h("div", { class: "groups" }, used.map((group) => groupOf(group, { allowed, chosen }))),
    unused.length > 0 && h("details", { class: "advanced", open: unused.some(({ permissions }) => permissions.some(({ name }) => chosen.includes(name))) },
      h("summary", {}, "Permissions that no part of the API needs yet"),
      h("div", { class: "groups" }, unused.map((group) => groupOf(group, { allowed, chosen })))));
}

/** Chooses what the most common of tokens needs, and nothing else. */
function suggestion() {
  const choose = ({ target }) => {
    const form = target.closest("form");
    for (const box of form.querySelectorAll("[name=permission]")) box.checked = FORM_PERMISSIONS.includes(box.value);
    form.dispatchEvent(new Event("input", { bubbles: true }));
  };
  return h("button", { type: "button", class: "link", onclick: choose }, "Choose what a form needs");
}

function groupOf({ label, permissions }, { allowed, chosen }) {
  const boxes = h("div", { class: "choices" }, permissions.map((permission) => permissionOf(permission, { allowed, chosen })));
  const button = (text, isChecked) => h("button", { type: "button", class: "link", "aria-label": `${text} of ${label}`, onclick: () => check(boxes, isChecked) }, text);
  return h("fieldset", { class: "group" },
    h("legend", {}, label),
    h("p", { class: "group-tools" }, button("All", true), button("None", false)),
    boxes);
}

function check(boxes, isChecked) {
  for (const box of boxes.querySelectorAll("input")) box.checked = isChecked;
  boxes.dispatchEvent(new Event("input", { bubbles: true }));
}

function permissionOf({ name, description, sees, in_use: isInUse }, { allowed, chosen }) {
  return choice({
    name: "permission",
    value: name,
    isChecked: chosen.includes(name),
    label: [
      h("code", {}, name),
      h("small", {}, description),
      h("small", {}, `Lets see: ${sees}`),
      !isInUse && h("small", {}, "No part of the API needs it yet."),
      allowed.size > 0 && !allowed.has(name) && h("small", { class: "beyond" }, "Your role allows it in none of your teams."),
    ],
  });
}
