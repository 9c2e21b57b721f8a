//! What a scanner for malware has found. None is installed by default: whoever installs one stores `scan` with the upload, first
//! `pending` and then what it found, and what it has not found clean is neither served nor taken by a field.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether a file was looked at for malware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scan {
    /// No scanner is installed.
    #[default]
    Off,
    /// It was not looked at yet.
    Pending,
    /// Nothing was found.
    Clean,
    /// Malware was found.
    Infected,
    /// The scanner cannot read such a file: it is encrypted, or too large.
    Unsupported,
    /// The scanner could not look at it.
    Failed,
}

impl Scan {
    /// Whether the file is served, and taken by fields.
    pub const fn is_passed(self) -> bool {
        matches!(self, Self::Off | Self::Clean)
    }
}
