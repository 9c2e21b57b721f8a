// Members of the team, and invitations to it.

import { h } from "../shell/dom.js";
import { call } from "../shell/api.js";
import { known, may } from "../shell/known.js";
import { action, actions } from "../parts/action.js";
import { empty, head, pageQuery, pager, table } from "../parts/pages.js";
import { requests } from "../parts/request.js";
import { DATE, plain, timeElement, personName } from "../shell/words.js";
import { inviteDialog, withdrawDialog } from "./invitations.js";
import { leaveDialogOf, removeDialog, roleDialog } from "./changes.js";

export async function view({ team, query }) {
  const list = { operation: "teams.list_members", parameters: { team: team.id }, query: pageQuery(query) };
  const open = { operation: "teams.list_invitations", parameters: { team: team.id }, query: { limit: 100 } };
  const [members, invitations] = await Promise.all([call(list.operation, list.parameters, list), call(open.operation, open.parameters, open)]);
  return {
    title: "Members",
    content: [
      head("Members", "Who is in the team. The role says what a person may do, and tokens of that person may never do more.",
        action("teams.invite", "Invite somebody", { dialog: "invite", kind: "primary" })),
      table("Members", MEMBER_COLUMNS, members.data),
      pager("members", members),
      h("h2", { class: "part" }, "Open invitations"),
      invitations.data.length > 0
        ? table("Open invitations", INVITATION_COLUMNS, invitations.data)
        : empty("No invitation is open", "Whoever you invite gets a link from you, and is in the team when they have opened it and signed in."),
      requests([["List the members", list], ["List the open invitations", open]]),
    ],
    dialogs: {
      invite: () => inviteDialog(team),
      withdraw: (id) => withdrawDialog(team, id),
      role: (id) => roleDialog(team, id),
      remove: (id) => removeDialog(team, id),
      leave: () => leaveDialogOf(team),
    },
  };
}

const MEMBER_COLUMNS = [
  { label: "Person", isHead: true, cell: ({ user }) => [personName(user), user.id === known.user.id && h("span", { class: "soft" }, " (you)")] },
  { label: "E-mail", cell: ({ user }) => user.email ?? "" },
  { label: "Role", cell: ({ role }) => plain(role) },
  { label: "Since", cell: ({ created_at: at }) => timeElement(at, DATE.format(new Date(at))) },
  { label: "", cell: memberActions },
];

function memberActions({ user, role }) {
  const name = personName(user);
  const isSelf = user.id === known.user.id;
  // Only owners may take the role of an owner away.
  const isBeyond = role === "owner" && known.team.role !== "owner";
  return actions(name,
    !isBeyond && action("teams.update_member", "Change role", { dialog: "role", on: user.id, kind: "quiet", of: name }),
    isSelf
      ? action("teams.remove_member", "Leave the team", { dialog: "leave", isSelf, kind: "quiet danger-text" })
      : !isBeyond && action("teams.remove_member", "Remove", { dialog: "remove", on: user.id, kind: "quiet danger-text", of: name }));
}

const INVITATION_COLUMNS = [
  { label: "E-mail", isHead: true, cell: ({ email }) => email },
  { label: "Role", cell: ({ role }) => plain(role) },
  { label: "Ends", cell: ({ expires_at: at }) => timeElement(at) },
  {
    label: "",
    cell: ({ id, email }) => may("teams.withdraw_invitation") && actions(email,
      action("teams.withdraw_invitation", "Withdraw", { dialog: "withdraw", on: id, kind: "quiet danger-text", of: email })),
  },
];
