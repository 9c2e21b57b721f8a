//! What an upload is: a file that somebody has sent, what its bytes turned out to be, and which values name it.

mod download;
mod references;
mod scan;

use audit::{AuditEvent, Kind};
use base::{
    Timestamp,
    id::{JobId, UploadId, UserId},
};
use file_types::{Category, Flag, has_variants};
use resources::{
    TRASH_SECONDS,
    resource::{Body, Count, Full, QuotaClaim, Stored},
};
use serde::{Deserialize, Serialize};

pub use download::Download;
pub use references::{References, Referrer};
pub use scan::Scan;

/// An upload as it is stored.
pub type StoredUpload = Stored<Upload>;

/// The most uploads of a team.
pub const UPLOADS_MAX: u64 = 100_000;

/// So long the bytes of an upload may begin to come.
pub const PUT_SECONDS: i64 = 15 * 60;
/// By then they have come: a slow client gets an hour for them.
pub const PUT_OVER_SECONDS: i64 = PUT_SECONDS + 60 * 60;

/// So long the URL for a part lasts; it can be asked for anew.
pub const PART_SECONDS: i64 = 60 * 60;
/// The bytes of each part but the last.
pub const PART_SIZE: u64 = 16 * 1024 * 1024;

/// The most bytes of the files of a team.
pub const STORAGE_MAX: u64 = 100 * 1024 * 1024 * 1024;
/// The most uploads that one person has begun in a team and not sent yet.
pub const WAITING_MAX: u64 = 100;

/// What no value has named yet is kept so long.
const UNNAMED_SECONDS: i64 = 24 * 60 * 60;
/// What no value names any more is kept as long as an object in the trash.
const UNUSED_SECONDS: i64 = TRASH_SECONDS;
/// So much later the bytes go. Whoever has seen an upload in its time may name it a moment later, and of that the stream of
/// the objects tells within 23 hours, or never.
pub const GRACE_SECONDS: i64 = 23 * 60 * 60 + 30 * 60;

/// A file, as it was told of and as it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Upload {
    /// Its name, for people.
    pub filename: String,
    /// Its bytes: as many as were told of, and then as many as are served.
    pub size: u64,
    /// The type that it was told to be of.
    pub declared_content_type: String,
    /// The SHA-256 that it was told to have, or that it had when it was sent, in hex.
    pub sent_sha256: Option<String>,
    /// Where it stands.
    pub status: UploadStatus,
    /// What its bytes are; none before they were looked at.
    pub content: Option<Content>,
    /// Why it was rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Rejection>,
    /// Whether nothing is cut out of a picture.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keep_metadata: bool,
    /// What a scanner for malware has found.
    #[serde(default)]
    pub scan: Scan,
    /// The bytes that count for its team: as many as were told of, as long as it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserved: Option<u64>,
    /// How it is sent, if it is sent in parts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parts: Option<Parts>,
    /// Whether values name it.
    #[serde(default)]
    pub usage: Usage,
    /// The job that removes it when its time is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiry_job: Option<JobId>,
}

/// How a file is sent in parts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parts {
    /// What the bucket calls it.
    pub id: String,
    /// The bytes of the whole.
    pub size: u64,
    /// The bytes of each part but the last.
    pub part_size: u64,
}

impl Parts {
    /// How many there are.
    pub fn count(&self) -> u32 {
        u32::try_from(self.size.div_ceil(self.part_size)).unwrap_or(u32::MAX)
    }

    /// The bytes of a part, of which the first has the number 1.
    pub fn size_of(&self, number: u32) -> u64 {
        let before = u64::from(number.saturating_sub(1)) * self.part_size;
        self.size.saturating_sub(before).min(self.part_size)
    }
}

/// Whether the values of objects name an upload, as far as the stream of the objects has told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Usage {
    /// None has named it yet.
    Never,
    /// Some do, or it is not known.
    #[default]
    Used,
    /// None does any more.
    Unused {
        /// Since when.
        since: Timestamp,
    },
}

