//! The trash of object types: moving there and destroying. A request that hides objects is answered when no function
//! shows them any more.

use std::time::Duration;

use api::{Member, extract::IfMatch};
use base::Result;
use records::object_type::{CACHE_SECONDS, PROPAGATION_SECONDS};
use resources::jobs::Job;

use crate::{store::Store, view::ObjectTypeView};

/// How often the clock is polled, which tests may set.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

impl Store {
    /// Moves a type to the trash, where it stays for 30 days.
    pub(crate) async fn trash(&self, by: &Member, id_or_slug: &str, if_match: &IfMatch) -> Result<()> {
        self.types.trash(by, id_or_slug, if_match).await?;
        self.wait_for_cache_expiry().await;
        Ok(())
    }

    /// Destroys a type with all its objects, from the trash or past it. A job does it; there is no way back.
    pub(crate) async fn destroy(
        &self,
        by: &Member,
        id_or_slug: &str,
        if_match: &IfMatch,
    ) -> Result<ObjectTypeView> {
        let (before, stored, job) = self
            .types
            .mark_for_purge(by, id_or_slug, if_match, |_| (Job::Destroy, PROPAGATION_SECONDS))
            .await?;
        if let Some(job) = job {
            self.jobs.send(&job).await;
            if !before.is_trashed() {
                self.wait_for_cache_expiry().await;
            }
        }
        self.view(stored, by).await
    }

    /// Waits until no cache of a function has the type as it was before the write that was just made. The time
    /// counts from now: until the write was done, others could still read and cache the old type.
    pub(crate) async fn wait_for_cache_expiry(&self) {
        let since = self.clock.now();
        while self.clock.now() <= since.plus_seconds(CACHE_SECONDS) {
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }
}
