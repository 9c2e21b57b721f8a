//! A cache of the object types that objects are validated against, for a few seconds
//! (docs/adr/0014-changing-types.md).

use std::sync::Arc;

use crate::object_type::{CACHE_SECONDS, StoredObjectType, no_such_type, revalidate};
use base::{Result, Timestamp, clock::Clock, id::TeamId};
use table::{Table, cache::Cache};

/// The most types that are cached.
const TYPES_MAX: usize = 1_000;

/// The types, by their team and their id or slug.
#[derive(Clone)]
pub(crate) struct TypeCache {
    workspace: Table,
    clock: Clock,
    types: Cache<(TeamId, String), Arc<StoredObjectType>>,
}

impl TypeCache {
    pub(crate) fn new(workspace: Table, clock: Clock) -> Self {
        Self { workspace, clock, types: Cache::new(TYPES_MAX) }
    }

    /// The type of that id or slug; one that is not there, or is in the trash, is looked for each time.
    pub(crate) async fn get(&self, team: &TeamId, id_or_slug: &str) -> Result<Arc<StoredObjectType>> {
        let (key, now) = ((team.clone(), id_or_slug.to_owned()), self.clock.now());
        let read = async |known| {
            let found = revalidate(&self.workspace, (team, id_or_slug), known, now).await?;
            if found.is_hidden() { Err(no_such_type()) } else { Ok(found) }
        };
        self.types.get_or_refresh(key, min_read_time(now), &self.clock, read).await
    }
}

/// A type may be used until it is as old as this, and no longer.
fn min_read_time(now: Timestamp) -> Timestamp {
    Timestamp::from_millis(now.plus_seconds(-CACHE_SECONDS).millis() + 1).unwrap_or(now)
}
