//! Changes of a token: the token after one, the entries of its history, and refusals.

use api::Caller;
use base::{
    Code, Error, Fault, Permission, Permissions, Timestamp, Violation,
    change::{is_same, news},
};
use gate::{token::StoredToken, token_history::TokenEvent};

use crate::input::{CheckedPatch, TokenPatch};

/// Tokens of a person, without those that are revoked.
pub(crate) const TOKENS_MAX: u64 = 500;

impl TokenPatch {
    /// Without what the token has already: an end that has come may be sent back, and so may its permissions.
    pub(crate) fn beside(self, token: &StoredToken) -> Self {
        let is_other = |sent: &Vec<String>| {
            let sent: Option<Permissions> = sent.iter().map(|name| Permission::parse(name)).collect();
            sent != Some(token.permissions)
        };
        Self {
            name: news(self.name, &token.name),
            permissions: self.permissions.filter(is_other),
            expires_at: news(self.expires_at, &token.expires_at),
            team_ids: news(self.team_ids, &token.team_ids),
            rate_limit: news(self.rate_limit, &token.rate_limit),
            ..self
        }
    }
}

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

/// The events of the history that a change makes.
pub(crate) fn events(old: &StoredToken, new: &StoredToken) -> Vec<TokenEvent> {
    let is_changed = old.description != new.description
        || old.expires_at != new.expires_at
        || old.team_ids != new.team_ids
        || old.allowed_cidrs != new.allowed_cidrs
        || old.rate_limit != new.rate_limit
        || old.on_reuse != new.on_reuse;
    let switched = if new.active { TokenEvent::Activated } else { TokenEvent::Deactivated };
    let all = [
        (old.name != new.name, TokenEvent::Renamed),
        (old.active != new.active, switched),
        (is_changed, TokenEvent::Changed),
    ];
    all.into_iter().filter_map(|(is_so, event)| is_so.then_some(event)).collect()
}

pub(crate) fn name_taken() -> Error {
    let detail = "You have a token of this name already; case does not tell names apart.";
    Error::new(Code::NameTaken, detail).with_faults(vec![Fault::new("/name", Violation::NameTaken, detail)])
}

pub(crate) fn too_many() -> Error {
    Error::new(
        Code::LimitReached,
        format!("You have {TOKENS_MAX} tokens, which is the most. Revoke one first."),
    )
}

#[cfg(test)]
mod tests;
