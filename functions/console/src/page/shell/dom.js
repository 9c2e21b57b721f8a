// Elements are made here and nowhere else. What comes from the API is only ever set as text.

export const byId = (id) => document.getElementById(id);

/**
 * An element with properties and children. `on…` is a listener, `data` are its data attributes, true and false switch an
 * attribute on and off; null, undefined and false among the children are left out.
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) set(element, name, value);
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

function set(element, name, value) {
  if (value === null || value === undefined) return;
  if (name === "data") Object.assign(element.dataset, value);
  else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (["value", "checked", "open"].includes(name)) element[name] = value;
  else if (typeof value === "boolean") element.toggleAttribute(name, value);
  else element.setAttribute(name, value);
}

export function show(element, isShown = true) {
  element.hidden = !isShown;
}

let made = 0;

/** An id that no other element has. */
export function freshId(name) {
  made += 1;
  return `${name}-${made}`;
}

/** Runs what a button asks for, once at a time. It is not disabled meanwhile, as that would lose the focus. */
export async function once(button, task) {
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  try {
    await task();
  } finally {
    button.removeAttribute("aria-busy");
  }
}

/** What tells an element from others when the page around it is made anew. */
function keyOf(element) {
  return element?.dataset?.key ?? element?.id ?? "";
}

/** Remembers which element has the focus, and gives what brings it back to its successor, if there is one. */
export function keepFocus() {
  const key = keyOf(document.activeElement);
  const caret = document.activeElement?.selectionStart;
  return () => {
    const successor = key && [...document.querySelectorAll("[data-key], [id]")].find((element) => keyOf(element) === key);
    if (!successor || successor === document.body) return false;
    successor.focus();
    if (typeof caret === "number" && successor.matches("input[type=text], input[type=search], textarea")) successor.setSelectionRange(caret, caret);
    return document.activeElement === successor;
  };
}
