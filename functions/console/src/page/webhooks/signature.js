// Why a signature does not fit (Standard Webhooks 1.0): it is made again, in the browser, from what a receiver got and from what that may have
// been before something changed it. Nothing here asks the network.

import { faultAt } from "../parts/faults.js";
import { bodies, ids, times } from "./variants.js";

/** A receiver refuses requests whose time is further off, in seconds. */
const TOLERANCE = 300;
/** The bytes of a secret of this API. */
const SECRET_SIZE = 32;

/**
 * What is to be said of `got`: `{ id, timestamp, body, signature, secret }`, all as text. `sent` is the request as it was sent, if that is known, and
 * `publicKeys` those of the webhook. Gives `{ isFitting, title, causes }`.
 */
export async function diagnose(got, { sent = null, publicKeys = [], now = Date.now() } = {}) {
  const keys = await keysOf(got.secret);
  const { v1, v1a } = signaturesIn(got.signature);
  const candidates = candidatesOf(got, sent);
  if (v1.length === 0) return onlyPublic(await publicFit(candidates, v1a, publicKeys));
  const fit = await secretFit(candidates, v1, keys);
  if (fit) return fitting(fit, got, now);
  const genuine = await publicFit(candidates, v1a, publicKeys);
  return { isFitting: false, title: "The signature does not fit", causes: causesOfNone({ got, sent, keys, candidates }, genuine) };
}

/** The key that the secret stands for, and what somebody may have taken for the key. */
async function keysOf(secret) {
  const text = secret.trim();
  if (!text) throw faultAt("/secret", "Paste the secret of the webhook.");
  if (text.startsWith("whpk_")) throw faultAt("/secret", "This is the public key. The secret begins with whsec_.");
  if (text.startsWith("ea_")) throw faultAt("/secret", "This is a token. The secret of a webhook begins with whsec_.");
  const encoded = text.replace(/^whsec_/, "");
  const bytes = bytesOf(encoded);
  if (!bytes?.length) throw faultAt("/secret", "What stands after whsec_ is not base64: something is missing, or was added. Copy the secret again.");
  const asText = "It was made with the text of the secret as the key. The key is the part after whsec_, decoded from base64.";
  return Promise.all([[bytes, null], [utf8(text), asText], [utf8(encoded), asText]].map(async ([raw, cause]) => ({
    cause,
    size: raw.length,
    key: await crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]),
  })));
}

/** The signatures of the header, by their version. One without a version counts as v1. */
function signaturesIn(header) {
  const all = header.trim().replace(/^webhook-signature:\s*/i, "").split(/\s+/).filter(Boolean);
  if (all.length === 0) throw faultAt("/signature", "Paste the header webhook-signature, such as v1,… v1a,…");
  const of = (version) => all.filter((one) => one.startsWith(`${version},`)).map((one) => one.slice(version.length + 1));
  const v1a = of("v1a");
  const v1 = [...of("v1"), ...all.filter((one) => !one.includes(","))];
  if (v1.length + v1a.length === 0) throw faultAt("/signature", "There is no signature v1,… or v1a,… in it.");
  return { v1, v1a };
}

/** All that may have been signed, with what was changed since; what has changed least comes first. */
function candidatesOf(got, sent) {
  const [allIds, allTimes, allBodies] = [ids(got, sent), times(got, sent), bodies(got, sent)];
  const candidate = ([id, ...why], [timestamp, ...whyTime], [body, ...whyBody]) =>
    ({ id, timestamp, text: utf8(`${id}.${timestamp}.${body}`), causes: [...why, ...whyTime, ...whyBody].filter(Boolean) });
  const all = allIds.flatMap((id) => allTimes.flatMap((time) => allBodies.map((body) => candidate(id, time, body))));
  return all.toSorted((a, b) => a.causes.length - b.causes.length);
}

/** The first candidate whose signature with one of the keys is there. */
async function secretFit(candidates, signatures, keys) {
  for (const { key, cause } of keys) {
    for (const candidate of candidates) {
      const mac = new Uint8Array(await crypto.subtle.sign("HMAC", key, candidate.text));
      if (signatures.includes(btoa(String.fromCharCode(...mac)))) return { ...candidate, causes: [...candidate.causes, ...(cause ? [cause] : [])] };
    }
  }
  return null;
}

