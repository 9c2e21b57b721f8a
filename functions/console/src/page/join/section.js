// Where the link of an invitation leads: to the question whether to accept it.

import { h, once } from "../shell/dom.js";
import { known, learn } from "../shell/known.js";
import { notify, tell } from "../shell/notice.js";
import { addressOf, go, here, refresh } from "../shell/place.js";
import { signIn } from "../shell/session.js";
import { form, requestFor } from "../parts/form.js";
import { head } from "../parts/pages.js";

// Another link, opened where this one is, changes nothing but what stands behind the mark.
addEventListener("hashchange", () => { if (here().section === "join") refresh(); });

export function view() {
  const secret = location.hash.slice(1);
  const content = secret
    ? form({
      fields: [h("p", {}, "Somebody has invited you to a team. If you accept, you are a member of it with the role that they have chosen.")],
      submit: "Accept the invitation",
      request: requestFor("teams.accept_invitation", () => ({ body: { secret } })),
      done: async ({ id, name }) => {
        await learn();
        await go(addressOf("tokens", "", { team: id }), { replace: true });
        notify(`You are in the team ${name} now.`);
      },
    })
    : h("p", {}, "This link is not whole. Copy all of it, to its last letter, or ask for another one.");
  return { title: "Invitation", content: [head("Invitation"), h("div", { class: "card" }, content), signedInAs()] };
}

/** An invitation is for one address, which may not be the one that somebody is signed in with. */
function signedInAs() {
  const other = h("button", { type: "button", class: "link" }, "Sign in as somebody else");
  other.addEventListener("click", () => once(other, () => signIn({ isOther: true }).catch(tell)));
  return h("p", { class: "soft" }, "You are signed in as ", h("bdi", {}, known.user.email ?? known.user.name ?? known.user.id), ". The invitation works for the address that it was made for. ", other);
}
