//! The count in words.

use std::collections::BTreeSet;

use keys::KeyRing;

use super::usage::{Count, KeyUsage, Named};

/// What is told of the keys of a ring.
pub(super) fn of(ring: &KeyRing, usage: &KeyUsage) -> String {
    let nothing = Count::default();
    let ids: BTreeSet<_> = ring.ids().chain(usage.keys.keys().map(String::as_str)).collect();
    let counts: Vec<_> = ids.into_iter().map(|id| (id, usage.keys.get(id).unwrap_or(&nothing))).collect();
    let width = counts.iter().map(|(id, _)| id.len()).max().unwrap_or_default().max("key".len());
    let mut lines =
        vec![format!("{:width$}  current  tokens  invitations  webhooks  forms  remembered", "key")];
    for (id, count) in &counts {
        let Count { tokens, invitations, webhooks, forms, remembered, .. } = count;
        let current = if *id == ring.current() { "yes" } else { "no" };
        lines.push(format!(
            "{id:width$}  {current:7}  {tokens:>6}  {invitations:>11}  {webhooks:>8}  {forms:>5}  {remembered:>10}"
        ));
    }
    for (id, count) in counts {
        lines.push(String::new());
        lines.push(verdict(ring, id, count));
        if id != ring.current() {
            lines.extend(count.named.iter().map(line));
            let unnamed = count.tokens - count.named.len();
            lines.extend((unnamed > 0).then(|| format!("  and {unnamed} more")));
        }
    }
    lines.join("\n") + "\n"
}

fn verdict(ring: &KeyRing, id: &str, count: &Count) -> String {
    let Count { tokens, invitations, webhooks, forms, .. } = count;
    let needed =
        format!("tokens: {tokens}, invitations: {invitations}, webhooks: {webhooks}, forms: {forms}");
    match (ring.has(id), count.is_needed()) {
        _ if id == ring.current() => format!("{id} is current: it stays."),
        (true, true) => format!(
            "{id} is needed ({needed}). A token is hashed anew with its next use, an invitation ends within 7 days, a webhook is sealed anew with a change of its settings, such as of its description and back, and a form gets another key with rotate-key."
        ),
        (true, false) => format!(
            "{id} can be removed, if another key has been current for more than 24 hours and every process has started since: cursors and answers kept for an Idempotency-Key are sealed with the key that was current, and live 24 hours."
        ),
        (false, true) => {
            format!("{id} is not in the ring: what needs it ({needed}) is refused until it is there again.")
        }
        (false, false) => format!("{id} is not in the ring, and nothing needs it."),
    }
}

fn line(named: &Named) -> String {
    let Named { id, user, last_used } = named;
    let used = last_used.map_or_else(|| "never used".to_owned(), |at| format!("last used {at}"));
    format!("  {id} of {user}, {used}")
}
