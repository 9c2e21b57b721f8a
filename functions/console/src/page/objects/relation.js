// A relationship is typed by its id, or found by the name of the object that it points at.

import { freshId, h } from "../shell/dom.js";
import { call } from "../shell/api.js";
import { field as fieldElement } from "../parts/fields.js";
import { nameOf, namingField, targetOf } from "./world.js";

const OFFERED = 20;
/** How long somebody has to pause before it is looked for. */
const PAUSE = 200;

/** The labelled input of a relationship, with a list of what it may point at, and a line that says the name of what it points at. */
export function relationElement(world, field, value, common) {
  const target = targetOf(world, field);
  const list = h("datalist", { id: freshId("offered") });
  const input = h("input", { type: "text", autocomplete: "off", list: list.id, spellcheck: "false", dir: "auto" });
  const said = h("p", { class: "help", role: "status" }, sayName(world.labels.get(value)));
  const element = fieldElement({ ...common, help: [helpOf(target), common.help].filter(Boolean).join(" "), input, value: value ?? "" });
  element.append(list);
  input.after(said);
  if (target) offer({ world, target, input, list, said });
  return { element, input };
}

function helpOf(target) {
  if (!target) return "Its object type is in the trash: it cannot be set.";
  return namingField(target)
    ? `Type a part of the name of one of ${target.plural_label}, or an id.`
    : `Choose one of the first ${OFFERED} of ${target.plural_label}, or give an id.`;
}

function sayName(label) {
  return label ? `Points at ${label}.` : "";
}

/** Keeps the list of what is offered up to what is typed. */
function offer({ world, target, input, list, said }) {
  let offered = [];
  let asked = null;
  let timer = null;
  const search = async () => {
    const text = namingField(target) && !isId(input.value) ? input.value.trim() : "";
    if (text === asked) return;
    asked = text;
    try {
      const found = await find(world, target, text);
      if (asked !== text) return;
      offered = found;
      list.replaceChildren(...found.map((object) => h("option", { value: object.id, label: nameOf(object) }, nameOf(object))));
      if (found.length === 0) said.textContent = "None is found.";
    } catch (fault) {
      asked = null;
      said.textContent = fault.message;
    }
  };
  const say = () => { said.textContent = sayName(world.labels.get(input.value) ?? nameIn(offered, input.value)); };
  input.addEventListener("focus", search);
  input.addEventListener("input", () => {
    say();
    clearTimeout(timer);
    timer = setTimeout(search, PAUSE);
  });
  input.addEventListener("change", () => {
    // Whoever types the whole name means that object, if it is one.
    const named = offered.filter((object) => nameOf(object) === input.value.trim());
    if (named.length === 1) input.value = named[0].id;
    say();
  });
}

function isId(text) {
  return text.startsWith("obj_");
}

function nameIn(objects, id) {
  const found = objects.find((object) => object.id === id);
  return found && nameOf(found);
}

async function find(world, target, text) {
  const filter = text ? { field: namingField(target), op: "contains", value: text } : undefined;
  const { data } = await call("objects.query", { team: world.team, type: target.slug }, { body: { filter, limit: OFFERED, fields: [] } });
  return data;
}
