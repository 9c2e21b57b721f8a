// The person's own tokens: a card for each, which of them are shown, and what an empty list says to do first.

import { h } from "../shell/dom.js";
import { call, ifThere } from "../shell/api.js";
import { known, permissionGroups } from "../shell/known.js";
import { announce } from "../shell/notice.js";
import { addressOf } from "../shell/place.js";
import { plural } from "../shell/words.js";
import { action } from "../parts/action.js";
import { empty, filter, head, pageQuery, pager } from "../parts/pages.js";
import { requests } from "../parts/request.js";
import { cardOf } from "./card.js";
import { editDialog, readToken, revokeDialog } from "./changes.js";
import { createDialog } from "./create.js";
import { rotateDialog } from "./rotate.js";
import { startCard } from "./start.js";

const TITLE = "Personal access tokens";
const ABOUT = [
  "A token lets another service work here for you, in every team you are in or only in those you choose. ",
  "It never may do more than your own role allows. Treat it like a password.",
];
const FILTERS = [
  ["", "All tokens"], ["active", "Active tokens"], ["inactive", "Deactivated tokens"], ["expired", "Expired tokens"], ["revoked", "Revoked tokens"],
];

const DIALOGS = { create: createDialog, edit: editDialog, rotate: rotateDialog, revoke: revokeDialog };

export function view({ id, query }) {
  return id ? one(id) : all(query);
}

async function all(query) {
  const status = query.get("status");
  const list = { operation: "tokens.list", query: pageQuery(query, { status }) };
  const [page, groups] = await Promise.all([call(list.operation, {}, list), permissionGroups()]);
  const isWhole = !status && !query.get("cursor");
  if (!isWhole) announce(`${plural(page.data.length, "token")} shown.`);
  return {
    title: TITLE,
    content: [
      title(),
      known.teams.length === 0 && startCard(),
      ...(isWhole && page.data.length === 0 ? nothing() : listOf(page, groups, status)),
      requests([["List your tokens", list]]),
    ],
    dialogs: DIALOGS,
  };
}

/** One token, such as one that was made while the list is longer than a page. */
async function one(id) {
  const [token, groups] = await Promise.all([ifThere(readToken(id)), permissionGroups()]);
  return {
    title: token?.name ?? TITLE,
    content: [
      title(),
      h("p", { class: "above" }, h("a", { href: addressOf("tokens") }, "All tokens")),
      token ? cards([token], groups) : h("p", { class: "soft" }, "You have no such token, or it is revoked."),
    ],
    dialogs: DIALOGS,
  };
}

function title() {
  return head(TITLE, ABOUT,
    // Without a team a token can do nothing. What a link has put into the address is not meant for the next token.
    known.teams.length > 0 && action("tokens.create", "Create token", { dialog: "create", more: { permissions: null }, kind: "primary" }));
}

function cards(tokens, groups) {
  const descriptions = new Map(groups.flatMap(({ permissions }) => permissions.map(({ name, description }) => [name, description])));
  return h("ul", { role: "list", class: "tokens", "aria-label": "Your tokens" }, tokens.map((token) => cardOf(token, descriptions)));
}

function listOf(page, groups, status) {
  return [
    h("div", { class: "filters" }, filter({ label: "Show", name: "status", options: FILTERS })),
    status === "revoked" && h("p", { class: "soft above" }, "Revoked tokens are remembered for 90 days. Nothing brings them back."),
    page.data.length > 0
      ? cards(page.data, groups)
      : h("p", { class: "soft" }, status ? "None of your tokens is in this state." : "There is no token on this page."),
    pager("tokens", page),
  ];
}

/** What stands in the place of the list as long as there is no token. Of somebody without a team, the first step is another. */
function nothing() {
  return [
    known.teams.length > 0 && empty("No tokens yet",
      "Create a token for each service that is to work with your data. The service sends it with every request, and the token says what the service may do.",
      example()),
    h("p", { class: "soft below" }, "Tokens that you have revoked are remembered for 90 days: ",
      h("a", { href: addressOf("tokens", "", { status: "revoked" }) }, "show revoked tokens"), "."),
  ];
}

function example() {
  return h("div", { class: "example" },
    h("h3", {}, "Example: form submissions become contacts"),
    h("p", {},
      "When somebody fills out a form on another platform (Typeform, Jotform, your own website), an automation such as Zapier, Make or n8n ",
      "creates the contact here, or updates it if it is here already. Its token needs two permissions and no more:"),
    h("p", {}, h("code", {}, "object:create"), " ", h("code", {}, "object:update")),
    action("tokens.create", "Create this token", { dialog: "create", on: "example", more: { permissions: null } }));
}
