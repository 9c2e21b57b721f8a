//! The object types that objects are checked against, kept in memory for a few seconds (docs/adr/0014-changing-types.md).

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use shared::{
    Result, Timestamp,
    clock::Clock,
    id::TeamId,
    object_type::{CACHE_SECONDS, StoredObjectType, look, no_such_type},
    table::Table,
};

/// More types than this are not kept: all are forgotten, and those in use come back.
const KEPT_MAX: usize = 1_000;

/// A type by its team and its id or slug, and until when it counts.
type Kept = HashMap<(TeamId, String), (Arc<StoredObjectType>, Timestamp)>;

/// The types.
#[derive(Clone)]
pub(crate) struct Types {
    workspace: Table,
    clock: Clock,
    kept: Arc<Mutex<Kept>>,
}

impl Types {
    pub(crate) fn new(workspace: Table, clock: Clock) -> Self {
        Self { workspace, clock, kept: Arc::default() }
    }

    /// The type of that id or slug; one that is not there, or is in the trash, is looked for each time.
    pub(crate) async fn get(&self, team: &TeamId, id_or_slug: &str) -> Result<Arc<StoredObjectType>> {
        let key = (team.clone(), id_or_slug.to_owned());
        // Asked before the type is read, so that it is never kept longer than it may be.
        let now = self.clock.now();
        let known = self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        let known = match known {
            Some((known, until)) if now < until => return Ok(known),
            known => known.map(|(known, _)| known),
        };
        let found = look(&self.workspace, (team, id_or_slug), known, now).await?;
        if found.is_hidden() {
            return Err(no_such_type());
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        kept.insert(key, (found.clone(), now.plus_seconds(CACHE_SECONDS)));
        Ok(found)
    }
}
