//! What a change makes of a token, what the history tells of it, and why one is refused.

use shared::{Caller, Code, Error, Fault, Timestamp, history::Event, id::TeamId, token::StoredToken};

use crate::{input::CheckedPatch, store::TOKENS_MAX};

/// The token with the changes made.
pub(crate) fn patched(
    stored: StoredToken,
    patch: &CheckedPatch,
    caller: &Caller,
    now: Timestamp,
) -> StoredToken {
    let CheckedPatch { name, description, active, expires_at, .. } = patch;
    let CheckedPatch { team_ids, allowed_cidrs, rate_limit, on_reuse, .. } = patch;
    StoredToken {
        name: name.clone().unwrap_or(stored.name),
        description: description.clone().unwrap_or(stored.description),
        active: active.unwrap_or(stored.active),
        expires_at: expires_at.unwrap_or(stored.expires_at),
        team_ids: team_ids.clone().unwrap_or(stored.team_ids),
        allowed_cidrs: allowed_cidrs.clone().unwrap_or(stored.allowed_cidrs),
        rate_limit: rate_limit.unwrap_or(stored.rate_limit),
        on_reuse: on_reuse.unwrap_or(stored.on_reuse),
        updated_at: now,
        version: stored.version + 1,
        actor: caller.actor(),
        ..stored
    }
}

/// What the history tells of a change.
pub(crate) fn events(
    patch: &CheckedPatch,
    token: &StoredToken,
    old_name: &str,
    was_active: bool,
) -> Vec<Event> {
    let CheckedPatch { name: _, description, active: _, expires_at, .. } = patch;
    let CheckedPatch { team_ids, allowed_cidrs, rate_limit, on_reuse, .. } = patch;
    let is_changed = description.is_some()
        || expires_at.is_some()
        || team_ids.is_some()
        || allowed_cidrs.is_some()
        || rate_limit.is_some()
        || on_reuse.is_some();
    let switched = if token.active { Event::Activated } else { Event::Deactivated };
    let all = [
        (old_name != token.name, Event::Renamed),
        (token.active != was_active, switched),
        (is_changed, Event::Changed),
    ];
    all.into_iter().filter_map(|(is_so, event)| is_so.then_some(event)).collect()
}

pub(crate) fn name_taken() -> Error {
    let detail = "You have a token of this name already; case does not tell names apart.";
    Error::new(Code::NameTaken, detail).with_faults(vec![Fault::new("/name", "name_taken", detail)])
}

pub(crate) fn too_long(team: &TeamId, days: u32) -> Error {
    let detail = format!(
        "Tokens that reach the team {team} may live {days} days at most: give an earlier end, or limit the token to other teams by team_ids."
    );
    Error::unprocessable(vec![Fault::new("/expires_at", "too_late", detail)])
}

pub(crate) fn too_many() -> Error {
    Error::new(
        Code::LimitReached,
        format!("You have {TOKENS_MAX} tokens, which is the most. Revoke one first."),
    )
}

#[cfg(test)]
mod tests;
