// The audit log of the team: who changed what, when and from where.

import { h } from "../shell/dom.js";
import { call } from "../shell/api.js";
import { EXACT, plural, timeElement } from "../shell/words.js";
import { action } from "../parts/action.js";
import { empty, head, pageQuery, pager, table } from "../parts/pages.js";
import { requests } from "../parts/request.js";
import { choicesFor } from "./choices.js";
import { entryDialog } from "./entry.js";
import { exportDialog } from "./export.js";
import { chips, filterForm, filtersIn } from "./filters.js";
import { moreOf, sourceOf, subjectOf, whatOf, whoOf } from "./words.js";

export async function view({ team, query }) {
  const filters = filtersIn(query);
  const list = { operation: "audit-logs.list", parameters: { team: team.id }, query: pageQuery(query, filters) };
  const [{ page, fault }, choices] = await Promise.all([read(list), choicesFor(team)]);
  return {
    title: "Audit log",
    content: [
      head("Audit log",
        "Every change in the team: who made it, when and from where, and what it was before. What somebody has only read has no entry.",
        action("audit-logs.export", "Export as CSV", { dialog: "export" })),
      filterForm(team, filters, choices, fault),
      chips(filters, choices),
      fault ? null : entries(page, { filters, choices, isFirst: !query.get("cursor") }),
      pager("the audit log", page),
      requests([["List the entries", list], ["Export the entries", { ...list, operation: "audit-logs.export", query: filters }]]),
    ],
    dialogs: {
      entry: (id) => entryDialog(page.data.find((entry) => entry.id === id), choices),
      export: () => exportDialog(team, filters, choices),
    },
  };
}

/** A page of the log, or what the API found wrong with what the address asks for. */
async function read(list) {
  try {
    return { page: await call(list.operation, list.parameters, list) };
  } catch (fault) {
    if (!fault.errors?.some(({ pointer }) => pointer.startsWith("?"))) throw fault;
    return { page: { data: [], next_cursor: null }, fault };
  }
}

function entries({ data, next_cursor: next }, { filters, choices, isFirst }) {
  if (data.length > 0) {
    const count = `${plural(data.length, "entry", "entries")} on this page${next ? "; there are more" : ""}.`;
    return [shown(count), table("Audit log", columns(choices), data)];
  }
  // One answer of the API reads a part of the log, and what fits may come later.
  if (next) return shown("Nothing fits in the part of the log that was searched so far. Go to the next page to search on.");
  if (!isFirst) return shown("The log ends here.");
  return Object.keys(filters).length > 0
    ? [shown("No entry fits."), empty("No entry fits", "Take a filter away, or give it another value. Entries whose time is over are gone.")]
    : [shown("No entry yet."), empty("Nothing is recorded yet", "Change something, such as the name of the team: the entry is here a moment later.")];
}

/** How much there is: said when filters have changed. */
function shown(text) {
  return h("p", { id: "log-shown", class: "soft log-shown", tabindex: "-1" }, text);
}

const columns = ({ names }) => [
  { label: "Time", cell: ({ at }) => timeElement(at, EXACT.format(new Date(at))) },
  { label: "What", isHead: true, cell: (entry) => [whatOf(entry), under(moreOf(entry))] },
  { label: "Subject", cell: (entry) => [subjectOf(entry), under(entry.subject.kind === "object" && entry.subject.type?.slug)] },
  { label: "Who", cell: ({ actor }) => [h("bdi", {}, whoOf(actor, names)), under(actor.token && withToken(actor.token))] },
  { label: "From", cell: ({ actor: { ip, source } }) => [h("span", { class: "log-address" }, ip), under(source && sourceOf(source))] },
  { label: "", cell: detailsOf },
];

function withToken({ id, name }) {
  return ["with the token ", h("bdi", {}, name ?? id)];
}

function under(content) {
  return content ? h("small", { class: "under" }, content) : null;
}

function detailsOf(entry) {
  const of = `${whatOf(entry)}, ${entry.subject.label || entry.subject.id}, ${EXACT.format(new Date(entry.at))}`;
  return h("div", { class: "actions" }, action("audit-logs.list", "Details", { dialog: "entry", on: entry.id, kind: "quiet", of }));
}
