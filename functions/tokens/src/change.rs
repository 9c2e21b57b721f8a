//! What a change makes of a token, what the history tells of it, and why one is refused.

use shared::{
    Caller, Code, Error, Fault, Timestamp, change::is_same, history::Event, id::TeamId, token::StoredToken,
};

use crate::{input::CheckedPatch, store::TOKENS_MAX};

/// The token with the changes made, if it is another one then.
pub(crate) fn patched(
    stored: &StoredToken,
    patch: &CheckedPatch,
    caller: &Caller,
    now: Timestamp,
) -> Option<StoredToken> {
    let CheckedPatch { name, description, active, expires_at, .. } = patch.clone();
    let CheckedPatch { team_ids, allowed_cidrs, rate_limit, on_reuse, .. } = patch.clone();
    let old = stored.clone();
    let new = StoredToken {
        name: name.unwrap_or(old.name),
        description: description.unwrap_or(old.description),
        active: active.unwrap_or(old.active),
        expires_at: expires_at.unwrap_or(old.expires_at),
        team_ids: team_ids.unwrap_or(old.team_ids),
        allowed_cidrs: allowed_cidrs.unwrap_or(old.allowed_cidrs),
        rate_limit: rate_limit.unwrap_or(old.rate_limit),
        on_reuse: on_reuse.unwrap_or(old.on_reuse),
        ..old
    };
    (!is_same(stored, &new)).then(|| StoredToken {
        updated_at: now,
        version: stored.version + 1,
        actor: caller.actor(),
        ..new
    })
}

/// What the history tells of a change.
pub(crate) fn events(old: &StoredToken, new: &StoredToken) -> Vec<Event> {
    let is_changed = old.description != new.description
        || old.expires_at != new.expires_at
        || old.team_ids != new.team_ids
        || old.allowed_cidrs != new.allowed_cidrs
        || old.rate_limit != new.rate_limit
        || old.on_reuse != new.on_reuse;
    let switched = if new.active { Event::Activated } else { Event::Deactivated };
    let all = [
        (old.name != new.name, Event::Renamed),
        (old.active != new.active, switched),
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
