// Lists, a page at a time: the address holds which page it is.

import { h } from "../shell/dom.js";
import { addressOf, change, go, here } from "../shell/place.js";

/** So many things stand on a page. */
export const PAGE_SIZE = 50;

/** What a list is asked for at this place. */
export function pageQuery(query, more = {}) {
  return { limit: PAGE_SIZE, cursor: query.get("cursor"), ...more };
}

/** The way to the next page, and back to the first; null if all is on one page. `name` says of what. */
export function pager(name, { next_cursor: next }) {
  const { section, id, query } = here();
  const to = (cursor) => addressOf(section, id, { ...Object.fromEntries(query), dialog: null, on: null, cursor });
  const isFirst = !query.get("cursor");
  if (isFirst && !next) return null;
  return h("nav", { class: "pager", "aria-label": `Pages of ${name}` },
    !isFirst && h("a", { href: to(null), class: "button", data: { key: "first-page" } }, "First page"),
    !isFirst && h("button", { type: "button", data: { key: "page-back" }, onclick: () => back(to) }, "Previous page"),
    next && h("a", { href: to(next), class: "button", rel: "next", data: { key: "next-page" } }, "Next page"));
}

/** The page before, if it was left by the way forward; else the first one. */
function back(to) {
  if (history.state?.isNextPage) history.back();
  else go(to(null));
}

/** A choice that filters a list. The list begins anew with it, and without what is `dropped`, which is of the list as it was. */
export function filter({ label, name, options, id = `filter-${name}`, value = here().query.get(name) ?? "", dropped = [] }) {
  const anew = Object.fromEntries(dropped.map((each) => [each, null]));
  const chosen = ({ target }) => change({ ...anew, [name]: target.value || null, cursor: null });
  return h("div", { class: "filter-item" },
    h("label", { for: id }, label),
    h("select", { id, onchange: chosen }, options.map(([each, text]) => h("option", { value: each, selected: each === value }, text))));
}

/** A table of rows; each column is `{ label, cell(thing), isHead, isNumber, sort }`, with `sort` for `aria-sort`. Narrow windows scroll it. */
export function table(name, columns, things) {
  const head = columns.map(({ label, isNumber, sort }) => h("th", { scope: "col", class: isNumber ? "number" : null, "aria-sort": sort }, label));
  const row = (thing) => h("tr", {}, columns.map(({ cell, isHead, isNumber }) =>
    h(isHead ? "th" : "td", { scope: isHead ? "row" : null, class: isNumber ? "number" : null }, cell(thing))));
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": name },
    h("table", {}, h("thead", {}, h("tr", {}, head)), h("tbody", {}, things.map(row))));
}

/** What an empty list says to do first. */
export function empty(title, text, ...more) {
  return h("div", { class: "card empty" }, h("h2", {}, title), h("p", {}, text), more);
}

/** The head of a section: its title, what it is about, and its main action. */
export function head(title, text, ...buttons) {
  const left = buttons.filter(Boolean);
  return h("div", { class: "head" },
    h("div", {}, h("h1", { tabindex: "-1" }, title), text && h("p", { class: "soft" }, text)),
    left.length > 0 && h("div", { class: "head-actions" }, left));
}
