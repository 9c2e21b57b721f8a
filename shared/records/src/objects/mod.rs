//! What creates and changes objects, for whoever does it: validated against their type, with unique values, references and
//! sequences, one by one or in batches.

mod alongside;
mod batch;
mod codec;
mod collection;
mod conditions;
mod keys;
mod match_key;
mod object;
mod owners;
mod references;
mod rules;
mod send;
mod sequences;
mod size;
mod store;
mod trash;
mod type_cache;
mod unique_index;
mod uploads;
mod upsert;
mod write_plan;
mod writer;

use base::{Code, Permission, Result, Timestamp, clock::Clock};
use table::{Table, Tables};

pub use alongside::{Committed, Effect, OnMatch, Planned, PlannedObject, values_taken};
pub use batch::{BatchOperation, Done};
pub use codec::{decode_object, search_item};
pub use collection::{Collection, TypePath, Within};
pub use keys::partition;
pub use object::{StoredObject, trash_cutoff};
pub use uploads::{Uploads, named_uploads};
pub use upsert::Outcome;
pub use writer::Writer;

use owners::OwnerCache;
use sequences::Sequences;
use type_cache::TypeCache;

/// The permission that a condition on the version needs, besides those of the write: the answer to it tells whether
/// something has changed.
pub const TO_EXPECT: Permission = Permission::ObjectRead;

/// The objects of all teams.
#[derive(Clone)]
pub struct Objects {
    table: Table,
    workspace: Table,
    sequences: Sequences,
    owners: OwnerCache,
    types: TypeCache,
    clock: Clock,
}

impl Objects {
    /// The objects in these tables.
    pub fn new(tables: &Tables) -> Self {
        let Tables { objects, workspace, clock, .. } = tables.clone();
        let types = TypeCache::new(workspace.clone(), clock.clone());
        let (sequences, owners) = (Sequences::default(), OwnerCache::default());
        Self { table: objects, workspace, sequences, owners, types, clock }
    }

    /// The table in which they lie, to be read by what finds them.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// The clock by which they change.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The collection of the type of that id or slug in the caller's team.
    ///
    /// # Errors
    /// 404 when the team has no such type, or it is in the trash.
    pub async fn collection(&self, by: &dyn Writer, id_or_slug: &str) -> Result<Collection> {
        Ok(Collection { stored: self.types.get(by.team(), id_or_slug).await? })
    }

    /// The same; `None` when the team has no such type, or it is in the trash.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub async fn known_collection(&self, by: &dyn Writer, id_or_slug: &str) -> Result<Option<Collection>> {
        match self.collection(by, id_or_slug).await {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.code == Code::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}
