//! A cache of the views that are run, for as long as types are cached.

use std::sync::Arc;

use base::{
    Result, Timestamp,
    id::{TeamId, ViewId},
};
use records::object_type::CACHE_SECONDS;
use resources::resource::Resources;
use table::{Tables, cache::Cache};

use crate::definition::StoredView;

/// The most views that are cached.
const CACHED_MAX: usize = 1_000;

/// The views, by their team and id.
#[derive(Clone)]
pub struct ViewCache {
    views: Resources<StoredView>,
    cached: Cache<(TeamId, ViewId), Arc<StoredView>>,
}

impl ViewCache {
    /// The views in these tables.
    pub fn new(tables: &Tables) -> Self {
        Self { views: Resources::new(tables), cached: Cache::new(CACHED_MAX) }
    }

    /// The view of that id, not one in the trash.
    ///
    /// # Errors
    /// 404 when there is none.
    pub async fn get(&self, team: &TeamId, id: &ViewId) -> Result<Arc<StoredView>> {
        let clock = &self.views.tables.clock;
        let read = async { Ok(Arc::new(self.views.read(team, id.as_str(), false).await?)) };
        let key = (team.clone(), id.clone());
        Box::pin(self.cached.get(key, min_read_time(clock.now()), clock, read)).await
    }

    /// Forgets what this function has changed.
    pub fn clear(&self) {
        self.cached.clear();
    }
}

/// A view is run as it was this long ago, and no longer.
fn min_read_time(now: Timestamp) -> Timestamp {
    Timestamp::from_millis(now.plus_seconds(-CACHE_SECONDS).millis() + 1).unwrap_or(now)
}
