//! How types are thrown away, brought back and destroyed. What hides objects is answered when it holds everywhere.

use std::time::Duration;

use shared::{
    Code, Error, Member, Result, Timestamp,
    extract::IfMatch,
    jobs::{Job, StoredJob, Subject},
    object_type::{CACHE_SECONDS, End, GRACE_SECONDS, StoredObjectType, TRASH_SECONDS, find},
    table::{Attempt, Write, retry},
};

use crate::{shown::ShownType, store::Store};

/// The clock is looked at so often, as it may be one that is set.
const LOOK_EVERY: Duration = Duration::from_millis(100);

impl Store {
    /// Moves a type to the trash, where it stays for 30 days.
    pub(crate) async fn trash(&self, by: &Member, id_or_slug: &str, if_match: &IfMatch) -> Result<()> {
        retry("object type", || async move {
            let mut stored = self.stored(&by.team, id_or_slug, false).await?;
            if_match.check(stored.object_type.version)?;
            let now = self.clock.now();
            let job = destruction(by, &stored, (now, now.plus_seconds(TRASH_SECONDS)));
            stored.trashed_at = Some(now);
            stored.end = Some(End { job: job.id.clone(), is_final: false });
            let mut writes = self.touched(by, &mut stored, now)?;
            writes.push(job.write(&self.workspace)?);
            Attempt::of(self.workspace.transact(writes).await)
        })
        .await?;
        self.hidden().await;
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
            let mut stored = find(&self.workspace, &by.team, id_or_slug).await?;
            if_match.check(stored.object_type.version)?;
            let Some(end) = stored.end.take().filter(|end| !end.is_final) else {
                let detail = "The object type is not in the trash, or is being destroyed.";
                return Err(Error::new(Code::WrongState, detail));
            };
            stored.trashed_at = None;
            let mut writes = self.touched(by, &mut stored, self.clock.now())?;
            writes.push(StoredJob::removal(&self.workspace, &end.job));
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
    ) -> Result<ShownType> {
        let (stored, begun) = retry("object type", || async move {
            let mut stored = find(&self.workspace, &by.team, id_or_slug).await?;
            if_match.check(stored.object_type.version)?;
            if stored.end.as_ref().is_some_and(|end| end.is_final) {
                return Ok(Attempt::Done((stored, None)));
            }
            let now = self.clock.now();
            let job = destruction(by, &stored, (now, now.plus_seconds(GRACE_SECONDS)));
            let before = stored.end.replace(End { job: job.id.clone(), is_final: true });
            let was_visible = stored.trashed_at.is_none();
            stored.trashed_at.get_or_insert(now);
            let mut writes = self.touched(by, &mut stored, now)?;
            writes.push(job.write(&self.workspace)?);
            writes.extend(before.map(|end| StoredJob::removal(&self.workspace, &end.job)));
            Ok(Attempt::of(self.workspace.transact(writes).await)?.with((stored, Some((job, was_visible)))))
        })
        .await?;
        if let Some((job, was_visible)) = begun {
            self.jobs.send(&job).await;
            if was_visible {
                self.hidden().await;
            }
        }
        self.shown(stored, by).await
    }

    /// Waits until no function goes by a type that it has asked for before now. What was written just now counts from now,
    /// as until the write was done others could still ask and find the type as it was.
    pub(crate) async fn hidden(&self) {
        let since = self.clock.now();
        while self.clock.now() <= since.plus_seconds(CACHE_SECONDS) {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// The writes of a type whose state has changed; that of the type itself is the first.
    fn touched(&self, by: &Member, stored: &mut StoredObjectType, now: Timestamp) -> Result<Vec<Write>> {
        stored.object_type.version += 1;
        stored.object_type.updated_at = now;
        stored.actor = by.actor();
        Ok(stored.write(&self.workspace, now)?.into())
    }
}

fn destruction(by: &Member, stored: &StoredObjectType, times: (Timestamp, Timestamp)) -> StoredJob {
    let subject = Subject::ObjectType(stored.object_type.id.clone());
    StoredJob::new((&by.team, subject), Job::Destroy, times, by.actor())
}
