// The calls of the API behind what the page shows and does, as commands to copy.

import { h } from "../shell/dom.js";
import { permissionsFor } from "../shell/known.js";
import { addressOf } from "../shell/place.js";
import { accessOf, requestOf } from "../shell/api.js";
import { copyButton } from "./copy.js";

/** What a shell takes as it is. */
const quoted = (text) => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** A request as a command of curl, with the token in a variable. */
export function curlOf(options) {
  const { method, path, headers, body } = requestOf(options);
  const lines = [
    `curl -sS${method === "GET" ? "" : ` -X ${method}`} ${quoted(location.origin + path)}`,
    ...credentialOf(options.operation),
    ...Object.entries(headers).filter(([name]) => name !== "Accept").map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
    ...(body === undefined ? [] : [`-d ${quoted(body)}`]),
  ];
  return lines.join(" \\\n  ");
}

/** What only a person may do takes the session of somebody who has signed in, and refuses a token. */
const isForSessions = (operation) => ["session", "owner"].includes(accessOf(operation));

/** The header with the credential; what anybody may ask needs none. */
function credentialOf(operation) {
  if (accessOf(operation) === "public") return [];
  return [`-H "Authorization: Bearer ${isForSessions(operation) ? "$SESSION" : "$TOKEN"}"`];
}

/**
 * A disclosure with the requests of one thing or form: of rows `[label, request]`, made when somebody looks. A row of an
 * operation that is hidden from the role is left out by who calls this. `data-shows` names the operations.
 */
export function requests(rows, label = rows.length > 1 ? "Show requests" : "Show request") {
  const kept = rows.filter(Boolean);
  if (kept.length === 0) return null;
  const inside = h("div", { class: "inside" });
  const fill = () => inside.replaceChildren(...kept.map(([name, request]) => requestElement(name, request, kept.length > 1)));
  const details = h("details", { class: "requests", data: { key: `requests ${kept.map(([, request]) => named(request).operation).join(" ")}`, shows: kept.map(([, request]) => named(request).operation).join(" ") } },
    h("summary", {}, label), inside);
  details.addEventListener("toggle", () => { if (details.open) fill(); });
  // Of a form, what is sent changes with what is filled in.
  details.repaint = () => { if (details.open) fill(); };
  return details;
}

/** A request may be given as what makes it. */
function named(request) {
  return typeof request === "function" ? request() : request;
}

function requestElement(name, request, isNamed) {
  const options = named(request);
  const text = curlOf(options);
  const permissions = permissionsFor(options.operation);
  return h("div", { class: "request" },
    isNamed && h("h3", {}, name),
    h("pre", { tabindex: "0", "aria-label": `Request: ${name}` }, h("code", {}, text)),
    isForSessions(options.operation) && h("p", { class: "help" }, "Only a person may do this, and no token: $SESSION is the session of somebody who has signed in."),
    h("p", { class: "links" },
      copyButton(() => text),
      h("a", { href: addressOf("reference", options.operation) }, "Reference"),
      permissions.length > 0 && h("a", { href: addressOf("tokens", "", { dialog: "create", permissions: permissions.join(",") }) }, "Make a token for it")));
}
