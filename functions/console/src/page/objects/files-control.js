// The input of a field that holds files: those that are there, and what sends more.

import { freshId, h, show } from "../shell/dom.js";
import { call } from "../shell/api.js";
import { announce } from "../shell/notice.js";
import { action } from "../parts/action.js";
import { keepDraft } from "../parts/draft.js";
import { faultAt } from "../parts/faults.js";
import { faultPlace } from "../parts/fields.js";
import { chooseFiles } from "../uploads/choose.js";
import { dropPlace } from "../uploads/drop.js";
import { enqueue } from "../uploads/queue.js";
import { rowOf } from "../uploads/rows.js";
import { Transfer } from "../uploads/transfer.js";
import { sizeText } from "../uploads/words.js";
import { nameOfFile } from "./files.js";

/** A field holds so many files at most. */
const FILES_MAX = 20;
/** What the browser's own choice shows first, by the categories of files. */
const SHOWN_FIRST = { images: "image/*", audio: "audio/*", video: "video/*" };
const CATEGORIES = { image: ["images"], media: ["images", "audio", "video"] };

/** The ids lie in an input that nobody sees, so that a form that is left and opened again has them still. */
export function filesControl({ world, field, value, pointer, common }) {
  const ids = h("input", { type: "hidden", name: common.name, value: JSON.stringify(value ?? []) });
  const pending = h("input", { type: "hidden", name: `${common.name}.sending`, value: "" });
  const [fault, said] = [faultPlace(pointer), freshId("help")];
  const parts = { world, field, pointer, ids, pending, transfers: [], held: h("ul", { role: "list", class: "chosen-files" }), sent: h("ul", { role: "list", class: "sent-files" }) };
  const choose = () => chooseFiles((files) => add(parts, files), acceptOf(field));
  parts.add = action("uploads.create", "Add a file", { press: choose, of: field.label, key: pointer });
  parts.element = h("fieldset", { class: "field", "aria-describedby": `${said} ${fault.id}`, data: { sends: "" } },
    h("legend", {}, field.label, common.isOptional && [" ", h("span", { class: "optional" }, "optional")]),
    h("p", { id: said, class: "help" }, [common.help, `At most ${FILES_MAX} files.`, parts.add && "They can be dropped or pasted here, too."].filter(Boolean).join(" ")),
    ids, pending, parts.held, parts.sent, parts.add && h("div", {}, parts.add), fault);
  if (parts.add) dropPlace(parts.element, (files) => add(parts, files));
  // What somebody had chosen before the session ended is brought back into the input.
  ids.addEventListener("input", () => paint(parts));
  paint(parts);
  return { element: parts.element, raw: () => rawOf(parts), parse: (text) => (text === "[]" ? null : JSON.parse(text)) };
}

/** The ids as text. As long as a file is on its way, the object cannot be saved with it. */
function rawOf({ ids, pointer, transfers }) {
  const open = transfers.find(({ isOver }) => !isOver);
  if (open) throw faultAt(pointer, `${open.name} is on its way. Wait until it is there, or cancel it.`);
  return ids.value;
}

function acceptOf({ type, settings }) {
  const shown = (settings.categories ?? CATEGORIES[type] ?? []).map((category) => SHOWN_FIRST[category]);
  return shown.length > 0 && shown.every(Boolean) ? shown.join(",") : null;
}

const idsIn = ({ ids }) => JSON.parse(ids.value);

/** Changes the ids as if somebody had typed them. */
function write({ ids }, list) {
  ids.value = JSON.stringify(list);
  ids.dispatchEvent(new Event("input", { bubbles: true }));
}

function paint(parts) {
  const list = idsIn(parts);
  parts.held.replaceChildren(...list.map((id, index) => heldRow(parts, id, index)));
  if (parts.add) show(parts.add, list.length < FILES_MAX);
}

/** A file that is there, with the place of its faults. */
function heldRow(parts, id, index) {
  const { world, pointer } = parts;
  const name = h("bdi", {}, nameOfFile(world, id));
  const size = h("span", { class: "soft" });
  const fault = faultPlace(`${pointer}/${index}`);
  const button = h("button", { type: "button", class: "quiet", "aria-label": `Remove: ${nameOfFile(world, id)}`, "aria-describedby": fault.id, onclick: () => remove(parts, index) }, "Remove");
  const tell = () => {
    name.textContent = nameOfFile(world, id);
    size.textContent = world.files.get(id)?.size ? sizeText(world.files.get(id).size) : "";
    button.setAttribute("aria-label", `Remove: ${name.textContent}`);
  };
  tell();
  if (!world.files.has(id)) learn(world, id).then(tell, () => {});
  return h("li", { class: "field chosen-file" }, h("span", {}, name, " ", size), button, fault);
}

/** What is known of a file that the form has by its id alone. */
async function learn({ team, files }, id) {
  files.set(id, await call("uploads.read", { team, upload: id }));
}

function remove(parts, index) {
  const list = idsIn(parts);
  const name = nameOfFile(parts.world, list[index]);
  write(parts, list.toSpliced(index, 1));
  const buttons = parts.held.querySelectorAll("button");
  (buttons[Math.min(index, buttons.length - 1)] ?? parts.add ?? parts.element).focus();
  announce(`${name} is removed from ${parts.field.label}.`);
}

function add(parts, files) {
  const room = FILES_MAX - idsIn(parts).length - parts.transfers.filter(({ isOver }) => !isOver).length;
  if (files.length > room) announce(`Only ${room} more fit.`);
  for (const file of files.slice(0, Math.max(room, 0))) send(parts, file);
  // A form that is closed waits for none of them.
  parts.element.closest("dialog")?.addEventListener("close", () => stop(parts), { once: true });
}

/** Takes back what was begun and is not there. */
function stop({ transfers }) {
  for (const transfer of transfers) if (!transfer.isOver || transfer.stage === "failed") transfer.cancel();
}

function send(parts, file) {
  const { world, transfers, pending } = parts;
  const transfer = new Transfer(world.team, file, { keepsMetadata: Boolean(parts.field.settings.keep_metadata) });
  const count = () => { pending.value = String(transfers.filter(({ isOver }) => !isOver).length || ""); };
  transfers.push(transfer);
  const settled = () => {
    count();
    if (transfer.stage === "ready") take(parts, transfer, row);
    // Whoever has to sign in anew finds the form as it was.
    if (transfer.fault?.status === 401 && parts.element.isConnected) keepDraft(parts.element.closest("form"));
  };
  const row = rowOf(transfer, { settled, dropped: count });
  parts.sent.append(row);
  enqueue(transfer);
  count();
}

/** A file that has arrived is one of the field's from now on, in front of those that were chosen after it. */
function take(parts, transfer, row) {
  const { world, transfers, held } = parts;
  const { upload } = transfer;
  const hadFocus = row.contains(document.activeElement);
  row.remove();
  world.files.set(upload.id, upload);
  const later = transfers.slice(transfers.indexOf(transfer) + 1).map((each) => each.upload?.id);
  const list = idsIn(parts);
  const first = list.findIndex((id) => later.includes(id));
  const index = first < 0 ? list.length : first;
  write(parts, list.toSpliced(index, 0, upload.id));
  if (hadFocus) held.children[index].querySelector("button").focus();
}
