// A team with one of everything, for tests that visit every page.

import { png, uploadOf } from "./files.mjs";
import { api } from "./harness.mjs";
import { SECTIONS } from "../../functions/console/src/page/shell/sections.js";

/** Makes what there is to look at, so that every section has its buttons. Gives pairs of sections and paths of pages in them. */
export async function furnish({ session, team }) {
  const at = `/v1/teams/${team.id}`;
  const type = await api(session, "POST", `${at}/object-types`, {
    slug: "tasks", singular_label: "Task", plural_label: "Tasks", item_label_fields: ["title"],
    fields: [{ slug: "title", label: "Title", type: "text", searchable: true }, { slug: "pictures", label: "Pictures", type: "image" }],
  });
  const picture = await uploadOf(session, team, "picture.png", png(60, 40));
  await uploadOf(session, team, "page.png", "<!doctype html><title>x</title>");
  const object = await api(session, "POST", `${at}/objects/tasks`, { fields: { title: "One", pictures: [picture.id] } });
  const gone = await api(session, "POST", `${at}/objects/tasks`, { fields: { title: "Two" } });
  await api(session, "DELETE", `${at}/objects/tasks/${gone.id}`);
  const webhook = await api(session, "POST", `${at}/webhooks`, { name: "Hook", url: "https://example.com/hook", topics: ["object.created"] });
  const old = await api(session, "POST", `${at}/webhooks`, { name: "Old", url: "https://example.com/old", topics: ["object.created"] });
  await api(session, "DELETE", `${at}/webhooks/${old.id}`);
  await api(session, "POST", `${at}/invitations`, { email: `open@${team.slug}.example`, role: "member" });
  await api(session, "POST", "/v1/tokens", { name: "Mine", permissions: ["object:read"] });
  return [
    ...SECTIONS.filter(({ group }) => group).map(({ name }) => [name, `/console/${name}?team=${team.id}`]),
    ["webhooks", `/console/webhooks?team=${team.id}&trashed=only`],
    ["webhooks", `/console/webhooks/${webhook.id}?team=${team.id}`],
    ["webhooks", `/console/webhooks/${old.id}?team=${team.id}&trashed=only`],
    ["uploads", `/console/uploads/${picture.id}?team=${team.id}`],
    ["object-types", `/console/object-types/${type.id}?team=${team.id}`],
    ["objects", `/console/objects?team=${team.id}&type=tasks`],
    ["objects", `/console/objects?team=${team.id}&type=tasks&trashed=only`],
    ["objects", `/console/objects/${object.id}?team=${team.id}&type=tasks`],
    ["objects", `/console/objects/${gone.id}?team=${team.id}&type=tasks&trashed=only`],
  ];
}
