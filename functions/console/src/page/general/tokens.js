// Tokens of members that reach the team. An owner may block one here; elsewhere it works on.

import { h } from "../shell/dom.js";
import { call, listAll } from "../shell/api.js";
import { notify } from "../shell/notice.js";
import { refresh } from "../shell/place.js";
import { action, actions } from "../parts/action.js";
import { confirmDialog, requestFor } from "../parts/form.js";
import { pageQuery, pager, table } from "../parts/pages.js";
import { requests } from "../parts/request.js";
import { DATE, plural, timeElement, personName } from "../shell/words.js";

export async function tokensPart(team, query) {
  const list = { operation: "teams.list_tokens", parameters: { team }, query: pageQuery(query) };
  const page = await call(list.operation, list.parameters, list);
  return [
    h("h2", { class: "part" }, "Tokens that reach the team"),
    page.data.length > 0
      ? table("Tokens that reach the team", columns(team), page.data)
      : h("p", { class: "soft" }, "No member has a token that reaches the team."),
    pager("tokens", page),
    requests([
      ["List the tokens that reach the team", list],
      ["Undo the block of a token", { operation: "teams.unblock_token", parameters: { team } }],
    ]),
  ];
}

const columns = (team) => [
  { label: "Token", isHead: true, cell: ({ name, hint }) => [name, h("code", { class: "under" }, hint)] },
  { label: "Of", cell: ({ user }) => personName(user) },
  { label: "May do here", cell: reachOf },
  { label: "Made", cell: ({ created_at: at }) => timeElement(at, DATE.format(new Date(at))) },
  { label: "Last used", cell: ({ last_used_at: at }) => (at ? timeElement(at) : "Never") },
  { label: "Ends", cell: ({ expires_at: at }) => (at ? timeElement(at, DATE.format(new Date(at))) : "Never") },
  { label: "", cell: (token) => tokenActions(team, token) },
];

/** What a token may do here, and from where. */
function reachOf({ id, permissions, allowed_cidrs: ranges }) {
  return [
    permissions.length > 0
      ? h("details", { data: { key: `reach ${id}` } }, h("summary", {}, plural(permissions.length, "permission")), h("p", {}, permissions.join(", ")))
      : h("p", {}, "Nothing"),
    ranges && h("small", { class: "under" }, `Only from ${ranges.join(", ")}`),
  ];
}

function tokenActions(team, { id, name, blocked, blocked_at: at }) {
  if (!blocked) return actions(name, action("teams.block_token", "Block", { dialog: "block", on: id, kind: "quiet danger-text", of: name }));
  return [
    h("p", { class: "soft" }, "Blocked ", timeElement(at)),
    actions(name, action("teams.unblock_token", "Undo the block", { press: () => unblock(team, id, name), kind: "quiet", of: name })),
  ];
}

async function unblock(team, token, name) {
  await call("teams.unblock_token", { team, token });
  await refresh();
  notify(`${name} is not blocked any more.`);
}

export async function blockDialog(team, id) {
  const tokens = await listAll("teams.list_tokens", { team });
  const token = tokens.find((each) => each.id === id);
  if (!token) throw new Error("This token does not reach the team any more.");
  return confirmDialog({
    title: `Block ${token.name}?`,
    text: "The token is refused in this team from the next request on; elsewhere it works on. Its owner sees the block and cannot undo it; you can.",
    submit: "Block token",
    request: requestFor("teams.block_token", () => ({ parameters: { team, token: id } })),
    done: async () => {
      await refresh();
      notify(`${token.name} is blocked in this team.`, { operation: "teams.unblock_token", task: () => unblock(team, id, token.name) });
    },
  });
}
