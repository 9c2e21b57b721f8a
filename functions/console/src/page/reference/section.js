// The reference of the API: its operations, each with a form to try it, and the schemas they share.

import { h } from "../shell/dom.js";
import { addressOf } from "../shell/place.js";
import { head } from "../parts/pages.js";
import { readDocument } from "./document.js";
import { listContent } from "./list.js";
import { operationContent } from "./operation.js";
import { namedContent } from "./named.js";

export async function view({ team, id, query }) {
  const book = await readDocument();
  if (!id) return { title: "Reference", content: listContent(book, query) };
  const operation = book.operations.find((each) => each.id === id);
  if (operation) return { title: operation.summary, content: operationContent(book, operation, team) };
  if (Object.hasOwn(book.schemas, id)) return { title: id, content: namedContent(book, id) };
  return {
    title: "Reference",
    content: [
      head("There is no such operation", "The address may be mistyped, or from another version of the API."),
      h("p", {}, h("a", { href: addressOf("reference") }, "All operations")),
    ],
  };
}
