// One token: its state, its limits, and what it was used for.

function paintCard(card, token) {
  const { name, description, hint, status, permissions, unused_permissions: unused } = token;
  const count = plural(permissions.length, "permission") + (unused.length ? `, ${unused.length} never used` : "");
  write(card, { name, description, hint, status: STATUSES[status], count });
  card.dataset.status = status;
  show(part(card, "description"), Boolean(description));
  part(card, "last-used").replaceChildren(...lastUse(token.last_used));
  part(card, "expires").replaceChildren(expiry(token.expires_at));
  part(card, "expires").toggleAttribute("data-soon", isSoon(token.expires_at));
  part(card, "created").replaceChildren(timeElement(token.created_at, DATE.format(new Date(token.created_at))));
  paintRotation(card, token);
  paintLimits(card, token);
  paintActions(card, token);
  for (const details of ["details", "history-details"]) paintOpened(card, token, details);
}

function paintLimits(card, { team_ids: teams, blocked_team_ids: blocked, allowed_cidrs: ranges, rate_limit: rate, on_reuse: onReuse }) {
  show(part(card, "blocked-row"), blocked.length > 0);
  show(part(card, "ranges-row"), Boolean(ranges));
  show(part(card, "rate-row"), Boolean(rate));
  show(part(card, "reuse-row"), onReuse === "deactivate");
  write(card, {
    teams: teams ? teams.map(teamName).join(", ") : "All your teams",
    blocked: `${blocked.map(teamName).join(", ")}, by an owner`,
    ranges: (ranges ?? []).join(", "),
    rate: rate ? `${plural(rate.limit, "request")} per ${periodOf(rate.window_seconds)}` : "",
  });
}

function paintActions(card, { name, status, active }) {
  part(card, "actions").setAttribute("aria-label", `Actions for ${name}`);
  part(card, "switch").textContent = active ? "Deactivate" : "Activate";
  // Neither would bring it back.
  show(part(card, "switch"), status !== "expired");
  show(part(card, "rotate"), status !== "expired");
}

/** Fills what is only made when somebody looks at it. */
function paintOpened(card, token, name) {
  if (!part(card, name).open) return;
  if (name === "details") paintGranted(card, token);
  else paintHistory(card, token);
}

/** The permissions with what each means: those that were used, the latest first, and those that never were. */
function paintGranted(card, { used_permissions: used, unused_permissions: unused, last_used: lastUsed }) {
  const latest = used.toSorted((a, b) => b.last_used_at.localeCompare(a.last_used_at));
  const advice = lastUsed ? "What the service does not need it should not have: create a token without it, and revoke this one." : "";
  part(card, "granted").replaceChildren(
    ...usageElement("Used", "", latest.map(({ permission, last_used_at: at }) => grantedElement(permission, at))),
    ...usageElement("Never used", advice, unused.map((name) => grantedElement(name))),
  );
}

/** A list of permissions with its title; nothing if it is empty. */
function usageElement(title, advice, lines) {
  if (lines.length === 0) return [];
  const element = copyOf("usage-template");
  write(element, { title, advice });
  part(element, "lines").append(...lines);
  return [element];
}

function grantedElement(name, usedAt) {
  const element = copyOf("granted-template");
  write(element, { name, description: known.descriptions.get(name) ?? "" });
  if (usedAt) part(element, "used").append("Last used ", timeElement(usedAt, distanceTo(usedAt)));
  return element;
}

function lastUse(use) {
  if (!use) return ["Never"];
  const element = timeElement(use.at, distanceTo(use.at));
  element.title = [element.title, use.ip && `from ${use.ip}`, use.user_agent].filter(Boolean).join("\n");
  return use.ip ? [element, `, from ${use.ip}`] : [element];
}

function expiry(time) {
  return time ? timeElement(time, `${DATE.format(new Date(time))} (${distanceTo(time)})`) : "Never";
}

