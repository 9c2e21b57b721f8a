//! The trash of object types: moving there and destroying. A request that hides objects is answered when no function
//! shows them any more.

use api::{Member, extract::IfMatch};
use base::Result;
use records::object_type::{PROPAGATION_SECONDS, wait_for_cache_expiry};
use resources::jobs::Job;

use crate::{store::Store, view::ObjectTypeView};

impl Store {
    /// Moves a type to the trash, where it stays for 30 days.
    pub(crate) async fn trash(&self, by: &Member, id_or_slug: &str, if_match: &IfMatch) -> Result<()> {
        self.types.trash(by, id_or_slug, if_match).await?;
        wait_for_cache_expiry(&self.clock).await;
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
                wait_for_cache_expiry(&self.clock).await;
            }
        }
        self.view(stored, by).await
    }
}
