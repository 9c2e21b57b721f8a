// The log as CSV: all that is filtered, read part by part, joined to one file and saved.

import { h, show } from "../shell/dom.js";
import { call } from "../shell/api.js";
import { tell } from "../shell/notice.js";
import { plural } from "../shell/words.js";
import { action } from "../parts/action.js";
import { closeButton, openDialog } from "../parts/dialog.js";
import { inWords } from "./filters.js";

/** The parts that were read, and how to read on. Only the first has the header row, so that together they are one file. */
class Export {
  #parts = [];
  #cursor = null;
  isWhole = false;
  count = 0;

  constructor(team, filters) {
    this.team = team;
    this.filters = filters;
  }

  /** Reads the next part. If that fails, or is stopped, it can be called again. */
  async read(signal) {
    const query = { ...this.filters, cursor: this.#cursor };
    const response = await call("audit-logs.export", { team: this.team.id }, { query, accept: "text/csv", signal });
    const text = await response.text();
    this.count += rowsIn(text) - (this.#parts.length === 0 ? 1 : 0);
    this.#parts.push(new Blob([text]));
    this.#cursor = response.headers.get("Next-Cursor");
    this.isWhole = !this.#cursor;
  }

  get file() {
    return new Blob(this.#parts, { type: "text/csv;charset=utf-8" });
  }

  get name() {
    return `audit-log-${this.team.slug}-${new Date().toISOString().slice(0, 10)}.csv`;
  }
}

/** The rows of a part. A line that ends within quotation marks is a line of a cell; a doubled mark counts twice and so for nothing. */
function rowsIn(text) {
  return text.split('"').reduce((rows, piece, index) => rows + (index % 2 === 0 && piece.includes("\n") ? 1 : 0), 0);
}

export function exportDialog(team, filters, choices) {
  const reading = new Export(team, filters);
  const names = Object.keys(filters);
  const parts = {
    said: h("p", { role: "status" }),
    fault: h("p", { class: "fault", role: "alert" }),
    progress: h("progress", { class: "log-progress", "aria-label": "Reading the log", hidden: true }),
    place: h("p", { hidden: true }),
    stop: h("button", { type: "button", hidden: true }, "Stop"),
  };
  const run = new Run(reading, parts);
  parts.start = action("audit-logs.export", "Export", { press: () => run.go(), kind: "primary" });
  parts.stop.addEventListener("click", () => run.stop());
  return openDialog({
    title: "Export as CSV",
    size: "roomy",
    content: [
      names.length > 0
        ? h("div", {}, h("p", {}, "All entries with these filters, latest first, not only those on this page:"),
          h("ul", { class: "log-reasons" }, names.map((name) => h("li", {}, inWords(name, filters[name], choices)))))
        : h("p", {}, "All entries of the team, latest first. To have fewer, set filters first."),
      h("p", { class: "help" }, "A row for each entry. Cells that a spreadsheet would run as a formula begin with an apostrophe."),
      h("div", { class: "log-export" }, parts.progress, parts.said, parts.fault, parts.place),
    ],
    footer: [closeButton(), parts.stop, parts.start],
    done: () => run.end(),
  });
}

/** What happens in the dialog, from the press of a button to the file. */
class Run {
  #stopper = null;
  #url = null;

  constructor(reading, parts) {
    Object.assign(this, { reading, parts });
  }

  async go() {
    this.#stopper = new AbortController();
    this.parts.fault.textContent = "";
    this.#paint(true);
    try {
      while (!this.reading.isWhole) {
        this.#say(`Reading: ${this.#entries()} so far.`);
        await this.reading.read(this.#stopper.signal);
      }
      this.#finish();
    } catch (fault) {
      this.#interrupt(fault);
    }
  }

  stop() {
    this.#stopper?.abort();
  }

  /** The dialog is closed: nothing is read any more, and the file is let go of. */
  end() {
    this.stop();
    if (this.#url) URL.revokeObjectURL(this.#url);
  }

  #entries() {
    return plural(this.reading.count, "entry", "entries");
  }

  #say(text) {
    this.parts.said.textContent = text;
  }

  #paint(isReading) {
    const { progress, stop, start } = this.parts;
    show(progress, isReading);
    show(stop, isReading);
    show(start, !isReading && !this.reading.isWhole);
    if (isReading) stop.focus();
  }

  #interrupt(fault) {
    const { start, fault: place } = this.parts;
    start.textContent = "Go on";
    this.#paint(false);
    const isStopped = fault.name === "AbortError";
    if (fault.status === 401) tell(fault);
    else if (!isStopped) place.textContent = fault.message;
    this.#say(`${isStopped ? "Stopped" : "Interrupted"} after ${this.#entries()}. Nothing is saved yet.`);
    start.focus();
  }

  #finish() {
    this.#paint(false);
    if (this.reading.count === 0) return this.#say("No entry fits, so there is nothing to save.");
    this.#url = URL.createObjectURL(this.reading.file);
    const link = h("a", { href: this.#url, download: this.reading.name }, "Save the file again");
    this.parts.place.replaceChildren(link);
    show(this.parts.place);
    link.click();
    link.focus();
    return this.#say(`Done: ${this.#entries()} in ${this.reading.name}.`);
  }
}
