//! The stamp of a type: an item beside it that holds nothing but its revision. Whoever has the type in memory
//! revalidates it by the stamp, at one unit whatever the size of the type, and reads the type again only when
//! it has changed.
//!
//! Why no order of reads and writes lets a definition pass that was replaced before the revalidation began:
//! - A revision names one definition. Each write is made under the condition that the revision is the one it has read, makes
//!   it greater by one, and writes the stamp in the same transaction. So as soon as a change is answered, whoever reads the
//!   stamp, strongly, finds the revision of that change or of a later one.
//! - What is compared with the stamp is the revision inside the definition that is gone by, never one that was read beside
//!   it. Of a transaction that is under way one read may show what another does not: a definition from before it beside a
//!   stamp of it, or the reverse. Either differs, and the type is read whole once more at the next revalidation.
//! - A version that knows no stamps leaves them behind when it changes a type: then a stamp may equal a definition that is
//!   not the last. But that version also drops `stamped`, so `stamped` is the time since when all writers of this type have
//!   known stamps, and nothing is believed for an hour from then. A version is replaced everywhere by that time.

use std::sync::Arc;

use super::{StoredObjectType, find};
use base::{
    error::Result,
    id::{ObjectTypeId, TeamId},
    timestamp::Timestamp,
};
use resources::workspace_partition;
use table::{Key, Table, Write, attribute, number};

/// The stamp of a type is believed this long after its first: longer than functions of two versions work side by side.
pub const STAMPED_SECONDS: i64 = 60 * 60;

/// The key of the stamp of a type: not among the types, so that no list of them meets it.
pub fn object_type_stamp_key(team: &TeamId, id: &ObjectTypeId) -> Key {
    Key::new(workspace_partition(team), format!("TYPESTAMP#{id}"))
}

impl StoredObjectType {
    /// The write of its stamp, which goes into the transaction that writes the type.
    ///
    /// # Errors
    /// 500: a stamp can always be written.
    pub fn stamp(&self, workspace: &Table) -> Result<Write> {
        let item = [("revision".to_owned(), attribute(&self.revision)?)].into();
        Ok(workspace.put_item(self.stamp_key(), item))
    }

    /// The key of its stamp.
    pub fn stamp_key(&self) -> Key {
        object_type_stamp_key(&self.team, &self.object_type.id)
    }

    /// Whether it is the type of that id or slug still, as far as its stamp can tell. A slug moves only with a change of the
    /// type that gives it up.
    async fn is_current(&self, workspace: &Table, id_or_slug: &str, now: Timestamp) -> Result<bool> {
        let names = [self.object_type.id.as_str(), self.object_type.slug.as_str()];
        let is_stamped = self.stamped.is_some_and(|since| since.plus_seconds(STAMPED_SECONDS) <= now);
        if !is_stamped || !names.contains(&id_or_slug) {
            return Ok(false);
        }
        let stamp = workspace.get(self.stamp_key()).await?;
        Ok(stamp.and_then(|stamp| number(&stamp, "revision")) == Some(self.revision))
    }
}

/// The type of that id or slug, in the trash or not, as it is now: the cached one if its stamp proves it
/// current.
///
/// # Errors
/// 404 when the team has none such.
pub async fn revalidate(
    workspace: &Table,
    (team, id_or_slug): (&TeamId, &str),
    known: Option<Arc<StoredObjectType>>,
    now: Timestamp,
) -> Result<Arc<StoredObjectType>> {
    if let Some(known) = known
        && known.is_current(workspace, id_or_slug, now).await?
    {
        return Ok(known);
    }
    Ok(Arc::new(find(workspace, team, id_or_slug).await?))
}
