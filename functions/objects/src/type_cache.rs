//! A cache of the object types that objects are validated against, for a few seconds
//! (docs/adr/0014-changing-types.md).

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use shared::{
    Result, Timestamp,
    clock::Clock,
    id::TeamId,
    object_type::{CACHE_SECONDS, StoredObjectType, no_such_type, revalidate},
    table::Table,
};

/// More types than this are not kept: all are forgotten, and those in use come back.
const TYPES_MAX: usize = 1_000;

/// Types by their team and their id or slug, each with its expiry.
type Entries = HashMap<(TeamId, String), (Arc<StoredObjectType>, Timestamp)>;

/// The cache.
#[derive(Clone)]
pub(crate) struct TypeCache {
    workspace: Table,
    clock: Clock,
    entries: Arc<Mutex<Entries>>,
}

impl TypeCache {
    pub(crate) fn new(workspace: Table, clock: Clock) -> Self {
        Self { workspace, clock, entries: Arc::default() }
    }

    /// The type of that id or slug; one that is not there, or is in the trash, is looked for each time.
    pub(crate) async fn get(&self, team: &TeamId, id_or_slug: &str) -> Result<Arc<StoredObjectType>> {
        let key = (team.clone(), id_or_slug.to_owned());
        // The clock is read before the type, so that no type is used longer than it may be.
        let now = self.clock.now();
        let known = self.entries.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        let known = match known {
            Some((known, until)) if now < until => return Ok(known),
            known => known.map(|(known, _)| known),
        };
        let found = revalidate(&self.workspace, (team, id_or_slug), known, now).await?;
        if found.is_hidden() {
            return Err(no_such_type());
        }
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= TYPES_MAX {
            entries.clear();
        }
        entries.insert(key, (found.clone(), now.plus_seconds(CACHE_SECONDS)));
        Ok(found)
    }
}
