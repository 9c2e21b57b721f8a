//! Tombstones: a delete in the stream does not say who did it, so a tombstone with the actor is written in its
//! transaction.

use serde::{Deserialize, Serialize};

use super::Kind;
use base::{actor::Actor, error::Result, id::TeamId, role::Role, timestamp::Timestamp};
use table::{AttributeValue, Item, Key, Table, Write};

/// The relay gets it from the stream within seconds; it is kept for a week in case the relay stands still.
const KEEP_SECONDS: i64 = 7 * 24 * 60 * 60;
/// The prefix of the sort key, in the partition of the team.
const PREFIX: &str = "GONE#";

/// A tombstone of something of a team that was removed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Tombstone {
    /// The team.
    pub team: TeamId,
    /// What kind of resource it was.
    pub kind: Kind,
    /// The id of the resource; for a member the id of the user.
    pub id: String,
    /// The name of the resource, if it had one of its own.
    pub label: Option<String>,
    /// The role of the member, or that of the invitation.
    pub role: Option<Role>,
    /// When it was removed.
    pub at: Timestamp,
    /// Who removed it.
    pub actor: Actor,
}

impl Tombstone {
    /// The write of the tombstone in the partition of its team, for the transaction of the removal.
    ///
    /// # Errors
    /// 500: it can always be written.
    pub fn write(&self, identity: &Table, partition: String) -> Result<Write> {
        let key = Key::new(partition, format!("{PREFIX}{}#{}", self.kind.name(), self.id));
        let mut item: Item = serde_dynamo::to_item(self).map_err(anyhow::Error::from)?;
        let end = self.at.seconds() + KEEP_SECONDS;
        item.insert("expires".to_owned(), AttributeValue::N(end.to_string()));
        Ok(identity.put_item(key, item))
    }

    /// Whether the sort key is that of a tombstone.
    pub fn is_tombstone_key(sk: &str) -> bool {
        sk.starts_with(PREFIX)
    }
}
