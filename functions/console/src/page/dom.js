// Small helpers around the document. What comes from the API is only ever set as text.

const byId = (id) => document.getElementById(id);

/** A copy of the element in a template. */
function copyOf(templateId) {
  return byId(templateId).content.firstElementChild.cloneNode(true);
}

/** The part of an element that is marked with a name. */
function part(root, name) {
  return root.querySelector(`[data-part="${name}"]`);
}

/** Sets the texts of named parts. */
function write(root, texts) {
  for (const [name, text] of Object.entries(texts)) part(root, name).textContent = text;
}

function show(element, isShown = true) {
  element.hidden = !isShown;
}

/** Says something to those who do not see the page change. */
function announce(text) {
  byId("live").textContent = "";
  requestAnimationFrame(() => { byId("live").textContent = text; });
}

/** Tells of something that went wrong; `retry`, if given, is offered as a way out. */
function alertOf(text, retry) {
  byId("alert-text").textContent = text;
  byId("alert-retry").onclick = () => { clearAlert(); retry(); };
  show(byId("alert-retry"), Boolean(retry));
  show(byId("alert"));
}

function clearAlert() {
  show(byId("alert"), false);
  byId("alert-text").textContent = "";
}

/** Runs what a button asks for, once at a time. It is not disabled meanwhile, as that would lose the focus. */
async function once(button, task) {
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  try {
    await task();
  } finally {
    button.removeAttribute("aria-busy");
  }
}

/** Runs a task whenever a button is pressed, and tells what goes wrong. */
function onPress(button, task) {
  button.addEventListener("click", () => once(button, async () => {
    clearAlert();
    try {
      await task();
    } catch (fault) {
      tell(fault);
    }
  }));
}

/** What a fault means to the person: the session is over, or something to read. */
function tell(fault) {
  if (fault.status === 401) endSession("Your session is over. Sign in again.");
  else alertOf(fault.message);
}

