// What follows a change of a token: its secret, shown once, and the list as it is then.

import { h } from "../shell/dom.js";
import { addressOf, go, refresh } from "../shell/place.js";
import { curlOf } from "../parts/request.js";
import { showSecret } from "../parts/secret.js";

/** Shows the secret of a token; then the list is painted again, with the focus on the token, which is shown alone if it is not on this page. */
export function showToken(id, secret, note = "") {
  showSecret({
    title: "Your new token",
    what: "token",
    secret,
    note,
    help: [
      "The service sends it in the header ", h("code", {}, "Authorization: Bearer …"), ". To see that it works, put it into a variable and ask what it may do:",
      h("pre", { class: "block", tabindex: "0", "aria-label": "A first request" }, h("code", {}, `TOKEN=…\n${curlOf({ operation: "tokens.read_own" })}`)),
    ],
    done: async () => {
      await refresh();
      if (focusOn(`token ${id}`)) return;
      await go(addressOf("tokens", id));
      focusOn(`token ${id}`);
    },
  });
}

/** Brings the focus to what has this key, and tells whether it is there. */
export function focusOn(key) {
  const element = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  element?.focus();
  return Boolean(element);
}
