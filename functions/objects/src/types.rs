//! The object types that objects are checked against, kept in memory: a type does not change once it is made.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use shared::{
    Result,
    id::TeamId,
    object_type::{StoredObjectType, find},
    table::Table,
};

/// More types than this are not kept: all are forgotten, and those in use come back.
const KEPT_MAX: usize = 1_000;

/// A type by its team and its id or slug.
type Kept = HashMap<(TeamId, String), Arc<StoredObjectType>>;

/// The types.
#[derive(Clone)]
pub(crate) struct Types {
    workspace: Table,
    kept: Arc<Mutex<Kept>>,
}

impl Types {
    pub(crate) fn new(workspace: Table) -> Self {
        Self { workspace, kept: Arc::default() }
    }

    /// The type of that id or slug; one that is not there is looked for each time.
    pub(crate) async fn get(&self, team: &TeamId, id_or_slug: &str) -> Result<Arc<StoredObjectType>> {
        let key = (team.clone(), id_or_slug.to_owned());
        let known = self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let found = Arc::new(find(&self.workspace, team, id_or_slug).await?);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        kept.insert(key, found.clone());
        Ok(found)
    }
}
