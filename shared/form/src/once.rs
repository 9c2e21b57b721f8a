//! Submissions that may be sent again: the same one is answered the same, and another one is refused.

use base::{Code, Error, Result};
use serde::{Deserialize, Serialize};

use crate::Confirmed;

/// What tells a submission that may be sent again from others.
#[derive(Clone, Debug)]
pub struct SentOnce {
    /// What all that are the same have in common.
    pub nonce: String,
    /// The hash of what was sent.
    pub fingerprint: String,
    /// What another one with the same nonce is refused with.
    pub reused: Code,
}

/// What was answered to a submission that may be sent again.
#[derive(Serialize, Deserialize)]
pub(crate) struct SeenSubmission {
    /// What tells the request from another one.
    pub(crate) fingerprint: String,
    /// The answer.
    pub(crate) answer: String,
    pub(crate) expires: i64,
}

impl SentOnce {
    /// What was answered to this, if it is what was sent before.
    pub(crate) fn answer_of(&self, seen: SeenSubmission) -> Result<Confirmed> {
        if seen.fingerprint != self.fingerprint {
            return Err(Error::new(self.reused, "Another submission was sent with this before."));
        }
        Ok(serde_json::from_str(&seen.answer).map_err(anyhow::Error::from)?)
    }
}
