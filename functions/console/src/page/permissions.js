// The catalogue of permissions as groups of checkboxes.

/** What the page knows besides the tokens. */
const known = { groups: [], teams: [], descriptions: new Map(), user: "" };

function learn(catalogue, me) {
  known.user = me.user.id;
  known.groups = catalogue.groups;
  known.teams = me.teams;
  known.descriptions = new Map(catalogue.groups.flatMap((group) => group.permissions.map((each) => [each.name, each.description])));
}

/** Fills the form's groups; `changed` is called when a button has checked boxes. */
function paintGroups(changed) {
  const allowed = new Set(known.teams.flatMap((team) => team.permissions));
  byId("editor-groups").replaceChildren(...known.groups.map((group) => groupElement(group, allowed, changed)));
}

function groupElement({ label, permissions }, allowed, changed) {
  const element = copyOf("group-template");
  write(element, { label });
  part(element, "choices").append(...permissions.map((permission) => permissionElement(permission, allowed)));
  for (const [name, isChecked] of [["all", true], ["none", false]]) {
    const button = part(element, name);
    button.setAttribute("aria-label", `Select ${name} of ${label}`);
    button.addEventListener("click", () => {
      for (const box of boxesIn(element)) box.checked = isChecked;
      changed();
    });
  }
  return element;
}

function permissionElement({ name, description, sees, in_use: isInUse }, allowed) {
  const element = copyOf("permission-template");
  write(element, { name, description, sees: `Lets see: ${sees}` });
  show(part(element, "idle"), !isInUse);
  part(element, "box").value = name;
  show(part(element, "beyond"), allowed.size > 0 && !allowed.has(name));
  return element;
}

function boxesIn(element) {
  return element.querySelectorAll("input[name=permission]");
}

