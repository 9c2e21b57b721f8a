// The menu: the team that is looked at, and the sections that the person's role may open there.

import { byId, h, show } from "./dom.js";
import { known, may } from "./known.js";
import { addressOf, go } from "./place.js";
import { SECTIONS } from "./sections.js";
import { plain } from "./words.js";

export function paintMenu(current) {
  const groups = Map.groupBy(SECTIONS.filter(isOpen), ({ group }) => group);
  byId("menu").replaceChildren(chooser(current), ...[...groups].flatMap(([label, sections]) => groupElements(label, sections, current)));
  show(byId("menu"));
}

function isOpen({ needs, isOwn, group }) {
  return group && (isOwn || (known.team && may(needs)));
}

/** The choice of the team. It leads to the same section of the other team. */
function chooser(current) {
  if (known.teams.length === 0) return "";
  const options = known.teams.map(({ id, name }) => h("option", { value: id, selected: id === known.team?.id }, name));
  const chosen = ({ target }) => go(addressOf(current?.name ?? "", "", { team: target.value }));
  return h("div", { class: "team" },
    h("label", { for: "team" }, "Team"),
    h("select", { id: "team", onchange: chosen }, options),
    h("p", { class: "help" }, known.team ? `Your role: ${plain(known.team.role)}. ` : "", h("a", { href: addressOf("new-team"), id: "new-team" }, "New team")));
}

function groupElements(label, sections, current) {
  const link = ({ name, label: text }) =>
    h("li", {}, h("a", { href: addressOf(name), id: `menu-${name}`, "aria-current": name === current?.name ? "page" : null }, text));
  const id = `menu-of-${label.replaceAll(" ", "-").toLowerCase()}`;
  return [h("p", { id, class: "menu-label" }, label), h("ul", { role: "list", "aria-labelledby": id }, sections.map(link))];
}
