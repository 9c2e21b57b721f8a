//! Secrets that were rotated away longer ago than those on the token: each in an item of its own for 90 days, so that its use
//! is still recognised, however often the token was rotated since.

use super::{DAY_SECONDS, StoredToken};
use crate::{
    error::Result,
    id::{TokenId, UserId},
    identity::user_partition,
    keys::{Digests, KeyedHash},
    platform::Platform,
    table::{AttributeValue, Key, Table, Write, number},
    timestamp::Timestamp,
};

/// They are kept this long.
const KEEP_SECONDS: i64 = 90 * DAY_SECONDS;
const EXPIRES: &str = "expires";

/// The secrets of all tokens that ended long ago.
#[derive(Clone)]
pub struct EndedSecrets(Table);

impl EndedSecrets {
    /// Those of the platform.
    pub fn new(platform: &Platform) -> Self {
        Self(platform.identity.clone())
    }

    /// The writes that keep those secrets which the token kept before and keeps no more.
    pub fn keep(&self, token: &StoredToken, before: &[KeyedHash], now: Timestamp) -> Vec<Write> {
        let end = AttributeValue::N((now.seconds() + KEEP_SECONDS).to_string());
        let write = |secret| self.0.update(place(&token.user, &token.id, &secret)).set(EXPIRES, end.clone());
        token.forgotten(before).into_iter().map(write).collect()
    }

    /// Whether the secret that was sent is one of the token's: one round trip.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub async fn has(&self, token: &StoredToken, sent: &Digests, now: Timestamp) -> Result<bool> {
        let keys = sent.iter().map(|digest| place(&token.user, &token.id, digest)).collect();
        let found = self.0.get_many(keys).await?;
        let is_kept = |end: u64| i64::try_from(end).is_ok_and(|end| end > now.seconds());
        Ok(found.iter().any(|item| number(item, EXPIRES).is_some_and(is_kept)))
    }
}

/// Where a secret of a token lies, with its user. What stands there is a keyed hash, of which nobody can choose a part.
fn place(user: &UserId, token: &TokenId, secret: &KeyedHash) -> Key {
    Key::new(user_partition(user), format!("ENDED#{token}#{}", secret.text()))
}
