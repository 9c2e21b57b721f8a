//! Removes uploads: those that somebody has removed, those that have not become ready in their time, and those that no value
//! names. They are marked first; the bytes go next, and then what is told of them, so that no bytes are left that nothing leads to.

use base::Result;
use bucket::FileKey;
use resources::{
    jobs::{Job, StoredJob},
    resource::{Resource as _, Resources},
};
use table::applied;
use upload::{Content, GRACE_SECONDS, PUT_OVER_SECONDS, StoredUpload, UploadStatus, Variants};

use crate::{Slice, Worker};

/// After it was marked it is asked once more whether a value names it: so long whoever has just seen it may take.
const ASK_AGAIN_SECONDS: i64 = 60;

impl Worker {
    pub(crate) async fn remove_upload(&self, job: &mut StoredJob) -> Result<Slice> {
        let found = StoredUpload::find(&self.tables.workspace, &job.team, &job.subject.id).await?;
        let Some(upload) = found else { return self.discard(job).await };
        if !upload.state().is_purging() {
            return self.expire_upload(upload, job).await;
        }
        if upload.state().job() != Some(&job.id) {
            return self.discard(job).await;
        }
        if job.job == Job::Destroy {
            return self.end_upload(&upload, job).await;
        }
        if self.references.is_used(&upload.id).await? {
            let is_back = self.references.revive(&upload).await?;
            return Ok(if is_back { Slice::Ended } else { Slice::More });
        }
        // That is stored before the first byte goes: from then on nothing brings it back.
        job.job = Job::Destroy;
        Ok(Slice::More)
    }

    /// Marks an upload whose time is over: from then on nobody makes it ready, and no value comes to name it.
    async fn expire_upload(&self, upload: StoredUpload, job: &mut StoredJob) -> Result<Slice> {
        if upload.body.expiry_job.as_ref() != Some(&job.id) {
            return self.discard(job).await;
        }
        let now = self.tables.clock.now();
        let Some(until) = upload.body.kept_until(upload.created_at) else {
            return self.release_upload(&upload, job).await;
        };
        let is_ready = upload.body.status == UploadStatus::Ready;
        let due = if is_ready { until.plus_seconds(GRACE_SECONDS) } else { until };
        if now < due {
            job.due = due;
            return Ok(Slice::More);
        }
        if self.references.is_used(&upload.id).await? {
            self.references.settle(&upload.team, &upload.id).await?;
        } else if Resources::new(&self.tables).expire(&upload, &job.id).await? {
            job.job = if is_ready { Job::Reclaim } else { Job::Destroy };
            job.due = if is_ready { now.plus_seconds(ASK_AGAIN_SECONDS) } else { now };
        }
        Ok(Slice::More)
    }

    /// Ends the job of an upload that is used: when it is not any more, it gets another one.
    async fn release_upload(&self, upload: &StoredUpload, job: &StoredJob) -> Result<Slice> {
        let workspace = &self.tables.workspace;
        let mut body = upload.body.clone();
        body.expiry_job = None;
        let mut after = upload.clone().with_body(body);
        let mut writes = upload.replacement(&mut after, workspace, self.tables.clock.now())?;
        writes.push(StoredJob::removal(workspace, &job.id));
        if !applied(workspace.transact(writes).await)? {
            return Ok(Slice::More);
        }
        // It may have become unused just before.
        self.references.settle(&upload.team, &upload.id).await?;
        Ok(Slice::Ended)
    }

    async fn end_upload(&self, upload: &StoredUpload, job: &mut StoredJob) -> Result<Slice> {
        let workspace = &self.tables.workspace;
        if let Some(parts) = &upload.body.parts {
            // First of all: from then on no parts become a file.
            self.bucket.abort_parts(&FileKey::upload(&job.team, &upload.id), &parts.id).await?;
        }
        // Whoever has the URL for its bytes may use it still, now that there are none. So they are removed once more, and by
        // the last time nobody could use it any more before they went.
        let over = upload.created_at.plus_seconds(PUT_OVER_SECONDS);
        let is_last_time = self.tables.clock.now() >= over;
        self.remove_bytes(upload).await?;
        if !is_last_time {
            job.due = over;
            return Ok(Slice::More);
        }
        if !self.references.clear(&upload.id).await? {
            return Ok(Slice::More);
        }
        let mut writes = upload.removal(workspace);
        let other = upload.body.expiry_job.iter().filter(|other| **other != job.id);
        writes.extend(other.map(|other| StoredJob::removal(workspace, other)));
        Ok(if applied(workspace.transact(writes).await)? { Slice::Ended } else { Slice::More })
    }

    async fn remove_bytes(&self, StoredUpload { team, id, body, .. }: &StoredUpload) -> Result<()> {
        self.bucket.delete(&FileKey::upload(team, id)).await?;
        self.bucket.delete(&FileKey::finding(team, id)).await?;
        match body.content.as_ref().map(Content::variants) {
            Some(Variants::OnDemand | Variants::Failed) => self.bucket.remove_variants(team, id).await,
            Some(Variants::None) | None => Ok(()),
        }
    }
}
