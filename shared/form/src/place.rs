//! Where what was sent with a form lies: in one partition, with the counts and what was seen of tokens.

use base::id::{FormId, SubmissionId};
use table::Key;

/// What the sort keys of submissions begin with.
pub(crate) const SUBMISSION_PREFIX: &str = "SUB#";
/// What those of the marks of submissions that are held begin with.
pub(crate) const HELD_PREFIX: &str = "HELD#";

/// The partition of the submissions of a form.
pub(crate) fn submission_partition(form: &FormId) -> String {
    format!("FORM#{form}")
}

/// The key of a submission.
pub(crate) fn submission_key(form: &FormId, id: &SubmissionId) -> Key {
    Key::new(submission_partition(form), format!("{SUBMISSION_PREFIX}{id}"))
}

/// The key of the mark of a submission that is held.
pub(crate) fn held_key(form: &FormId, id: &SubmissionId) -> Key {
    Key::new(submission_partition(form), format!("{HELD_PREFIX}{id}"))
}

/// The key of what was answered to a submission with this nonce.
pub(crate) fn seen_key(form: &FormId, nonce: &str) -> Key {
    Key::new(submission_partition(form), format!("SEEN#{nonce}"))
}