/// What the bytes of an upload are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Content {
    /// The type that the bytes have.
    pub content_type: String,
    /// The category that the type is in.
    pub category: Category,
    /// Whether a browser may show it: name and bytes are of a type in which nothing can run.
    pub inline: bool,
    /// The SHA-256 of what is served, in hex.
    pub sha256: String,
    /// What else is to be known before it is opened.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<Flag>,
    /// Of a picture.
    pub width: Option<u32>,
    /// Of a picture.
    pub height: Option<u32>,
    /// Of a picture of which none could be made.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub variants_failed: bool,
}

/// Whether there are smaller pictures of an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Variants {
    /// It is no picture, or a very large one.
    None,
    /// They are made when they are asked for.
    OnDemand,
    /// They could not be made.
    Failed,
}

impl Content {
    /// Whether there are smaller pictures of it.
    pub fn variants(&self) -> Variants {
        match has_variants(&self.content_type, self.width, self.height) {
            true if self.variants_failed => Variants::Failed,
            true => Variants::OnDemand,
            false => Variants::None,
        }
    }
}

/// Where an upload stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UploadStatus {
    /// Its bytes were not sent yet.
    Waiting,
    /// Its bytes are there and are looked at.
    Checking,
    /// It can be used.
    Ready,
    /// It cannot be used; `reason` says why.
    Rejected,
}

/// Why the bytes of an upload were refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rejection {
    /// What the bytes are is not what the name says.
    Mismatch,
    /// It is a picture that is cut off or damaged.
    Damaged,
    /// The SHA-256 of the bytes is not the one that was told.
    Checksum,
}

impl Upload {
    /// Until when it is kept, if no value comes to name it; none while one does.
    pub fn kept_until(&self, created_at: Timestamp) -> Option<Timestamp> {
        match self.usage {
            Usage::Never => Some(created_at.plus_seconds(UNNAMED_SECONDS)),
            Usage::Used => None,
            Usage::Unused { since } => Some(since.plus_seconds(UNUSED_SECONDS)),
        }
    }

    /// Whether its time is over. From then on no value may come to name it.
    pub fn is_over(&self, created_at: Timestamp, now: Timestamp) -> bool {
        self.kept_until(created_at).is_some_and(|until| until <= now)
    }
}

impl Body for Upload {
    type Id = UploadId;
    const KIND: Kind = Kind::Upload;
    const NOUN: &'static str = "upload";
    const PREFIX: &'static str = "UPLOAD#";
    const COUNT: Option<Count> = Some(Count { key: "UPLOADS", max: UPLOADS_MAX, full: Full::Refuse });
    const ENDS_BY_JOB: bool = true;
    const END_REASON: &'static str = "expired";
    const AUDITED: &'static [(&'static str, &'static str)] =
        &[("filename", "Name"), ("size", "Size"), ("status", "Status"), ("reason", "Reason")];

    fn label(&self) -> &str {
        &self.filename
    }

    fn change_event(&self, after: &Self) -> AuditEvent {
        if after.status == UploadStatus::Rejected { AuditEvent::Rejected } else { AuditEvent::Updated }
    }

    fn quota_claims(&self, created_by: &UserId) -> Vec<QuotaClaim> {
        let Some(bytes) = self.reserved else { return Vec::new() };
        let storage = QuotaClaim {
            key: "QUOTA#storage".to_owned(),
            amount: bytes,
            max: STORAGE_MAX,
            refusal: "The files of the team take all of its storage: destroy some that are not needed.",
        };
        let waiting = QuotaClaim {
            key: format!("QUOTA#waiting#{created_by}"),
            amount: 1,
            max: WAITING_MAX,
            refusal: "100 uploads that you have begun wait for their bytes: send them, or delete them.",
        };
        let is_waiting = self.status == UploadStatus::Waiting;
        std::iter::once(storage).chain(is_waiting.then_some(waiting)).collect()
    }
}
