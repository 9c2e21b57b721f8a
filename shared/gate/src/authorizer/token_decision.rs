//! The decision about a presented token, given what the database holds: pure, without I/O, so that it can be
//! tested and measured alone.

use std::net::IpAddr;

use super::authorize::{Identity, TeamAccess};
use crate::{
    identity::{Membership, membership_key, token_key},
    token::{PresentedSecret, Refusal, StoredToken, ids_in},
};
use api::manifest::Matched;
use base::{
    access::Credential,
    error::Result,
    secret::{Secret, SecretKind},
    timestamp::Timestamp,
};
use keys::CandidateHashes;
use table::{Item, Key, decode};

/// A token as it was presented, well formed, with the team of the path.
pub(super) struct PresentedToken {
    pub(super) secret: Secret,
    token: Key,
    membership: Option<Key>,
    has_team: bool,
}

/// What the database holds of the token and of its user's membership in the team.
pub(super) struct StoredCredentials {
    pub(super) token: Option<StoredToken>,
    membership: Option<Membership>,
}

/// The decision about a presented token.
pub(super) enum TokenDecision {
    /// The secret is none of the token's, if there is such a token at all.
    Unknown(Option<Box<StoredToken>>),
    /// The secret is genuine, but not valid.
    Refused(Box<StoredToken>, PresentedSecret, Refusal),
    /// The token is valid.
    Valid(Box<ValidToken>),
}

/// A valid token, and what its user is in the path's team.
pub(super) struct ValidToken {
    pub(super) token: StoredToken,
    pub(super) presented: PresentedSecret,
    pub(super) team: TeamAccess,
}

impl From<ValidToken> for Identity {
    fn from(valid: ValidToken) -> Self {
        let is_replaced = matches!(valid.presented, PresentedSecret::Replaced(_));
        Self {
            user: valid.token.user.clone(),
            credential: Credential::Token,
            granted: valid.token.permissions,
            replaced_secret_issued_at: is_replaced.then(|| valid.token.issued_at(valid.presented)),
            token: Some(valid.token),
            email: None,
            name: None,
            team: valid.team,
        }
    }
}

impl PresentedToken {
    /// The token, if its checksum is right.
    pub(super) fn parse(credential: &str, route: Option<&Matched<'_>>) -> Option<Self> {
        let secret = Secret::parse(SecretKind::Token, credential)?;
        let (user, token) = ids_in(&secret);
        let (team, has_team) = route.map_or((None, false), |route| (route.team(), route.has_team()));
        let membership = team.map(|team| membership_key(&user, &team));
        Some(Self { secret, token: token_key(&user, &token), membership, has_team })
    }

    /// The keys of what is to be read: two items of one partition.
    pub(super) fn keys(&self) -> Vec<Key> {
        [Some(&self.token), self.membership.as_ref()].into_iter().flatten().cloned().collect()
    }

    /// The items of those keys, read.
    ///
    /// # Errors
    /// 500: what is stored always has its form.
    pub(super) fn credentials(&self, mut items: Vec<Item>) -> Result<StoredCredentials> {
        let mut take = |key: &Key| {
            let at = items.iter().position(|item| key.is_of(item))?;
            Some(items.swap_remove(at))
        };
        let (token, membership) = (take(&self.token), self.membership.as_ref().and_then(take));
        Ok(StoredCredentials {
            token: token.map(decode).transpose()?,
            membership: membership.map(decode).transpose()?,
        })
    }
}

impl StoredCredentials {
    /// Whether the token's user is a member of the path's team.
    pub(super) fn is_member(&self) -> bool {
        self.membership.is_some()
    }

    /// Decides about the token. Nothing tells an unknown token from a wrong secret.
    pub(super) fn decide(
        self,
        presented_token: &PresentedToken,
        candidates: &CandidateHashes,
        now: Timestamp,
        ip: Option<IpAddr>,
    ) -> TokenDecision {
        let presented = StoredToken::recognise(self.token.as_ref(), candidates);
        let (token, presented) = match (self.token, presented) {
            (Some(token), Some(presented)) => (token, presented),
            (token, _) => return TokenDecision::Unknown(token.map(Box::new)),
        };
        if let Err(refusal) = token.validate(presented, now, ip) {
            return TokenDecision::Refused(Box::new(token), presented, refusal);
        }
        let team = if presented_token.has_team {
            TeamAccess::of_token(&token, token.issued_at(presented), self.membership)
        } else {
            TeamAccess::NotAsked
        };
        TokenDecision::Valid(Box::new(ValidToken { token, presented, team }))
    }
}
