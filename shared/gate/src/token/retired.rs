//! Retired secrets that are older than those on the token: each in an item of its own for 90 days, so that its
//! use is still recognised, however often the token was rotated since.

use super::{DAY_SECONDS, StoredToken};
use crate::identity::user_partition;
use base::{
    error::Result,
    id::{TokenId, UserId},
    timestamp::Timestamp,
};
use keys::{CandidateHashes, KeyedHash};
use table::Tables;
use table::{AttributeValue, Key, Table, Write, number};

/// They are kept this long.
const KEEP_SECONDS: i64 = 90 * DAY_SECONDS;
const EXPIRES: &str = "expires";

/// The older retired secrets of all tokens.
#[derive(Clone)]
pub struct RetiredSecrets(Table);

impl RetiredSecrets {
    /// The retired secrets in these tables.
    pub fn new(tables: &Tables) -> Self {
        Self(tables.identity.clone())
    }

    /// The writes that archive the secrets which the token kept before and keeps no more.
    pub fn archive(&self, token: &StoredToken, before: &[KeyedHash], now: Timestamp) -> Vec<Write> {
        let end = AttributeValue::N((now.seconds() + KEEP_SECONDS).to_string());
        let write =
            |secret| self.0.update(secret_key(&token.user, &token.id, &secret)).set(EXPIRES, end.clone());
        token.displaced(before).into_iter().map(write).collect()
    }

    /// Whether the secret that was sent is one of the token's: one round trip.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub async fn contains(
        &self,
        token: &StoredToken,
        sent: &CandidateHashes,
        now: Timestamp,
    ) -> Result<bool> {
        let keys = sent.iter().map(|candidate| secret_key(&token.user, &token.id, candidate)).collect();
        let found = self.0.get_many(keys).await?;
        let is_kept = |end: u64| i64::try_from(end).is_ok_and(|end| end > now.seconds());
        Ok(found.iter().any(|item| number(item, EXPIRES).is_some_and(is_kept)))
    }
}

/// The key of a retired secret, in the partition of its user. Its last part is a keyed hash, of which nobody
/// can choose a part.
fn secret_key(user: &UserId, token: &TokenId, secret: &KeyedHash) -> Key {
    Key::new(user_partition(user), format!("ENDED#{token}#{}", secret.text()))
}