/** The first candidate that a public key verifies; null if there is none, undefined if it cannot be told. */
async function publicFit(candidates, signatures, publicKeys) {
  if (signatures.length === 0 || publicKeys.length === 0) return undefined;
  try {
    const keys = await Promise.all(publicKeys.map(publicKeyOf));
    for (const candidate of candidates) {
      for (const key of keys) {
        for (const signature of signatures.map(bytesOf).filter(Boolean)) {
          if (await crypto.subtle.verify("Ed25519", key, signature, candidate.text)) return candidate;
        }
      }
    }
    return null;
  } catch {
    // A browser without Ed25519.
    return undefined;
  }
}

function publicKeyOf(text) {
  return crypto.subtle.importKey("raw", bytesOf(text.replace(/^whpk_/, "")), { name: "Ed25519" }, false, ["verify"]);
}

function fitting({ timestamp, causes }, { secret }, now) {
  const off = Math.round(now / 1000) - Number(timestamp);
  const notes = [
    ...causes,
    secret !== secret.trim() && "There is whitespace around the secret. It is no part of it: see whether your settings have it too.",
  ].filter(Boolean);
  if (notes.length > 0) return { isFitting: false, title: "The signature does not fit, and this is why", causes: notes };
  const hints = secret.startsWith("whsec_") ? [] : ["The secret has no whsec_ in front. That is fine, if your code does not cut six letters off."];
  if (Math.abs(off) <= TOLERANCE) return { isFitting: true, title: "The signature fits", causes: hints };
  return {
    isFitting: true,
    title: `The signature fits, but its time is ${distance(Math.abs(off))} ${off > 0 ? "ago" : "ahead"}`,
    causes: [
      "A receiver refuses what is more than five minutes off. For a request of then that is right; if yours refuses what has just been sent, its clock is wrong.",
      ...hints,
    ],
  };
}

function distance(seconds) {
  const [unit, size] = [["day", 86_400], ["hour", 3_600], ["minute", 60]].find(([, size]) => seconds >= size);
  const count = Math.floor(seconds / size);
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

function onlyPublic(fit) {
  const known = {
    true: "It fits the public key, so the request is genuine.",
    false: "It does not fit the public key of this webhook either: the request was changed, or it is of another webhook.",
  }[fit === undefined ? "unknown" : String(Boolean(fit))];
  return {
    isFitting: false,
    title: "There is only a v1a signature",
    causes: [
      "It is made with Ed25519 and verified with the public key (whpk_…): the secret has no part in it. Give the header whole, with v1, to verify with the secret.",
      known,
      ...(fit?.causes ?? []),
    ].filter(Boolean),
  };
}

/** What is likely if no change that is known explains it. The second signature of the same request tells whether it is the secret. */
function causesOfNone({ got, sent, keys: [{ size }], candidates }, fit) {
  const isSame = sent && ["id", "timestamp", "body"].every((name) => got[name] === sent[name]);
  const cut = size !== SECRET_SIZE && `The secret has ${size} bytes, and those of this API have ${SECRET_SIZE}: it may have been cut when it was copied.`;
  const other = "It may be the secret of another webhook, or one from before a rotation whose overlap is over.";
  if (fit) return ["The secret is a wrong one: the v1a signature of the same request fits the public key of this webhook.", cut || other, ...fit.causes];
  if (isSame) {
    return ["Id, time and body are those of the delivery, so the secret is a wrong one, or the header is of another attempt: each attempt has its own.", cut || other];
  }
  // The least changed candidate beyond what was got itself that the request as it was sent explains.
  const known = sent ? candidates.find((each) => each.id === sent.id && each.timestamp === sent.timestamp)?.causes ?? [] : [];
  if (fit === null) {
    return [
      "The v1a signature of the request does not fit the public key of this webhook either.",
      "So something of the request was changed on its way, or it is of another webhook.",
      ...known,
      "Take the body as the bytes that came, before anything parses it. Id, time and signatures must be of one request.",
    ];
  }
  return [
    `The secret is a wrong one. ${other}`,
    "Or the body was changed in a way that is not guessed here: take the bytes that came, before anything parses them.",
    "Or id, time and signatures are not of one request.",
    cut,
  ].filter(Boolean);
}

function utf8(text) {
  return new TextEncoder().encode(text);
}

/** The bytes that base64 stands for; null if it is none. */
function bytesOf(text) {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return null;
  try {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  } catch {
    return null;
  }
}
