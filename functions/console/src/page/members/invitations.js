// Invitations: made with a link that is shown once, and withdrawn.

import { listAll } from "../shell/api.js";
import { notify } from "../shell/notice.js";
import { addressOf, refresh } from "../shell/place.js";
import { field } from "../parts/fields.js";
import { confirmDialog, formDialog, requestFor } from "../parts/form.js";
import { showSecret } from "../parts/secret.js";
import { roleChoices } from "./roles.js";

export function inviteDialog(team) {
  return formDialog({
    title: "Invite somebody",
    fields: [
      field({ label: "E-mail", name: "email", help: "The person has to sign in with this address.", input: { type: "email", required: true, autofocus: true } }),
      roleChoices("member"),
    ],
    submit: "Make the invitation",
    request: requestFor("teams.invite", (data) => ({ parameters: { team: team.id }, body: { email: data.get("email").trim(), role: data.get("role") } })),
    done: async ({ secret, email }) => {
      showSecret({
        title: `Invitation for ${email}`,
        what: "link",
        keep: `Send it to ${email}, by mail or a message of your own.`,
        secret: linkOf(secret),
        help: "Nothing is mailed: give the link to the person. It works for a week, once, and for this address alone.",
        done: refresh,
      });
    },
  });
}

/** The secret stands behind the mark of a fragment, which no browser sends to a server. */
function linkOf(secret) {
  return `${location.origin}${addressOf("join", "", { team: null })}#${secret}`;
}

export async function withdrawDialog(team, id) {
  const invitations = await listAll("teams.list_invitations", { team: team.id });
  const { email } = invitations.find((invitation) => invitation.id === id) ?? {};
  if (!email) throw new Error("This invitation is not open any more.");
  return confirmDialog({
    title: "Withdraw the invitation?",
    text: `The link that ${email} has works no more.`,
    submit: "Withdraw",
    request: requestFor("teams.withdraw_invitation", () => ({ parameters: { team: team.id, invitation: id } })),
    done: async () => {
      await refresh();
      notify(`The invitation for ${email} is withdrawn.`);
    },
  });
}
