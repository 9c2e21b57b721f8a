// The types that openapi-typescript makes, with openapi-fetch, at work.
//
// usage: node client.mjs <url> <session>
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

declare const process: { argv: string[]; exit(status: number): never };

const [url, session] = process.argv.slice(2);
const client = createClient<paths>({
  baseUrl: url,
  headers: { Authorization: `Bearer ${session}` },
  querySerializer: { object: { style: "form", explode: true } },
});
const EMAIL = "ada@example.com";

function check(what: string, holds: boolean, found: unknown): void {
  console.log(`${holds ? "ok    " : "NOT   "}TypeScript: ${what}`);
  if (!holds) {
    console.log(`found ${JSON.stringify(found, null, 2)}`);
    process.exit(1);
  }
}

// What a request has answered, if that is no refusal.
function given<T>(what: string, answer: { data?: T; error?: unknown }): T {
  if (answer.data === undefined) {
    check(what, false, answer.error);
    process.exit(1);
  }
  return answer.data;
}

const newType: components["schemas"]["NewObjectType"] = {
  slug: "customers",
  singular_label: "Customer",
  plural_label: "Customers",
  item_label_fields: ["name"],
  fields: [
    { slug: "email", label: "E-mail", type: "email", unique: true, searchable: true, required: "always" },
    { slug: "name", label: "Name", type: "name" },
    { slug: "amount", label: "Amount", type: "number", searchable: true, locked: { if: { field: "name", op: "empty" } } },
    { slug: "friend", label: "Friend", type: "relationship", searchable: true, settings: { object_type: "customers" } },
  ],
};

const team = given("a team is created", await client.POST("/v1/teams", { body: { name: "TypeScript", slug: "typescript" } })).id;
const inTeam = { params: { path: { team } } };
given("an object type is created", await client.POST("/v1/teams/{team}/object-types", { ...inTeam, body: newType }));
const path = { team, type: newType.slug };

const created = given(
  "an object is created",
  await client.POST("/v1/teams/{team}/objects/{type}", {
    params: { path },
    body: { fields: { email: EMAIL, name: "Ada", amount: 12.5 } },
  }),
);
check("an object is created", created.fields?.amount === 12.5, created);

const upserted = given(
  "an upsert finds it",
  await client.PUT("/v1/teams/{team}/objects/{type}", {
    params: { path, query: { match: "email" }, header: { "Idempotency-Key": "once" } },
    body: { fields: { email: EMAIL, name: "Ada L." } },
  }),
);
check("an upsert finds it", upserted.id === created.id && upserted.outcome === "updated", upserted);

const batch = given(
  "a batch is done",
  await client.POST("/v1/teams/{team}/objects/{type}/batch", {
    params: { path },
    body: { operations: [{ op: "upsert", match: "email", fields: { email: EMAIL } }, { op: "create", fields: { email: "grace@example.com" } }] },
  }),
);
check("a batch is done", batch.failed === 0, batch);

const filtered = given(
  "a list is filtered",
  await client.GET("/v1/teams/{team}/objects/{type}", {
    params: { path, query: { filter: { "filter[email][eq]": EMAIL }, sort: "-amount", limit: 10 } },
  }),
);
check("a list is filtered", filtered.data.length === 1 && filtered.data[0]?.id === created.id, filtered);

const asked = given(
  "a query is answered",
  await client.POST("/v1/teams/{team}/objects/{type}/query", {
    params: { path },
    body: { filter: { any: [{ field: "email", op: "in", value: [EMAIL] }, { not: { field: "amount", op: "empty", value: true } }] } },
  }),
);
check("a query is answered", asked.data.length === 1 && asked.data[0]?.id === created.id, asked);

const refused = await client.POST("/v1/teams/{team}/objects/{type}/query", {
  params: { path },
  body: { filter: { field: "nothing", op: "eq", value: "x" } },
});
check("a refusal names its place", refused.error?.errors[0]?.pointer === "/filter/field", refused);

