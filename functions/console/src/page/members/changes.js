// Other roles, and ends of memberships. The last owner is told what stands in the way before anything is tried.

import { h } from "../shell/dom.js";
import { listAll } from "../shell/api.js";
import { known, learn } from "../shell/known.js";
import { notify } from "../shell/notice.js";
import { addressOf, go, refresh } from "../shell/place.js";
import { openDialog } from "../parts/dialog.js";
import { confirmDialog, formDialog, requestFor } from "../parts/form.js";
import { plain, personName } from "../shell/words.js";
import { roleChoices } from "./roles.js";

/** A member, and whether the team would be without an owner if that one were none. */
async function memberOf(team, id) {
  const members = await listAll("teams.list_members", { team: team.id });
  const member = members.find(({ user }) => user.id === id);
  if (!member) throw new Error("This person is not in the team any more.");
  return { ...member, isLastOwner: member.role === "owner" && members.filter(({ role }) => role === "owner").length === 1 };
}

function tellLastOwner(who) {
  return openDialog({
    title: "The last owner",
    content: h("p", {}, `${who} the only owner of the team, and a team always has one. Make somebody else an owner first.`),
  });
}

export async function roleDialog(team, id) {
  const { user, role, isLastOwner } = await memberOf(team, id);
  const isSelf = id === known.user.id;
  if (isLastOwner) return tellLastOwner(isSelf ? "You are" : `${personName(user)} is`);
  return formDialog({
    title: `Role of ${personName(user)}`,
    fields: [roleChoices(role), isSelf && h("p", { class: "note" }, "This is your own role. If you give rights away, somebody else has to give them back.")],
    submit: "Change role",
    request: requestFor("teams.update_member", (data) =>
      data.get("role") === role ? null : { parameters: { team: team.id, user: id }, body: { role: data.get("role") } }),
    done: async (member) => {
      if (isSelf) await learn();
      await refresh();
      notify(`${personName(user)} is ${plain(member.role)} now.`);
    },
  });
}

export async function removeDialog(team, id) {
  const { user, isLastOwner } = await memberOf(team, id);
  if (isLastOwner) return tellLastOwner(`${personName(user)} is`);
  return confirmDialog({
    title: `Remove ${personName(user)}?`,
    text: "The person, and every token of theirs, reaches the team no more from the next request on. What they have made stays. To have them back, invite them again.",
    submit: "Remove",
    request: requestFor("teams.remove_member", () => ({ parameters: { team: team.id, user: id } })),
    done: async () => {
      await refresh();
      notify(`${personName(user)} is removed.`);
    },
  });
}

export async function leaveDialogOf(team) {
  // Who may not list the members is no owner, and so not the last one.
  const isOwner = team.role === "owner";
  if (isOwner && (await memberOf(team, known.user.id)).isLastOwner) return tellLastOwner("You are");
  return confirmDialog({
    title: `Leave ${team.name}?`,
    text: "You, and every token of yours, reach the team no more from the next request on. Somebody has to invite you to come back.",
    submit: "Leave the team",
    isSelf: true,
    request: requestFor("teams.remove_member", () => ({ parameters: { team: team.id, user: known.user.id } })),
    done: async () => {
      await learn();
      await go(addressOf("tokens", "", { team: null }), { replace: true });
      notify(`You have left ${team.name}.`);
    },
  });
}
