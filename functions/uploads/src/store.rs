//! Storage of uploads: what is told of them in their team's partition, and their bytes in the bucket.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use api::{
    Member,
    extract::{IfMatch, Page},
};
use audit::Kind;
use base::{
    Code, Error, Permission, Result, Timestamp,
    id::{TeamId, UploadId},
    rate_limit::{Allowance, RateLimit},
};
use bucket::{Bucket, FileKey, NewFile, SignedUpload};
use file_types::Report;
use resources::{
    jobs::{Job, JobMessage, JobSubject, Jobs, StoredJob},
    resource::{Resource as _, Resources, Stored},
    workspace_partition,
};
use table::{Item, TableQuery, Tables, applied, limiter::Limiter, queue::Queue};
use upload::{PART_SIZE, PUT_SECONDS, Parts, References, StoredUpload, Upload, UploadStatus};

use crate::{
    input::Announced,
    removal::deletion,
    settle::settled,
    view::{Status, UploadFilter},
};

/// So long the URL for the bytes lasts.
const PUT_LIFE: Duration = Duration::from_secs(PUT_SECONDS.unsigned_abs());
/// A person may begin so many uploads with one credential.
const RATE: RateLimit = RateLimit { limit: 1_000, window_seconds: 60 * 60 };
/// So often it is looked whether the bytes were looked at, before `complete` answers that they are not yet.
pub(crate) const LOOKS_MAX: usize = 25;
pub(crate) const LOOK_INTERVAL: Duration = Duration::from_millis(200);
/// A page of the list reads so many times at most, if it finds little that it may show.
const READS_MAX: usize = 10;

/// The uploads.
#[derive(Clone)]
pub struct Store {
    pub(crate) uploads: Resources<StoredUpload>,
    pub(crate) references: References,
    jobs: Jobs,
    limiter: Limiter,
    pub(crate) bucket: Bucket,
}

impl Store {
    /// The uploads of these tables and this bucket, with messages about jobs by this queue.
    pub fn new(tables: &Tables, bucket: Bucket, queue: Arc<dyn Queue<JobMessage>>) -> Self {
        let (uploads, references) = (Resources::new(tables), References::new(tables));
        let (jobs, limiter) = (Jobs::new(tables, queue), Limiter::new(tables));
        Self { uploads, references, jobs, limiter, bucket }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.uploads.now()
    }

    /// Stores that a file is to come, with the job that removes it if it does not, and signs the URL for its bytes.
    pub(crate) async fn begin(
        &self,
        by: &Member,
        announced: Announced,
    ) -> Result<(StoredUpload, Option<SignedUpload>)> {
        let (of, subject) = match &by.token {
            Some(token) => ("token", token.as_str()),
            None => ("user", by.user.as_str()),
        };
        let spent = self.limiter.spend(of, &format!("{subject}#uploads"), RATE, 1).await?;
        if let Allowance::Exceeded(budget) = spent {
            return Err(Error::too_many("uploads", budget));
        }
        let Announced { upload, sha256, in_parts } = announced;
        let mut new = Stored::new(by, upload, self.now());
        let subject = JobSubject::new(Kind::Upload, new.id.as_str());
        let until = new.body.kept_until(new.created_at).context("a new upload has no end")?;
        let times = (new.created_at, until);
        let job = StoredJob::new((&by.team, subject), Job::Reclaim, times, by.actor());
        // A job without its upload ends by itself; an upload without its job would stay.
        let workspace = &self.uploads.tables.workspace;
        applied(workspace.transact(vec![job.write(workspace)?]).await)?;
        new.body.expiry_job = Some(job.id.clone());
        let key = FileKey::upload(&by.team, &new.id);
        if in_parts {
            let id = self
                .bucket
                .begin_parts(&key, &new.body.declared_content_type, new.body.keep_metadata)
                .await?;
            new.body.parts = Some(Parts { id, size: new.body.size, part_size: PART_SIZE });
        }
        if let Err(error) = self.uploads.create(by, &new).await {
            // What the bucket has begun ends by itself, but sooner is better.
            if let Some(parts) = &new.body.parts {
                self.bucket.abort_parts(&key, &parts.id).await?;
            }
            return Err(error);
        }
        if in_parts {
            return Ok((new, None));
        }
        let file = NewFile {
            size: new.body.size,
            content_type: &new.body.declared_content_type,
            sha256: sha256.as_deref(),
            keep_metadata: new.body.keep_metadata,
        };
        let signed = self.bucket.sign_put(&key, file, PUT_LIFE).await?;
        Ok((new, Some(signed)))
    }