const token = given(
  "a token is created",
  await client.POST("/v1/tokens", { body: { name: "TypeScript", permissions: ["object:read"] } }),
).id;
const webhook = given(
  "a webhook is created",
  await client.POST("/v1/teams/{team}/webhooks", {
    ...inTeam,
    body: { name: "TypeScript", url: "https://hooks.example.com/typescript", topics: ["object.created"] },
  }),
).id;
const form = given(
  "a form is made",
  await client.POST("/v1/teams/{team}/forms", {
    ...inTeam,
    body: { name: "TypeScript", object_type: path.type, pages: [{ items: [{ field: "email" }] }] },
  }),
).id;
const upload = given(
  "an upload is begun",
  await client.POST("/v1/teams/{team}/uploads", { ...inTeam, body: { filename: "offer.pdf", size: 48_213 } }),
).id;

const view = given(
  "a view is created",
  await client.POST("/v1/teams/{team}/views", { ...inTeam, body: { name: "The latest", kind: "table", object_type: path.type, sort: "-created_at" } }),
).id;

type Listed = { data?: { data: unknown[]; next_cursor?: string | null }; error?: unknown };
const object = { params: { path: { ...path, id: created.id } } };
const lists: Record<string, Listed> = {
  "/v1/teams": await client.GET("/v1/teams"),
  "/v1/teams/{team}/audit-logs": await client.GET("/v1/teams/{team}/audit-logs", inTeam),
  "/v1/teams/{team}/forms": await client.GET("/v1/teams/{team}/forms", inTeam),
  "/v1/teams/{team}/forms/{form}/submissions": await client.GET("/v1/teams/{team}/forms/{form}/submissions", {
    params: { path: { team, form } },
  }),
  "/v1/teams/{team}/invitations": await client.GET("/v1/teams/{team}/invitations", inTeam),
  "/v1/teams/{team}/members": await client.GET("/v1/teams/{team}/members", inTeam),
  "/v1/teams/{team}/object-types": await client.GET("/v1/teams/{team}/object-types", inTeam),
  "/v1/teams/{team}/objects/{type}": await client.GET("/v1/teams/{team}/objects/{type}", { params: { path } }),
  "/v1/teams/{team}/objects/{type}/{id}/history": await client.GET("/v1/teams/{team}/objects/{type}/{id}/history", object),
  "/v1/teams/{team}/objects/{type}/{id}/related/{field}": await client.GET(
    "/v1/teams/{team}/objects/{type}/{id}/related/{field}",
    { params: { path: { ...path, id: created.id, field: "friend" } } },
  ),
  "/v1/teams/{team}/tokens": await client.GET("/v1/teams/{team}/tokens", inTeam),
  "/v1/teams/{team}/uploads": await client.GET("/v1/teams/{team}/uploads", inTeam),
  "/v1/teams/{team}/uploads/{upload}/references": await client.GET("/v1/teams/{team}/uploads/{upload}/references", {
    params: { path: { team, upload } },
  }),
  "/v1/teams/{team}/views": await client.GET("/v1/teams/{team}/views", inTeam),
  "/v1/teams/{team}/views/{view}/objects": await client.GET("/v1/teams/{team}/views/{view}/objects", { params: { path: { team, view } } }),
  "/v1/teams/{team}/webhooks": await client.GET("/v1/teams/{team}/webhooks", inTeam),
  "/v1/teams/{team}/webhooks/{webhook}/deliveries": await client.GET("/v1/teams/{team}/webhooks/{webhook}/deliveries", {
    params: { path: { team, webhook } },
  }),
  "/v1/tokens": await client.GET("/v1/tokens"),
  "/v1/tokens/{token}/history": await client.GET("/v1/tokens/{token}/history", { params: { path: { token } } }),
};
for (const [route, answer] of Object.entries(lists)) {
  check(`GET ${route} is read`, Array.isArray(given(route, answer).data), answer);
  console.log(`list  ${route}`);
}
