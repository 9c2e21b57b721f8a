//! Background jobs, a bounded slice per message: backfills of objects when their type changes, and purging what
//! was in the trash for its time.

mod backfill;
mod event;
mod object_type;
mod plan;
mod purge;
mod uploads;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use audit::Kind;
use base::{Result, id::ObjectTypeId};
use bucket::Bucket;
use resources::jobs::{Job, JobMessage, JobSubject, Jobs, StoredJob};
use table::Tables;
use table::{Batch, Item, Table, TableQuery, queue::Queue, text};
use upload::References;

pub use event::Event;

/// The most objects of a slice.
const SLICE_OBJECTS: usize = 1_000;
/// The most objects that are read together.
const BATCH: usize = 250;
/// A slice begins nothing more after this time.
const SLICE_TIME: Duration = Duration::from_secs(10);
/// Objects that are worked on at the same time.
const AT_ONCE: usize = 8;

/// The worker that runs jobs.
#[derive(Clone)]
pub struct Worker {
    tables: Tables,
    bucket: Bucket,
    references: References,
    jobs: Jobs,
}

/// The state of a job after a slice.
enum Slice {
    /// There is more to do.
    More,
    /// It is done, or somebody else's.
    Ended,
}

impl Worker {
    /// A worker on these tables and this bucket, with messages by this queue.
    pub fn new(tables: &Tables, bucket: Bucket, queue: Arc<dyn Queue<JobMessage>>) -> Self {
        let (references, jobs) = (References::new(tables), Jobs::new(tables, queue));
        Self { tables: tables.clone(), bucket, references, jobs }
    }

    /// Runs the next slice of a job. It may run twice, or in two workers at once: each write of an object has
    /// its condition, and of the workers that come to the end of a slice only one sends the next message.
    ///
    /// # Errors
    /// When the slice failed and is to be done again.
    pub async fn work(&self, message: &JobMessage) -> Result<()> {
        let Some(job) = self.jobs.get(&message.job).await? else { return Ok(()) };
        if job.seconds_to_wait(self.tables.clock.now()) > 0 {
            self.jobs.send(&job).await;
            return Ok(());
        }
        let mut next = StoredJob { tries: 0, error: None, ..job.clone() };
        match self.slice(&mut next).await {
            Ok(Slice::Ended) => Ok(()),
            Ok(Slice::More) => {
                if self.jobs.checkpoint(&mut next).await? {
                    self.jobs.send(&next).await;
                }
                Ok(())
            }
            Err(error) => {
                let code = error.code.name().to_owned();
                let mut failed = StoredJob { tries: job.tries + 1, error: Some(code), ..job };
                self.jobs.checkpoint(&mut failed).await?;
                Err(error)
            }
        }
    }

    /// Requeues the jobs that have stalled as their messages are lost; after a restart, all jobs.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub async fn requeue_stalled(&self, is_restart: bool) -> Result<()> {
        self.jobs.requeue_stalled(is_restart).await
    }

    async fn slice(&self, job: &mut StoredJob) -> Result<Slice> {
        match (job.job.clone(), object_type(&job.subject)) {
            (Job::Backfill { field }, Some(object_type)) => {
                Box::pin(self.backfill(job, &object_type, &field)).await
            }
            (Job::Destroy, Some(object_type)) => Box::pin(self.destroy_type(job, &object_type)).await,
            (Job::Destroy | Job::Reclaim, None) if job.subject.kind == Kind::Upload => {
                Box::pin(self.remove_upload(job)).await
            }
            (Job::Destroy, None) if job.subject.kind != Kind::ObjectType => {
                Box::pin(self.purge_any(job)).await
            }
            // There is no such job.
            (Job::Backfill { .. } | Job::Destroy, None) | (Job::Reclaim, _) => self.discard(job).await,
        }
    }

    /// Discards a job that nobody needs any more.
    async fn discard(&self, job: &StoredJob) -> Result<Slice> {
        self.tables.workspace.write(StoredJob::removal(&self.tables.workspace, &job.id)).await?;
        Ok(Slice::Ended)
    }
}

/// The object type that a job is about, if it is one.
fn object_type(subject: &JobSubject) -> Option<ObjectTypeId> {
    ObjectTypeId::parse(&subject.id).filter(|_| subject.kind == Kind::ObjectType)
}

/// A scan of a partition, batch by batch, as long as a slice lasts.
struct Scan {
    partition: String,
    started: Instant,
    seen: usize,
    is_at_end: bool,
}

impl Scan {
    fn new(partition: String) -> Self {
        Self { partition, started: Instant::now(), seen: 0, is_at_end: false }
    }

    /// The next objects behind that place; `None` at the end of the slice.
    async fn next(&mut self, objects: &Table, after: Option<Item>) -> Result<Option<Vec<Item>>> {
        if self.is_at_end || self.seen >= SLICE_OBJECTS || self.started.elapsed() >= SLICE_TIME {
            return Ok(None);
        }
        let limit = BATCH.min(SLICE_OBJECTS - self.seen);
        let query = TableQuery::partition(&*self.partition).after(after).limit(limit);
        let Batch { items, next, read } = objects.query_once(&query).await?;
        self.seen += read;
        self.is_at_end = next.is_none();
        Ok(Some(items))
    }
}

/// The sort key of the last of these items.
fn last(items: &[Item]) -> Option<String> {
    text(items.last()?, "sk").map(str::to_owned)
}
