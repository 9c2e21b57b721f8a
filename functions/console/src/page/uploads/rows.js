// Files on their way, as rows: how far each is, what went wrong with it, and what can be done about it.

import { freshId, h, show } from "../shell/dom.js";
import { announce } from "../shell/notice.js";
import { action } from "../parts/action.js";
import { enqueue } from "./queue.js";
import { REASONS, sizeText } from "./words.js";

const STAGES = {
  queued: "Waits for its turn.", reading: "Being read.", sending: "Being sent.", checking: "Sent, and being looked at.", ready: "Sent.",
  rejected: "Refused.", failed: "Not sent.",
};

/**
 * The row of a transfer. `settled` is called when it has come to its end, `dropped` when nobody wants to see it any more: it was cancelled, or put away.
 */
export function rowOf(transfer, { settled = () => {}, dropped = () => {} }) {
  const { name, file, key } = transfer;
  const progress = h("progress", { max: Math.max(file.size, 1), "aria-label": `Progress of ${name}` });
  const said = h("p", { class: "help" });
  const faults = h("div", { id: freshId("fault"), class: "file-faults" });
  const buttons = h("div", { class: "actions" });
  const row = h("li", { class: "sent-file", tabindex: "-1", data: { key, stage: "" }, "aria-describedby": faults.id },
    h("p", { class: "file-name" }, h("bdi", {}, name), " ", h("span", { class: "soft" }, sizeText(file.size))), progress, said, faults, buttons);
  const cancel = () => { transfer.cancel(); drop(); };
  const again = () => { transfer.reset(); enqueue(transfer); };
  // Whoever put it away by keyboard goes on at its neighbour.
  const drop = () => {
    const next = row.nextElementSibling ?? row.previousElementSibling ?? row.parentElement?.closest("[data-sends]")?.querySelector("button");
    const hadFocus = row.contains(document.activeElement);
    row.remove();
    if (hadFocus) (next?.querySelector("button") ?? next)?.focus();
    dropped();
  };
  transfer.changed = () => {
    const { stage } = transfer;
    show(progress, !transfer.isOver);
    // Without a value it says that nobody knows how long it takes.
    if (["reading", "checking"].includes(stage)) progress.removeAttribute("value");
    else progress.value = transfer.loaded;
    said.textContent = stage === "sending" ? `Being sent: ${sizeText(transfer.loaded)} of ${sizeText(file.size)}.` : STAGES[stage] ?? "";
    if (row.dataset.stage === stage) return;
    row.dataset.stage = stage;
    faults.replaceChildren(...faultsOf(transfer));
    const hadFocus = buttons.contains(document.activeElement);
    buttons.replaceChildren(...buttonsOf(transfer, { cancel, again, drop }));
    if (hadFocus) (buttons.querySelector("button") ?? row).focus();
    if (!transfer.isOver || stage === "cancelled") return;
    announce(`${name}: ${[STAGES[stage], faults.textContent].filter(Boolean).join(" ")}`);
    settled();
  };
  transfer.changed();
  return row;
}

/** What is wrong with a file, each fault of the API by its pointer. */
function faultsOf({ stage, upload, fault }) {
  if (stage === "rejected") return [h("p", { class: "fault" }, REASONS[upload.reason] ?? "")];
  if (stage !== "failed") return [];
  const errors = fault.errors?.length ? fault.errors : [{ pointer: "", detail: fault.message }];
  return errors.map(({ pointer, detail }) => h("p", { class: "fault", data: { pointer } }, detail));
}

function buttonsOf(transfer, { cancel, again, drop }) {
  const { stage, name, key } = transfer;
  const button = (label, task) => h("button", { type: "button", class: "quiet", "aria-label": `${label}: ${name}`, data: { key: `${label} ${key}` }, onclick: task }, label);
  if (!transfer.isOver) return [button("Cancel", cancel)];
  // What has a fault of its own would be refused again.
  const canTry = stage === "failed" && !transfer.fault.errors?.length;
  return [
    canTry && action("uploads.create", "Try again", { press: again, on: key, of: name, kind: "quiet" }),
    stage !== "cancelled" && button("Put away", stage === "failed" ? cancel : drop),
  ].filter(Boolean);
}
