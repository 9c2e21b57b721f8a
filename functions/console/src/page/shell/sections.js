// The sections of the settings, in the order of the menu. A family adds its row here, and a folder with its module.

/**
 * Of each section its name in the address, its label, its group, the operation that whoever sees it may use, and its module,
 * which is loaded when it is opened. `isOwn` ones are about the person and need no team; one without a group is not in the menu.
 */
export const SECTIONS = [
  { name: "tokens", label: "Tokens", group: "API access", needs: "tokens.list", isOwn: true, load: () => import("../tokens/section.js") },
  { name: "webhooks", label: "Webhooks", group: "API access", needs: "webhooks.list", load: () => import("../webhooks/section.js") },
  { name: "reference", label: "Reference", group: "API access", needs: "discovery.openapi", isOwn: true, load: () => import("../reference/section.js") },
  { name: "general", label: "General", group: "Team", needs: "teams.read", load: () => import("../general/section.js") },
  { name: "members", label: "Members", group: "Team", needs: "teams.list_members", load: () => import("../members/section.js") },
  { name: "audit-log", label: "Audit log", group: "Team", needs: "audit-logs.list", load: () => import("../audit-log/section.js") },
  { name: "object-types", label: "Object types", group: "Data", needs: "object-types.list", load: () => import("../object-types/section.js") },
  { name: "objects", label: "Objects", group: "Data", needs: "objects.list", load: () => import("../objects/section.js") },
  { name: "uploads", label: "Files", group: "Data", needs: "uploads.list", load: () => import("../uploads/section.js") },
  { name: "new-team", label: "Make a team", group: null, needs: "teams.create", isOwn: true, load: () => import("../new-team/section.js") },
  { name: "join", label: "Invitation", group: null, needs: "teams.accept_invitation", isOwn: true, load: () => import("../join/section.js") },
];

export function sectionOf(name) {
  return SECTIONS.find((section) => section.name === (name || SECTIONS[0].name));
}
