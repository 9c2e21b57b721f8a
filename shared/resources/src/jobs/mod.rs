//! Background jobs: what is to be done, how far it is, and the queue that keeps them going.

mod subject;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use base::{
    actor::Actor,
    clock::Clock,
    error::Result,
    id::{JobId, ObjectId, TeamId},
    text::Slug,
    timestamp::Timestamp,
};
use table::Tables;
use table::{
    Condition, Item, Key, Table, TableQuery, Write, applied_as,
    config::Config,
    decode,
    queue::{Message, Order, Queue, Sqs},
};

/// The partition of all jobs that are not done.
const PARTITION: &str = "JOBS";
pub use subject::JobSubject;

/// The longest that a message waits in a queue; for a job that is due later it is sent again.
const DELAY_SECONDS_MAX: i64 = 15 * 60;
/// A job without progress for so long, though it is due, has stalled: its message is lost.
const STALLED_SECONDS: i64 = 5 * 60;
/// A job that has failed so often in one place is told as failed. It is tried again all the same.
const TRIES_MAX: u64 = 5;
/// So many are read together when all are looked through: most of them are to end what is in the trash, and wait.
const STALLED_BATCH: usize = 1_000;
/// Findings name so many objects at the most.
const OBJECTS_MAX: usize = 20;

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Job {
    /// Every object of a type is brought in line with a field that has changed.
    #[serde(rename = "settle")]
    Backfill {
        /// The field.
        field: Slug,
    },
    /// The subject is destroyed: a type with all its objects.
    Destroy,
    /// The subject is removed if nothing has come to need it.
    Reclaim,
}

/// A job, and how far it is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StoredJob {
    /// Its id.
    pub id: JobId,
    /// The team it works for.
    pub team: TeamId,
    /// What it is about, under its name.
    #[serde(flatten)]
    pub subject: JobSubject,
    /// What is to be done.
    pub job: Job,
    /// When it begins.
    pub due: Timestamp,
    /// The object that it has come to.
    pub after: Option<String>,
    /// How many objects are done.
    pub done: u64,
    /// Objects that share a value which must be unique.
    pub duplicates: Findings,
    /// Objects that break the rules of the field.
    pub contradictions: Findings,
    /// Objects with no room for what an index takes.
    #[serde(default)]
    pub too_large: Findings,
    /// Grows by one with each slice, so that of two workers on the same slice only one goes on.
    pub step: u64,
    /// How often the present slice has failed.
    pub tries: u64,
    /// Why it failed: the code of the error.
    pub error: Option<String>,
    /// When it last made progress.
    #[serde(rename = "moved_at")]
    pub last_progress_at: Timestamp,
    /// Who made the change that it follows from.
    pub actor: Actor,
}

/// What was found: how many objects, and some of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Findings {
    /// How many.
    pub count: u64,
    /// Some of them, each once.
    pub objects: Vec<ObjectId>,
}

impl Findings {
    /// One more, with the objects that it is about.
    pub fn add(&mut self, objects: impl IntoIterator<Item = ObjectId>) {
        self.count += 1;
        for object in objects {
            if self.objects.len() < OBJECTS_MAX && !self.objects.contains(&object) {
                self.objects.push(object);
            }
        }
    }
}

impl StoredJob {
    /// A job that begins at that moment.
    pub fn new(
        (team, subject): (&TeamId, JobSubject),
        job: Job,
        (now, due): (Timestamp, Timestamp),
        actor: Actor,
    ) -> Self {
        Self {
            id: JobId::new(),
            team: team.clone(),
            subject,
            job,
            due,
            after: None,
            done: 0,
            duplicates: Findings::default(),
            contradictions: Findings::default(),
            too_large: Findings::default(),
            step: 0,
            tries: 0,
            error: None,
            last_progress_at: now,
            actor,
        }
    }

    /// The write that makes it, to go with the change that it follows from.
    ///
    /// # Errors
    /// 500: a job can always be written.
    pub fn write(&self, workspace: &Table) -> Result<Write> {
        Ok(workspace.put(key(&self.id), self)?.when(Condition::ItemMissing))
    }

    /// The write that ends a job which would remove its subject if nothing needed it, as long as it has not come to that.
    pub fn reprieve(workspace: &Table, id: &JobId) -> Write {
        workspace.delete(key(id)).when(Condition::is_text("job", "reclaim"))
    }

    /// The write that ends a job.
    pub fn removal(workspace: &Table, id: &JobId) -> Write {
        workspace.delete(key(id))
    }

    /// Whether it fails again and again in one place.
    pub fn is_failing(&self) -> bool {
        self.tries >= TRIES_MAX
    }

    /// How long it has to wait yet.
    pub fn seconds_to_wait(&self, now: Timestamp) -> i64 {
        // Rounded up: a message that is too early is only sent again.
        ((self.due.millis() - now.millis()).max(0) + 999) / 1_000
    }
}

/// A message about a job: it is time to look at it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobMessage {
    /// The job.
    pub job: JobId,
}

impl Message for JobMessage {
    /// Each job is for itself: the messages of one are few, and its slices short.
    fn group(&self) -> Option<&str> {
        Some(self.job.as_str())
    }
}

