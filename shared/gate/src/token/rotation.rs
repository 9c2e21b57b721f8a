//! Rotation: a token's secrets, one after the other, so that a lost answer locks nobody out, and the workers of a service can
//! learn a new secret one after the other.
//!
//! A new secret is pending until it is first used. The one before it works until the overlap ends, whether the new one is used
//! or not, unless the rotation says that the first use ends it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::StoredToken;
use api::Caller;
use base::{
    access::Credential,
    rate_limit::{Budget, RateLimit},
    timestamp::Timestamp,
};
use keys::{CandidateHashes, KeyedHash};

/// So many retired secrets are kept on the token, the latest ones. Older ones are kept apart, each in an item of its own, so that
/// a token stays below the 4 KB that DynamoDB reads for one unit, however often it is rotated and whatever else is noted on it.
pub const RETIRED_SECRETS_MAX: usize = 3;
/// Tokens that were rotated by earlier versions have up to so many.
const RETIRED_SECRETS_BEFORE: usize = 8;
/// So many secrets that were replaced may work at a time beside the one in use.
pub const REPLACED_SECRETS_MAX: usize = 2;
/// The places that a token has for secrets: the one in use, the one to follow, and those of before.
pub(super) const PLACES: usize = RETIRED_FROM + RETIRED_SECRETS_BEFORE;
const RETIRED_FROM: usize = 2 + REPLACED_SECRETS_MAX;
/// So often a token may rotate itself in any hour: whoever has stolen it cannot fill the table with secrets.
const SELF_ROTATIONS: RateLimit = RateLimit { limit: 5, window_seconds: 60 * 60 };

/// What ends an overlap, in which the old secret works beside the new one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "OverlapUntil")]
pub enum Until {
    /// Its time, whatever is used.
    #[default]
    Time,
    /// The first use of the new secret, or its time if that comes before.
    FirstUse,
}

impl Until {
    /// What ended an overlap before there was a choice.
    fn before_there_was_a_choice() -> Self {
        Self::FirstUse
    }
}

/// A secret that was replaced by one that is in use, and works for what is left of its overlap.
#[derive(Clone, Serialize, Deserialize)]
pub struct ReplacedSecret {
    /// The secret.
    pub secret: KeyedHash,
    /// Its prefix and last characters.
    pub hint: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub overlap_until: Timestamp,
}

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
    /// Until then the secret in use works too.
    pub overlap_until: Timestamp,
    /// Whether the first use of this one ends that before.
    #[serde(default = "Until::before_there_was_a_choice")]
    pub until: Until,
}

/// Which of a token's secrets was presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PresentedSecret {
    /// The one in use.
    Current,
    /// The one to follow.
    Pending,
    /// One that was replaced and may still work, by its place among them.
    Replaced(usize),
    /// One that was retired.
    Retired,
}

impl StoredToken {
    /// Which secret of the token was sent, if any. An unknown token takes the same steps as a known one.
    pub fn recognise(token: Option<&Self>, sent: &CandidateHashes) -> Option<PresentedSecret> {
        let mut stored = [None; PLACES];
        if let Some(token) = token {
            stored[0] = Some(&token.secret);
            stored[1] = token.pending.as_ref().map(|pending| &pending.secret);
            for (slot, replaced) in stored[2..RETIRED_FROM].iter_mut().zip(&token.replaced) {
                *slot = Some(&replaced.secret);
            }
            for (slot, secret) in stored[RETIRED_FROM..].iter_mut().zip(&token.retired_secrets) {
                *slot = Some(secret);
            }
        }
        Some(match sent.find(stored)? {
            0 => PresentedSecret::Current,
            1 => PresentedSecret::Pending,
            index if index < RETIRED_FROM => PresentedSecret::Replaced(index - 2),
            _ => PresentedSecret::Retired,
        })
    }

