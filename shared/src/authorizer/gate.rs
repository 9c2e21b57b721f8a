//! What a token that was sent is worth, given what the database holds: no input, no output, so that all of it can be
//! tested and measured alone.

use std::net::IpAddr;

use super::judge::TeamAccess;
use crate::{
    error::Result,
    identity::{Membership, membership_key, token_key},
    keys::Digests,
    manifest::Matched,
    secret::{Secret, SecretKind},
    table::{Item, Key, decode},
    timestamp::Timestamp,
    token::{Presented, Refusal, StoredToken, place_of},
};

/// A token that was sent, well formed, with the team of the path.
pub(super) struct Sent {
    pub(super) secret: Secret,
    token: Key,
    membership: Option<Key>,
    has_team: bool,
}

/// What the database holds of it.
pub(super) struct Found {
    pub(super) token: Option<StoredToken>,
    membership: Option<Membership>,
}

/// What the token is worth.
pub(super) enum Worth {
    /// Nothing: it is no secret that is known by the token, if there is such a token.
    Unknown(Option<Box<StoredToken>>),
    /// Nothing: it is genuine, but does not count.
    Refused(Box<StoredToken>, Presented, Refusal),
    /// It counts.
    Good(Box<Good>, Presented),
}

/// A token that counts, and what its user is in the path's team.
pub(super) struct Good {
    pub(super) token: StoredToken,
    pub(super) team: TeamAccess,
}

impl Sent {
    /// The token, if its checksum is right.
    pub(super) fn parse(credential: &str, route: Option<&Matched<'_>>) -> Option<Self> {
        let secret = Secret::parse(SecretKind::Token, credential)?;
        let (user, token) = place_of(&secret);
        let (team, has_team) = route.map_or((None, false), |route| (route.team(), route.has_team()));
        let membership = team.map(|team| membership_key(&user, &team));
        Some(Self { secret, token: token_key(&user, &token), membership, has_team })
    }

    /// Where the answer lies: two items of one partition.
    pub(super) fn keys(&self) -> Vec<Key> {
        [Some(&self.token), self.membership.as_ref()].into_iter().flatten().cloned().collect()
    }

    /// The items of those keys, read.
    ///
    /// # Errors
    /// 500: what is stored always has its form.
    pub(super) fn found(&self, mut items: Vec<Item>) -> Result<Found> {
        let mut take = |key: &Key| {
            let at = items.iter().position(|item| key.is_of(item))?;
            Some(items.swap_remove(at))
        };
        let (token, membership) = (take(&self.token), self.membership.as_ref().and_then(take));
        Ok(Found { token: token.map(decode).transpose()?, membership: membership.map(decode).transpose()? })
    }
}

impl Found {
    /// Whether the token's user is a member of the path's team.
    pub(super) fn is_member(&self) -> bool {
        self.membership.is_some()
    }

    /// What it is worth. Nothing tells an unknown token from a wrong secret.
    pub(super) fn worth(self, sent: &Sent, digests: &Digests, now: Timestamp, ip: Option<IpAddr>) -> Worth {
        let presented = StoredToken::recognise(self.token.as_ref(), digests);
        let (token, presented) = match (self.token, presented) {
            (Some(token), Some(presented)) => (token, presented),
            (token, _) => return Worth::Unknown(token.map(Box::new)),
        };
        if let Err(refusal) = token.admits(presented, now, ip) {
            return Worth::Refused(Box::new(token), presented, refusal);
        }
        let team = if sent.has_team {
            TeamAccess::of_token(&token, presented, self.membership)
        } else {
            TeamAccess::NotAsked
        };
        Worth::Good(Box::new(Good { token, team }), presented)
    }
}
