// Descriptions: paragraphs, lists and code become elements, and all else is text.

import { h } from "../shell/dom.js";

/** A description as elements; none without one. */
export function prose(text = "") {
  return text.split(/\n{2,}|\n(?=- )/).filter((block) => block.trim()).reduce(addBlock, []);
}

function addBlock(elements, block) {
  if (!block.startsWith("- ")) return [...elements, h("p", {}, spans(block))];
  const item = h("li", {}, spans(block.slice(2)));
  const last = elements.at(-1);
  if (last?.tagName !== "UL") return [...elements, h("ul", { class: "bullets" }, item)];
  last.append(item);
  return elements;
}

/** A text as it is, in a block that can be scrolled by keyboard. */
export function block(label, text, kind = "block") {
  return h("pre", { class: kind, tabindex: "0", role: "region", "aria-label": label }, h("code", {}, text));
}

/** A text of one line with its code. */
export function spans(text) {
  return text.trim().replaceAll(/\s*\n\s*/g, " ").split(/(`[^`]+`)/).filter(Boolean)
    .map((part) => (/^`.+`$/.test(part) ? h("code", {}, part.slice(1, -1)) : part));
}
