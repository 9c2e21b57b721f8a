//! What is kept beside a file that was looked at.

use serde::{Deserialize, Serialize};

use crate::Finding;

/// What came of looking at a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is this.
    Found(Finding),
    /// It is a picture that is cut off or damaged.
    Damaged,
}

/// What is told of a file by whoever has looked at its bytes. It lies beside the file, as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The bytes of what is served.
    pub size: u64,
    /// The SHA-256 of what is served, in hex.
    pub sha256: String,
    /// The SHA-256 of what was sent, in hex.
    pub sent_sha256: String,
    /// What came of it.
    pub verdict: Verdict,
}
