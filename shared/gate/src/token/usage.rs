//! The usage of a token: when and from where it was last used, and which of its permissions were.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use base::{
    permission::{Permission, Permissions},
    timestamp::Timestamp,
};

/// Uses within this time of the last recorded one are not recorded.
const EVERY_SECONDS: i64 = 60;
/// A permission that was not used for so long is recorded at once, so that a service which uses several within a minute
/// and then sleeps never has one that looks unused.
const RARE_SECONDS: i64 = 24 * 60 * 60;

/// The last use of a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LastUsed {
    /// When.
    pub at: Timestamp,
    /// The address it came from.
    pub ip: Option<String>,
    /// The client, as it named itself.
    pub user_agent: Option<String>,
}

impl LastUsed {
    /// Whether a use now is to be recorded.
    pub fn is_due(last: Option<&Self>, now: Timestamp) -> bool {
        last.is_none_or(|last| last.at.plus_seconds(EVERY_SECONDS) <= now)
    }
}

/// When each permission was last used, in seconds since 1970, by its name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Used(BTreeMap<String, i64>);

impl Used {
    /// Those of the permissions that were never used, or not for long.
    pub fn rare(&self, permissions: Permissions, now: Timestamp) -> Permissions {
        permissions.iter().filter(|permission| self.is_rare(*permission, now)).collect()
    }

    fn is_rare(&self, permission: Permission, now: Timestamp) -> bool {
        self.0.get(permission.name()).is_none_or(|at| at + RARE_SECONDS <= now.seconds())
    }

    /// The permissions that were used, each with the time.
    pub fn iter(&self) -> impl Iterator<Item = (Permission, Timestamp)> {
        self.0.iter().filter_map(|(name, at)| {
            Some((Permission::parse(name)?, Timestamp::from_millis(at.checked_mul(1_000)?)?))
        })
    }
}
