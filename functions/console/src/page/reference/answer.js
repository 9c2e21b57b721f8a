// What the API answered: status, time, headers, and the body as text.

import { h } from "../shell/dom.js";
import { copyButton } from "../parts/copy.js";
import { block } from "./prose.js";
import { statusName } from "./status.js";

/** So many characters of a body are shown; a longer one can be copied whole. */
const MOST = 100_000;
/** What the API shows this once: tokens, and secrets of webhooks and invitations. */
const HAS_SECRET = /"(secret|token)": "(ea_|whsec_)/;

/** Sends and reads the whole answer. */
export async function readAnswer(send) {
  const start = performance.now();
  const response = await send();
  const text = await response.text();
  return {
    status: response.status,
    isGood: response.ok,
    time: Math.round(performance.now() - start),
    headers: [...response.headers],
    requestId: response.headers.get("X-Request-Id"),
    isJson: /[/+]json\b/.test(response.headers.get("Content-Type") ?? ""),
    text,
  };
}

export function answerElement(answer) {
  const { status, isGood, time, headers, requestId, text } = answer;
  const fact = (label, value) => h("div", {}, h("dt", {}, label), h("dd", {}, value));
  return h("section", { class: "stack answer", "aria-label": "The answer" },
    h("h3", {}, "Answer ", h("span", { class: "badge", data: { good: String(isGood || status === 304) } }, statusName(status))),
    problemOf(answer),
    h("dl", { class: "facts" },
      fact("Time", `${time} ms`),
      fact("Size", sizeOf(text)),
      requestId && fact("Request id", h("code", {}, requestId))),
    h("details", {},
      h("summary", {}, `Headers (${headers.length})`),
      block("Headers of the answer", headers.map(([name, value]) => `${name}: ${value}`).join("\n"))),
    bodyOf(answer));
}

/** A refusal in words, each fault at its pointer. */
function problemOf({ isGood, isJson, text }) {
  if (isGood || !isJson) return null;
  const { code, detail, errors = [] } = safely(() => JSON.parse(text)) ?? {};
  return h("div", { class: "refusal" },
    // With errors, the detail repeats the first of them.
    h("p", {}, code && [h("code", {}, code), " "], errors.length === 0 && detail),
    errors.length > 0 && h("ul", { class: "bullets" }, errors.slice(0, 100).map(faultRow)));
}

function faultRow({ pointer, detail }) {
  return h("li", {}, pointer && [h("code", {}, pointer), " "], detail);
}

function safely(task) {
  try {
    return task();
  } catch {
    return null;
  }
}

function bodyOf({ text, isJson, isGood }) {
  if (text === "") return h("p", { class: "soft" }, "The answer has no body.");
  const pretty = isJson ? indented(text, MOST) : text;
  const isLong = pretty.length > MOST;
  return h("div", { class: "request" },
    isGood && isJson && HAS_SECRET.test(pretty)
      && h("p", { class: "warning" }, h("strong", {}, "There is a secret in this answer."), " It is never shown again."),
    block("Body of the answer", isLong ? pretty.slice(0, MOST) : pretty, "tall"),
    isLong && h("p", { class: "help" }, `The first 100 KB of ${sizeOf(text)} are shown. Copying takes all of it.`),
    h("p", { class: "links" }, copyButton(() => text, "Copy the body")));
}

function sizeOf(text) {
  const bytes = new TextEncoder().encode(text).length;
  return bytes < 1000 ? `${bytes} bytes` : `${(bytes / 1000).toLocaleString("en-GB", { maximumFractionDigits: 1 })} KB`;
}

/** JSON, a member in each line, up to a length. Its numbers stay as they came, as one of 38 digits would not survive being read. */
function indented(text, most) {
  let [out, depth] = ["", 0];
  const line = () => `\n${"  ".repeat(depth)}`;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[{]\s*[\]}]|[[\]{},:]|[^\s[\]{},:"]+/g)) {
    if (token === "{" || token === "[") {
      depth += 1;
      out += token + line();
    } else if (token === "}" || token === "]") {
      depth -= 1;
      out += line() + token;
    } else {
      out += token === "," ? token + line() : token === ":" ? ": " : token;
    }
    if (out.length > most) break;
  }
  return out;
}
