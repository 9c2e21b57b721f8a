//! Rotation: a token's secrets, one after the other, so that a lost answer locks nobody out.
//!
//! A new secret is pending until it is first used; until then, or until the overlap ends, the one before it counts too.

use serde::{Deserialize, Serialize};

use super::StoredToken;
use base::{
    access::Credential,
    rate_limit::{Budget, RateLimit},
    timestamp::Timestamp,
};
use keys::{CandidateHashes, KeyedHash};

/// So many retired secrets are kept on the token, the latest ones. Older ones are kept apart, each in an item
/// of its own, so that the token stays small however often it is rotated.
pub const RETIRED_SECRETS_MAX: usize = 8;
/// So often a token may rotate itself in any hour: whoever has stolen it cannot fill the table with secrets.
const SELF_ROTATIONS: RateLimit = RateLimit { limit: 5, window_seconds: 60 * 60 };

/// A secret that was handed out and not used yet.
#[derive(Clone, Serialize, Deserialize)]
pub struct Pending {
    /// The secret.
    pub secret: KeyedHash,
    /// Its prefix and last characters.
    pub hint: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// What asked for it.
    pub by: Credential,
    /// Until then the secret in use counts too, unless this one is used before.
    pub overlap_until: Timestamp,
}

/// Which of a token's secrets was presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PresentedSecret {
    /// The one in use.
    Current,
    /// The one to follow.
    Pending,
    /// One that was retired.
    Retired,
}

impl StoredToken {
    /// Which secret of the token was sent, if any. An unknown token takes the same steps as a known one.
    pub fn recognise(token: Option<&Self>, sent: &CandidateHashes) -> Option<PresentedSecret> {
        let mut stored = [None; 2 + RETIRED_SECRETS_MAX];
        if let Some(token) = token {
            stored[0] = Some(&token.secret);
            stored[1] = token.pending.as_ref().map(|pending| &pending.secret);
            for (slot, secret) in stored[2..].iter_mut().zip(&token.retired_secrets) {
                *slot = Some(secret);
            }
        }
        Some(match sent.find(stored)? {
            0 => PresentedSecret::Current,
            1 => PresentedSecret::Pending,
            _ => PresentedSecret::Retired,
        })
    }

    /// The keys that the secrets which may count are hashed with.
    pub fn key_ids(token: Option<&Self>) -> Vec<&str> {
        let Some(Self { secret, pending, .. }) = token else { return Vec::new() };
        let pending = pending.as_ref().map(|pending| &pending.secret);
        [Some(secret), pending].into_iter().flatten().map(KeyedHash::key_id).collect()
    }

    /// Whether that secret is one that counts.
    pub(super) fn is_in_force(&self, presented: PresentedSecret, now: Timestamp) -> bool {
        match presented {
            PresentedSecret::Current => {
                self.pending.as_ref().is_none_or(|pending| now < pending.overlap_until)
            }
            PresentedSecret::Pending => true,
            PresentedSecret::Retired => false,
        }
    }

    /// When that secret was issued: the lifetime of a token counts from then.
    pub fn issued_at(&self, presented: PresentedSecret) -> Timestamp {
        let pending = self.pending.as_ref().filter(|_| presented == PresentedSecret::Pending);
        pending.map_or(self.secret_created_at, |pending| pending.created_at)
    }

    /// When its latest secret was issued.
    pub fn latest_issued_at(&self) -> Timestamp {
        self.issued_at(PresentedSecret::Pending)
    }

    /// Whether that credential may give it a new secret now. Who holds the old secret cannot put another one in the place
    /// of the one that a session has made: a rotation is what stops a thief.
    pub fn may_rotate(&self, by: Credential) -> bool {
        let made_by = self.pending.as_ref().map(|pending| pending.by);
        by == Credential::Session || made_by != Some(Credential::Session)
    }

    /// The token with a new secret pending. One that was pending and never used is retired, and no second
    /// rotation lengthens an overlap.
    #[must_use]
    pub fn rotated(mut self, new: Pending) -> Self {
        let mut new = new;
        if let Some(unused) = self.pending.take() {
            new.overlap_until = new.overlap_until.min(unused.overlap_until);
            self.retire(unused.secret);
        }
        Self { pending: Some(new), ..self }
    }

    /// The token with its pending secret in use, kept under the key it is hashed with now.
    #[must_use]
    pub fn confirmed(mut self, secret: KeyedHash) -> Self {
        let Some(Pending { hint, created_at, .. }) = self.pending.take() else { return self };
        let old = std::mem::replace(&mut self.secret, secret);
        self.retire(old);
        Self { hint, secret_created_at: created_at, ..self }
    }

    /// The token as it is after it has rotated itself once more.
    ///
    /// # Errors
    /// What is left of the hour, if it has done so too often within it.
    pub fn rotates_itself(mut self, now: Timestamp) -> Result<Self, Budget> {
        let RateLimit { limit, window_seconds } = SELF_ROTATIONS;
        let window = i64::from(window_seconds);
        self.rotated_itself_at.retain(|at| at.plus_seconds(window) > now);
        match self.rotated_itself_at.first() {
            Some(first) if self.rotated_itself_at.len() >= limit as usize => {
                let left = first.plus_seconds(window).millis() - now.millis();
                let reset_seconds = u32::try_from((left + 999) / 1_000).unwrap_or(window_seconds);
                Err(Budget { of: "token".into(), rate: SELF_ROTATIONS, remaining: 0, reset_seconds })
            }
            _ => {
                self.rotated_itself_at.push(now);
                Ok(self)
            }
        }
    }

    /// Whether it may have older secrets than those that are kept on it.
    pub fn may_have_older_secrets(&self) -> bool {
        self.retired_secrets.len() >= RETIRED_SECRETS_MAX
    }

    /// The secrets that were kept on the token before and are not any more.
    pub fn displaced(&self, before: &[KeyedHash]) -> Vec<KeyedHash> {
        before.iter().filter(|secret| !self.retired_secrets.contains(secret)).cloned().collect()
    }

    fn retire(&mut self, secret: KeyedHash) {
        self.retired_secrets.insert(0, secret);
        self.retired_secrets.truncate(RETIRED_SECRETS_MAX);
    }
}
