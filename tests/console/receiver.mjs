// A receiver of webhooks in the process of the tests.

import { createServer } from "node:http";

import { api, eventually } from "./harness.mjs";

/**
 * A server on this machine until the test `t` ends. It keeps the `requests` it gets, as `{ headers, body }`, and answers with its `status`, which may
 * be changed.
 */
export async function receiver(t, status = 200) {
  const requests = [];
  const hook = { requests, status };
  const server = createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    requests.push({ headers: request.headers, body: Buffer.concat(parts).toString() });
    response.writeHead(hook.status, { "Content-Type": "application/json" });
    response.end(JSON.stringify({ answer: hook.status }));
  });
  await new Promise((ready) => { server.listen(0, "127.0.0.1", ready); });
  hook.url = `http://127.0.0.1:${server.address().port}/hooks`;
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return hook;
}

/** A webhook of a team, with its secret. */
export function webhookOf(session, team, settings) {
  return api(session, "POST", `/v1/teams/${team.id}/webhooks`, { url: "https://example.com/hooks", topics: ["object.created"], ...settings });
}

/** The object type that the tests make objects of. */
export function contactsOf(session, team) {
  return api(session, "POST", `/v1/teams/${team.id}/object-types`, {
    slug: "contacts", singular_label: "Contact", plural_label: "Contacts", item_label_fields: ["name"],
    fields: [{ slug: "name", label: "Name", type: "text" }],
  });
}

/** Makes so many objects at once. */
export function makeContacts(session, team, count) {
  const operations = Array.from({ length: count }, (_, index) => ({ op: "create", fields: { name: `Ada ${index}` } }));
  return api(session, "POST", `/v1/teams/${team.id}/objects/contacts/batch`, { operations });
}

/** The deliveries of a webhook, asked for until they are as is wanted. */
export function deliveriesOf(session, team, { id }, areWanted) {
  const read = async () => (await api(session, "GET", `/v1/teams/${team.id}/webhooks/${id}/deliveries?limit=100`)).data;
  return eventually(read, areWanted);
}
