//! Who may remove an upload, and by which job it goes.

use api::Member;
use base::{Permission, Result};
use resources::{jobs::Job, resource::Resource as _};
use upload::{StoredUpload, UploadStatus};

/// The bytes of what is deleted when it was ready go so much later.
const RECLAIM_SECONDS: i64 = 15 * 60;

/// Refuses who may not remove it: one's own goes with `upload`, any other with `object:delete`. Who may neither see nor remove it
/// is not told that it is there.
pub(crate) fn check_removal(by: &Member, upload: &StoredUpload) -> Result<()> {
    let is_own = upload.created_by == by.user;
    if is_own && by.may(Permission::Upload) {
        return Ok(());
    }
    if is_own || by.may(Permission::ObjectRead) || by.may(Permission::ObjectDelete) {
        return by.needs(&[Permission::ObjectDelete]);
    }
    Err(StoredUpload::no_such())
}

/// The job that ends a deleted upload, by how it is when it is marked: since it was read it may have become ready, and a value
/// may name it.
pub(crate) fn deletion(upload: &StoredUpload) -> (Job, i64) {
    match upload.body.status {
        UploadStatus::Ready => (Job::Reclaim, RECLAIM_SECONDS),
        UploadStatus::Waiting | UploadStatus::Checking | UploadStatus::Rejected => (Job::Destroy, 0),
    }
}
