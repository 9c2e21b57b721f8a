//! Removes uploads: those that somebody has removed, and those that have not become ready in their time. The bytes go first, and
//! then what is told of them, so that no bytes are left that nothing leads to.

use base::{Result, id::UploadId};
use bucket::FileKey;
use registry::{PUT_OVER_SECONDS, StoredUpload, UploadStatus};
use resources::{
    jobs::StoredJob,
    resource::{Resource as _, Resources},
};
use table::applied;

use crate::{Slice, Worker};

impl Worker {
    pub(crate) async fn remove_upload(&self, job: &mut StoredJob) -> Result<Slice> {
        let workspace = &self.tables.workspace;
        let found = StoredUpload::find(workspace, &job.team, &job.subject.id).await?;
        let Some(upload) = found else { return self.discard(job).await };
        if !upload.state().is_purging() {
            let is_mine = upload.body.expiry_job.as_ref() == Some(&job.id);
            if !is_mine || upload.body.status == UploadStatus::Ready {
                return self.discard(job).await;
            }
            // It is marked first: from then on nobody makes it ready. If somebody just did, the next slice finds out.
            Resources::new(&self.tables).expire(&upload, &job.id).await?;
            return Ok(Slice::More);
        }
        if upload.state().job() != Some(&job.id) {
            return self.discard(job).await;
        }
        self.remove_bytes(&upload.id, job).await?;
        // Whoever has the URL for its bytes may use it still, now that there are none. So they are removed once more.
        let over = upload.created_at.plus_seconds(PUT_OVER_SECONDS);
        if self.tables.clock.now() < over {
            job.due = over;
            return Ok(Slice::More);
        }
        let mut writes = upload.removal(workspace);
        writes.extend(
            upload
                .body
                .expiry_job
                .iter()
                .filter(|other| **other != job.id)
                .map(|other| StoredJob::removal(workspace, other)),
        );
        Ok(if applied(workspace.transact(writes).await)? { Slice::Ended } else { Slice::More })
    }

    async fn remove_bytes(&self, id: &UploadId, job: &StoredJob) -> Result<()> {
        self.bucket.delete(&FileKey::upload(&job.team, id)).await?;
        self.bucket.delete(&FileKey::finding(&job.team, id)).await
    }
}
