//! The trash of object types: moving there, restoring, destroying. A request that hides objects is answered
//! when no function shows them any more.

use std::time::Duration;

use api::{Member, extract::IfMatch};
use base::{Code, Error, Result, Timestamp};
use records::object_type::{CACHE_SECONDS, Deletion, PROPAGATION_SECONDS, StoredObjectType};
use resources::TRASH_SECONDS;
use resources::jobs::{Job, JobSubject, StoredJob};
use table::{Attempt, Write, retry};

use crate::{store::Store, view::ObjectTypeView};

/// How often the clock is polled, which tests may set.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

impl Store {
    /// Moves a type to the trash, where it stays for 30 days.
    pub(crate) async fn trash(&self, by: &Member, id_or_slug: &str, if_match: &IfMatch) -> Result<()> {
        retry("object type", || async move {
            let mut stored = self.stored(&by.team, id_or_slug, false).await?;
            if_match.check(stored.object_type.version)?;
            let now = self.clock.now();
            let job = destroy_job(by, &stored, (now, now.plus_seconds(TRASH_SECONDS)));
            stored.trashed_at = Some(now);
            stored.deletion = Some(Deletion { job: job.id.clone(), is_irreversible: false });
            let mut writes = self.state_change(by, &mut stored, now)?;
            writes.push(job.write(&self.workspace)?);
            Attempt::of(self.workspace.transact(writes).await)
        })
        .await?;
        self.wait_for_cache_expiry().await;
        Ok(())
    }

    /// Brings a type back with all its objects.
    pub(crate) async fn restore(
        &self,
        by: &Member,
        id_or_slug: &str,
        if_match: &IfMatch,
    ) -> Result<StoredObjectType> {
        retry("object type", || async move {
            let mut stored = self.find(&by.team, id_or_slug).await?;
            if_match.check(stored.object_type.version)?;
            let Some(deletion) = stored.deletion.take().filter(|deletion| !deletion.is_irreversible) else {
                let detail = "The object type is not in the trash, or is being destroyed.";
                return Err(Error::new(Code::WrongState, detail));
            };
            stored.trashed_at = None;
            let mut writes = self.state_change(by, &mut stored, self.clock.now())?;
            writes.push(StoredJob::removal(&self.workspace, &deletion.job));
            Ok(Attempt::of(self.workspace.transact(writes).await)?.with(stored))
        })
        .await
    }

    /// Destroys a type with all its objects, from the trash or past it. A job does it; there is no way back.
    pub(crate) async fn destroy(
        &self,
        by: &Member,
        id_or_slug: &str,
        if_match: &IfMatch,
    ) -> Result<ObjectTypeView> {
        let (stored, started) = retry("object type", || async move {
            let mut stored = self.find(&by.team, id_or_slug).await?;
            if_match.check(stored.object_type.version)?;
            if stored.deletion.as_ref().is_some_and(|deletion| deletion.is_irreversible) {
                return Ok(Attempt::Done((stored, None)));
            }
            let now = self.clock.now();
            let job = destroy_job(by, &stored, (now, now.plus_seconds(PROPAGATION_SECONDS)));
            let before = stored.deletion.replace(Deletion { job: job.id.clone(), is_irreversible: true });
            let was_visible = stored.trashed_at.is_none();
            stored.trashed_at.get_or_insert(now);
            let mut writes = self.state_change(by, &mut stored, now)?;
            writes.push(job.write(&self.workspace)?);
            writes.extend(before.map(|deletion| StoredJob::removal(&self.workspace, &deletion.job)));
            Ok(Attempt::of(self.workspace.transact(writes).await)?.with((stored, Some((job, was_visible)))))
        })
        .await?;
        if let Some((job, was_visible)) = started {
            self.jobs.send(&job).await;
            if was_visible {
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

    /// The writes that change the state of a type; that of the type itself is the first.
    fn state_change(&self, by: &Member, stored: &mut StoredObjectType, now: Timestamp) -> Result<Vec<Write>> {
        stored.object_type.version += 1;
        stored.object_type.updated_at = now;
        stored.actor = by.actor();
        Ok(stored.write(&self.workspace, now)?.into())
    }
}

fn destroy_job(by: &Member, stored: &StoredObjectType, times: (Timestamp, Timestamp)) -> StoredJob {
    let subject = JobSubject::ObjectType(stored.object_type.id.clone());
    StoredJob::new((&by.team, subject), Job::Destroy, times, by.actor())
}