/// The queue `JOB_QUEUE_URL`, of jobs that are due.
///
/// # Errors
/// When the environment names none, or lacks what the client needs.
pub fn job_queue(config: &Config) -> anyhow::Result<Sqs<JobMessage>> {
    Sqs::new(config, ("JOB_QUEUE_URL", &config.job_queue_url), Order::Fair)
}

/// The jobs that are not done. The item of a job counts; a message only says that it is time to look at it.
#[derive(Clone)]
pub struct Jobs {
    workspace: Table,
    clock: Clock,
    queue: Arc<dyn Queue<JobMessage>>,
}

impl Jobs {
    /// The jobs in these tables, with messages by this queue.
    pub fn new(tables: &Tables, queue: Arc<dyn Queue<JobMessage>>) -> Self {
        let Tables { workspace, clock, .. } = tables.clone();
        Self { workspace, clock, queue }
    }

    /// Sends the next message about a job. If that fails the job is not lost: [`Jobs::requeue_stalled`] finds
    /// it.
    pub async fn send(&self, job: &StoredJob) {
        let delay = job.seconds_to_wait(self.clock.now()).min(DELAY_SECONDS_MAX);
        if let Err(cause) = self.queue.send(JobMessage { job: job.id.clone() }, delay).await {
            tracing::warn!(
                job = job.id.as_str(),
                cause = format!("{cause:#}"),
                "a message could not be sent"
            );
        }
    }

    /// The job, if it is not done.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub async fn get(&self, id: &JobId) -> Result<Option<StoredJob>> {
        self.workspace.get(key(id)).await?.map(decode).transpose()
    }

    /// Those of these jobs that are not done.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub async fn get_many(&self, ids: &[&JobId]) -> Result<Vec<StoredJob>> {
        let items = self.workspace.get_many(ids.iter().map(|id| key(id)).collect()).await?;
        items.into_iter().map(decode).collect()
    }

    /// Stores how far a job has come, unless another worker has advanced or ended it since it was read.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub async fn checkpoint(&self, job: &mut StoredJob) -> Result<bool> {
        let is_unchanged = Condition::is_number("step", job.step);
        job.step += 1;
        job.last_progress_at = self.clock.now();
        let write = self.workspace.put(key(&job.id), job)?.when(is_unchanged);
        applied_as(self.workspace.write(write).await, job)
    }

    /// Sends a message about every job that has stalled; after a restart, about every job that is due soon.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub async fn requeue_stalled(&self, is_restart: bool) -> Result<()> {
        let mut after: Option<Item> = None;
        loop {
            let query = TableQuery::partition(PARTITION).after(after.take()).limit(STALLED_BATCH);
            let page = self.workspace.query(query).await?;
            for item in page.items {
                // Another version may have written it: it is told, left, and in nobody's way.
                let job = match decode::<StoredJob>(item) {
                    Ok(job) => job,
                    Err(error) => {
                        tracing::error!(cause = format!("{error:?}"), "a stored job cannot be read");
                        continue;
                    }
                };
                let now = self.clock.now();
                let is_near = job.seconds_to_wait(now) <= DELAY_SECONDS_MAX;
                let idle = now.seconds() - job.last_progress_at.max(job.due).seconds();
                if (is_restart && is_near) || idle >= STALLED_SECONDS {
                    self.send(&job).await;
                }
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(()),
            }
        }
    }
}

fn key(id: &JobId) -> Key {
    Key::new(PARTITION, id.as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use audit::Kind;
    use base::id::ObjectTypeId;
    use table::text;

    #[test]
    fn findings_name_some_objects_and_count_all() {
        let mut findings = Findings::default();
        let first = ObjectId::new();
        for _ in 0..30 {
            findings.add([first.clone(), ObjectId::new()]);
        }
        assert_eq!((findings.count, findings.objects.len()), (30, OBJECTS_MAX));
        assert_eq!(findings.objects.iter().filter(|object| **object == first).count(), 1);
    }

    #[test]
    fn a_job_is_kept_with_the_id_of_its_subject() {
        let (id, actor) = (
            ObjectTypeId::new(),
            json!({"user": "usr_0000000000000000000001", "credential": "session",
            "token": null, "ip": "", "source": "app", "request_id": ""}),
        );
        let (now, actor) = (Timestamp::from_millis(0).unwrap(), serde_json::from_value(actor).unwrap());
        let subject = JobSubject::new(Kind::ObjectType, id.as_str());
        let job = StoredJob::new((&TeamId::new(), subject.clone()), Job::Destroy, (now, now), actor);
        let item: Item = serde_dynamo::to_item(&job).unwrap();
        assert_eq!((text(&item, "object_type"), text(&item, "job")), (Some(id.as_str()), Some("destroy")));
        let read: StoredJob = decode(item).unwrap();
        assert_eq!((read.id, read.subject, read.job), (job.id, subject, Job::Destroy));
    }

    #[test]
    fn a_message_is_a_small_text() {
        let message = JobMessage { job: JobId::new() };
        let text = serde_json::to_string(&message).unwrap();
        assert_eq!(serde_json::from_str::<JobMessage>(&text).unwrap(), message);
    }
}
