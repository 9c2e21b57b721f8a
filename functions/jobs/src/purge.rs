//! Purges a resource whose time in the trash is over.

use base::Result;
use resources::{
    jobs::StoredJob,
    resource::{Resource, Resources},
};

use crate::{Slice, Worker};

impl Worker {
    /// Purges a resource of whatever kind.
    pub(crate) async fn purge_any(&self, job: &StoredJob) -> Result<Slice> {
        macro_rules! of_kinds {
            ($($resource:ty,)+) => { $(if job.subject.kind == <$resource>::KIND {
                return self.purge::<$resource>(job).await;
            })+ };
        }
        registry::for_each_resource!(of_kinds);
        // Another version of this function may know it: the job stays.
        Err(anyhow::anyhow!("there is no resource of the kind {}", job.subject.kind.name()).into())
    }

    async fn purge<R: Resource>(&self, job: &StoredJob) -> Result<Slice> {
        let found = R::find(&self.tables.workspace, &job.team, &job.subject.id).await?;
        let is_mine = |resource: &R| resource.state().job() == Some(&job.id);
        let Some(resource) = found.filter(is_mine) else { return self.discard(job).await };
        let is_purged = Resources::<R>::new(&self.tables).purge(resource).await?;
        Ok(if is_purged { Slice::Ended } else { Slice::More })
    }
}
