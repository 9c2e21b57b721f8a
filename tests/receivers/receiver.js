// The receiver of receiver.py in Node: it is asked and answers the same.
//
// usage: receiver.js <docs/use/webhooks.md>

const http = require("node:http");
const {Webhook, WebhookVerificationError} = require("standardwebhooks");

const {blocks} = require("./document.js");

// The functions of the document: with the secret, and with the public key.
const [bySecret, byPublicKey] = blocks(process.argv[2], "js").map((code) =>
  new Function("require", `${code}\nreturn isGenuine;`)(require),
);
const requests = [];
let kept = [];

// The whole of the library's own verification, which throws what it finds wrong. It takes no time but asks the clock,
// so for any time but the present its clock is another meanwhile.
function byLibrary(keys, headers, body, now) {
  const clock = Date.now;
  if (now !== undefined) Date.now = () => now * 1000;
  try {
    new Webhook(keys.secret).verify(body, headers);
    return true;
  } finally {
    Date.now = clock;
  }
}

// As the document does it.
const byHand = (keys, headers, body, now) => bySecret(keys.secret, headers, body, now);
const byPublicHand = (keys, headers, body, now) => byPublicKey(keys.public_key, headers, body, now);

const WAYS = {
  "v1 by standardwebhooks": byLibrary,
  "v1 by the document's code": byHand,
  "v1a by the document's code": byPublicHand,
};

// By way, why a request is refused.
function faults(keys, headers, body, now) {
  const found = {};
  for (const [name, way] of Object.entries(WAYS)) {
    try {
      if (way(keys, headers, body, now) !== true) found[name] = "not genuine";
    } catch (error) {
      if (!(error instanceof WebhookVerificationError)) throw error;
      found[name] = error.message;
    }
  }
  return found;
}

// Verifies a request with the keys that are kept, and notes it.
function received(headers, body) {
  const refused = faults(kept[0], headers, body);
  requests.push({headers, body: body.toString("base64"), refused});
  const isTaken = Object.keys(refused).length === 0;
  if (!isTaken && kept.length > 1) kept.shift();
  return isTaken ? [204] : [400, refused];
}

// The faults of a request that somebody asks about.
function tried({keys, headers, body, now}) {
  return faults(keys, headers, Buffer.from(body, "base64"), now ?? undefined);
}

function answer({method, url, headers}, body) {
  if (method === "GET") return [200, url === "/ways" ? Object.keys(WAYS) : requests.slice(Number(url.split("/")[2]))];
  if (method === "PUT") {
    kept = JSON.parse(body);
    return [204];
  }
  return url === "/try" ? [200, tried(JSON.parse(body))] : received(headers, body);
}

const server = http.createServer(async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  const [status, body] = answer(request, Buffer.concat(parts));
  response.writeHead(status).end(body && JSON.stringify(body));
});
server.listen(0, "127.0.0.1", () => console.log(`ready http://127.0.0.1:${server.address().port}`));
