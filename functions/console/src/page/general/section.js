// What the team is as a whole: its name, its limits, and the tokens that reach it.

import { h } from "../shell/dom.js";
import { call } from "../shell/api.js";
import { may } from "../shell/known.js";
import { plural } from "../shell/words.js";
import { head } from "../parts/pages.js";
import { requests } from "../parts/request.js";
import { settingsForm } from "./settings.js";
import { blockDialog, tokensPart } from "./tokens.js";

export async function view({ team: { id, role }, query }) {
  const read = { operation: "teams.read", parameters: { team: id } };
  const [team, tokens] = await Promise.all([call(read.operation, read.parameters), may("teams.list_tokens") ? tokensPart(id, query) : null]);
  const isOwner = role === "owner";
  return {
    title: "General",
    content: [
      head("General", "What the team is called, how long tokens may reach it, and how long the audit log is kept."),
      may("teams.update") && h("div", { class: "card" }, settingsForm(team, isOwner)),
      !isOwner && facts(team),
      h("p", { class: "soft general-ids" },
        "The slug ", h("code", {}, team.slug), " and the id ", h("code", {}, team.id), " tell the team from others in requests of the API."),
      tokens,
      requests([["Read the team", read]]),
    ],
    dialogs: { block: (token) => blockDialog(id, token) },
  };
}

/** What the person sees and cannot change. */
function facts({ name, token_lifetime_days_max: days, audit_log_days: kept }) {
  return h("dl", { class: "card facts general-facts" },
    !may("teams.update") && h("div", {}, h("dt", {}, "Name"), h("dd", {}, name)),
    h("div", {}, h("dt", {}, "Life of tokens"), h("dd", {}, days ? `At most ${plural(days, "day")}` : "Without a limit")),
    h("div", {}, h("dt", {}, "Audit log"), h("dd", {}, `Kept for ${plural(kept, "day")}`)));
}