    /// The keys that the secrets which may count at that moment are hashed with.
    pub fn key_ids(token: Option<&Self>, now: Timestamp) -> Vec<&str> {
        let Some(Self { secret, pending, replaced, .. }) = token else { return Vec::new() };
        let pending = pending.as_ref().map(|pending| &pending.secret);
        let replaced = replaced.iter().filter(|replaced| now < replaced.overlap_until);
        let replaced = replaced.map(|replaced| &replaced.secret);
        [Some(secret), pending].into_iter().flatten().chain(replaced).map(KeyedHash::key_id).collect()
    }

    /// Whether that secret is one that counts.
    pub(super) fn is_in_force(&self, presented: PresentedSecret, now: Timestamp) -> bool {
        match presented {
            PresentedSecret::Current => {
                self.pending.as_ref().is_none_or(|pending| now < pending.overlap_until)
            }
            PresentedSecret::Pending => true,
            PresentedSecret::Replaced(place) => {
                self.replaced.get(place).is_some_and(|replaced| now < replaced.overlap_until)
            }
            PresentedSecret::Retired => false,
        }
    }

    /// When that secret was issued: the lifetime of a token counts from then.
    pub fn issued_at(&self, presented: PresentedSecret) -> Timestamp {
        let other = match presented {
            PresentedSecret::Pending => self.pending.as_ref().map(|pending| pending.created_at),
            PresentedSecret::Replaced(place) => self.replaced.get(place).map(|replaced| replaced.created_at),
            PresentedSecret::Current | PresentedSecret::Retired => None,
        };
        other.unwrap_or(self.secret_created_at)
    }

    /// When the secret was issued that a function was called with: the one in use, unless the authorizer says that it was
    /// replaced.
    pub fn callers_secret_issued_at(&self, caller: &Caller) -> Timestamp {
        caller.replaced_secret_issued_at.unwrap_or(self.secret_created_at)
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

    /// The token with a new secret pending. One that was pending and never used is retired. No rotation lengthens an
    /// overlap, and no secret of before works longer than the latest rotation says.
    #[must_use]
    pub fn rotated(mut self, mut new: Pending) -> Self {
        if let Some(unused) = self.pending.take() {
            new.overlap_until = new.overlap_until.min(unused.overlap_until);
            if unused.until == Until::FirstUse {
                new.until = Until::FirstUse;
            }
            self.retire(unused.secret);
        }
        for replaced in &mut self.replaced {
            replaced.overlap_until = replaced.overlap_until.min(new.overlap_until);
        }
        self.retire_replaced(|replaced| replaced.overlap_until <= new.created_at);
        Self { pending: Some(new), ..self }
    }

    /// Whether there is room for one more secret that was replaced and still works.
    pub fn may_replace(&self) -> bool {
        let keeps =
            |pending: &Pending| pending.until == Until::Time && pending.overlap_until > pending.created_at;
        self.replaced.len() < REPLACED_SECRETS_MAX || !self.pending.as_ref().is_some_and(keeps)
    }

    /// The token with its pending secret in use, kept under the key it is hashed with now.
    #[must_use]
    pub fn confirmed(mut self, secret: KeyedHash, now: Timestamp) -> Self {
        let Some(Pending { hint, created_at, overlap_until, until, .. }) = self.pending.take() else {
            return self;
        };
        let old = ReplacedSecret {
            secret: std::mem::replace(&mut self.secret, secret),
            hint: std::mem::replace(&mut self.hint, hint),
            created_at: std::mem::replace(&mut self.secret_created_at, created_at),
            overlap_until,
        };
        self.replaced.insert(0, old);
        self.retire_replaced(|replaced| until == Until::FirstUse || replaced.overlap_until <= now);
        self
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

    fn retire_replaced(&mut self, is_over: impl Fn(&ReplacedSecret) -> bool) {
        let over: Vec<_> = self.replaced.extract_if(.., |replaced| is_over(replaced)).collect();
        over.into_iter().rev().for_each(|replaced| self.retire(replaced.secret));
    }

    fn retire(&mut self, secret: KeyedHash) {
        self.retired_secrets.insert(0, secret);
        self.retired_secrets.truncate(RETIRED_SECRETS_MAX);
    }
}
