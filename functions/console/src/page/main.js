// The page as a whole: signed out, or signed in with the list.

function bind() {
  onPress(byId("sign-in"), signIn);
  onPress(byId("sign-out"), signOut);
  byId("alert-close").addEventListener("click", clearAlert);
  bindEditor();
  bindCreate();
  bindStart();
  bindChanges();
  bindRotate();
  bindSecret();
  byId("filter-status").addEventListener("change", filterTokens);
}

/** Shows the page of somebody who is not signed in. */
function leave(text) {
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
  paintTokens([]);
  byId("account-name").textContent = "";
  show(byId("account"), false);
  show(byId("signed-in"), false);
  show(byId("signed-out"));
  if (!text) return;
  announce(text);
  byId("signed-out-title").focus();
}

/** The API takes the session no longer. */
function endSession(text) {
  forgetSession();
  leave();
  alertOf(text);
}

/** Shows the page of somebody who is signed in. */
async function enter() {
  show(byId("signed-out"), false);
  show(byId("signed-in"));
  show(byId("account"));
  show(byId("create-open"), false);
  show(byId("loading"));
  try {
    await load();
  } catch (fault) {
    if (fault.status === 401) endSession("Your session is over. Sign in again.");
    else alertOf(fault.message, enter);
  }
  show(byId("loading"), false);
}

async function load() {
  const [catalogue, me, tokens] = await Promise.all([call("GET", "/permissions"), call("GET", "/me"), listAll("/tokens")]);
  learn(catalogue, me);
  byId("account-name").textContent = me.user.email ?? me.user.name ?? "";
  paintTokens(tokens);
  paintStart();
  show(byId("create-open"));
}

bind();
try {
  await finishSignIn();
} catch (fault) {
  tell(fault);
}
if (sessionToken()) await enter();
else leave();