    /// One page of those that the caller may see, the latest first: all, or with `upload` alone one's own.
    pub(crate) async fn list(
        &self,
        by: &Member,
        page: &Page<UploadFilter>,
    ) -> Result<(Vec<StoredUpload>, Option<Item>)> {
        let (mut shown, mut after) = (Vec::new(), page.after.clone());
        for _ in 0..READS_MAX {
            let query = TableQuery::partition(workspace_partition(&by.team)).prefix(StoredUpload::PREFIX);
            let query = query.latest_first().after(after.take()).limit(page.limit - shown.len());
            let found = self.uploads.tables.workspace.query(query).await?;
            for item in &found.items {
                let upload = StoredUpload::from_item(item)?;
                let is_there = !upload.is_gone(self.now());
                if is_there && is_shown(by, &upload) && page.filter.matches(&upload, self.now()) {
                    shown.push(upload);
                }
            }
            after = found.next;
            if after.is_none() || shown.len() == page.limit {
                break;
            }
        }
        Ok((shown, after))
    }

    /// The upload, as far as it was looked at by now.
    pub(crate) async fn read(&self, by: &Member, id: &UploadId) -> Result<StoredUpload> {
        self.settle(self.find(by, id).await?).await
    }

    /// The same, when the bytes were sent. It waits a moment for what is found in them.
    pub(crate) async fn complete(&self, by: &Member, id: &UploadId) -> Result<StoredUpload> {
        let mut upload = self.own(by, id).await?;
        for look in 0..LOOKS_MAX {
            upload = self.settle(upload).await?;
            if is_settled(&upload) {
                return Ok(upload);
            }
            if look == 0 {
                upload = self.mark_sent(upload).await?;
            }
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
        Ok(upload)
    }

    /// An upload whose content may be fetched.
    pub(crate) async fn ready(&self, by: &Member, id: &UploadId) -> Result<StoredUpload> {
        let upload = self.read(by, id).await?;
        match Status::of(&upload, self.now()) {
            Status::Ready => Ok(upload),
            Status::Waiting => Err(wrong_state("The bytes of the upload were not sent yet.")),
            Status::Checking => Err(wrong_state("The bytes are being looked at: try again in a moment.")),
            Status::Quarantined => Err(wrong_state(
                "The scanner for malware has not found the upload clean: its content is not served.",
            )),
            Status::Rejected => Err(wrong_state("The upload was rejected.")),
            Status::Expired => {
                Err(wrong_state("Nothing has used the upload in its time: send the file anew."))
            }
        }
    }

    /// Removes an upload that no value names: it is gone at once, and its bytes with the job. That comes when the relay has told of
    /// what was being written meanwhile: then a value may name it all the same.
    pub(crate) async fn delete(&self, by: &Member, upload: &StoredUpload, if_match: &IfMatch) -> Result<()> {
        let in_use = "Objects use this upload: take it out of their fields first, or destroy it with /force.";
        if self.references.is_used(&upload.id).await? {
            return Err(wrong_state(in_use));
        }
        let marked = self.remove(by, &upload.id, if_match, deletion).await?;
        // The relay may have told of an object between the two, and did not see the mark.
        let is_back = self.references.is_used(&upload.id).await? && self.references.revive(&marked).await?;
        if is_back { Err(wrong_state(in_use)) } else { Ok(()) }
    }

    /// Removes an upload for good, whatever names it: it is gone at once, and its bytes with the job.
    pub(crate) async fn destroy(&self, by: &Member, id: &UploadId, if_match: &IfMatch) -> Result<()> {
        self.remove(by, id, if_match, |_| (Job::Destroy, 0)).await.map(drop)
    }

    /// Marks it for that job, and gives it as it is then.
    async fn remove(
        &self,
        by: &Member,
        id: &UploadId,
        if_match: &IfMatch,
        job: impl Fn(&StoredUpload) -> (Job, i64),
    ) -> Result<StoredUpload> {
        let (_, marked, job) = self.uploads.mark_for_purge(by, id.as_str(), if_match, job).await?;
        if let Some(job) = job {
            self.jobs.send(&job).await;
        }
        Ok(marked)
    }

    /// The upload, whoever may see it.
    pub(crate) async fn stored(&self, by: &Member, id: &UploadId) -> Result<StoredUpload> {
        self.uploads.find(&by.team, id.as_str()).await
    }

    /// The upload, if the caller may know that it is there.
    async fn find(&self, by: &Member, id: &UploadId) -> Result<StoredUpload> {
        let found = self.stored(by, id).await?;
        if is_shown(by, &found) { Ok(found) } else { Err(StoredUpload::no_such()) }
    }

    /// The upload, if the caller has begun it.
    pub(crate) async fn own(&self, by: &Member, id: &UploadId) -> Result<StoredUpload> {
        let found = self.find(by, id).await?;
        if found.created_by == by.user { Ok(found) } else { Err(StoredUpload::no_such()) }
    }

    /// Stores that the bytes are there.
    async fn mark_sent(&self, upload: StoredUpload) -> Result<StoredUpload> {
        if upload.body.status != UploadStatus::Waiting {
            return Ok(upload);
        }
        if let Some(parts) = &upload.body.parts {
            self.join_parts(&upload, parts).await?;
        }
        let key = FileKey::upload(&upload.team, &upload.id);
        if self.bucket.head(&key).await?.is_none() {
            return Err(wrong_state("The bytes were not sent yet: send them to the URL of `put` first."));
        }
        let body = Upload { status: UploadStatus::Checking, ..upload.body.clone() };
        self.write(upload, body).await
    }

    /// The upload with what was found in its bytes, as far as that is there by now.
    async fn settle(&self, upload: StoredUpload) -> Result<StoredUpload> {
        if is_settled(&upload) {
            return Ok(upload);
        }
        let Some(report) = self.report(&upload.team, &upload.id).await? else { return Ok(upload) };
        let body = settled(upload.body.clone(), report);
        self.write(upload, body).await
    }

    async fn report(&self, team: &TeamId, id: &UploadId) -> Result<Option<Report>> {
        let Some(bytes) = self.bucket.get(&FileKey::finding(team, id)).await? else { return Ok(None) };
        Ok(serde_json::from_slice(&bytes).map_err(anyhow::Error::from)?)
    }

    /// Stores what has become of an upload, as a change by whoever sent it. Another caller may have come before: then what that
    /// one stored counts.
    async fn write(&self, before: StoredUpload, body: Upload) -> Result<StoredUpload> {
        let workspace = &self.uploads.tables.workspace;
        let mut after = before.clone().with_body(body);
        after.touch(before.actor.clone(), self.now());
        let writes = before.replacement(&mut after, workspace, self.now())?;
        if applied(workspace.transact(writes).await)? {
            return Ok(after);
        }
        self.uploads.find(&before.team, before.id.as_str()).await
    }
}

/// Whether its bytes were looked at, so that nothing more becomes of it.
fn is_settled(upload: &StoredUpload) -> bool {
    matches!(upload.body.status, UploadStatus::Ready | UploadStatus::Rejected)
}

/// Whether the caller may know of it.
fn is_shown(by: &Member, upload: &StoredUpload) -> bool {
    by.may(Permission::ObjectRead) || upload.created_by == by.user
}

pub(crate) fn wrong_state(detail: &str) -> Error {
    Error::new(Code::WrongState, detail)
}
