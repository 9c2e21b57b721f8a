// The roles, and which of them the person may give.

import { known } from "../shell/known.js";
import { choices } from "../parts/fields.js";
import { plain } from "../shell/words.js";

const ROLES = {
  "view-only": "Sees objects, object types, forms and views.",
  "update-only": "Also changes objects and uploads files.",
  "member": "Also creates objects.",
  "manager": "Also moves objects to the trash.",
  "administrator": "Also shapes the team: object types, webhooks, members.",
  "owner": "May do everything.",
  "billing-manager": "Sees and changes billing, and nothing else.",
};

/** The choice of a role. Only an owner makes owners. */
export function roleChoices(chosen) {
  const names = Object.keys(ROLES).filter((name) => name !== "owner" || known.team.role === "owner");
  const options = names.map((value) => ({ value, label: plain(value), help: ROLES[value] }));
  return choices({ legend: "Role", name: "role", options, chosen: [chosen] });
}
