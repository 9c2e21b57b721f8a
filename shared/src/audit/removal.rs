//! What is left of something that was removed: a delete tells nobody who did it, so this is written with it.

use serde::{Deserialize, Serialize};

use super::Kind;
use crate::{
    actor::Actor,
    error::Result,
    id::TeamId,
    identity::team_partition,
    role::Role,
    table::{AttributeValue, Item, Key, Table, Write},
    timestamp::Timestamp,
};

/// It is read from the stream within seconds; this is for a relay that has stood still.
const KEEP_SECONDS: i64 = 7 * 24 * 60 * 60;
/// What the sort key begins with, in the partition of the team.
const PREFIX: &str = "GONE#";

/// Something of a team that was removed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Removal {
    /// The team.
    pub team: TeamId,
    /// What sort of thing it was.
    pub kind: Kind,
    /// Its id; of a member the user's.
    pub id: String,
    /// What people called it, if it had a name of its own.
    pub label: Option<String>,
    /// The role that it had, or was to have.
    pub role: Option<Role>,
    /// When.
    pub at: Timestamp,
    /// Who removed it.
    pub actor: Actor,
}

impl Removal {
    /// The write of it, to be done with the removal.
    ///
    /// # Errors
    /// 500: it can always be written.
    pub fn write(&self, identity: &Table) -> Result<Write> {
        let key = Key::new(team_partition(&self.team), format!("{PREFIX}{}#{}", self.kind.name(), self.id));
        let mut item: Item = serde_dynamo::to_item(self).map_err(anyhow::Error::from)?;
        let end = self.at.seconds() + KEEP_SECONDS;
        item.insert("expires".to_owned(), AttributeValue::N(end.to_string()));
        Ok(identity.put_item(key, item))
    }

    /// Whether the sort key is that of such an item.
    pub fn is_one(sk: &str) -> bool {
        sk.starts_with(PREFIX)
    }
}
