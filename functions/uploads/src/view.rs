//! What is shown of an upload.

use std::collections::BTreeMap;

use base::{
    Timestamp,
    id::{ObjectId, ObjectTypeId, UploadId, UserId},
    text::Slug,
};
use bucket::SignedUpload;
use file_types::{Category, Flag};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use upload::{
    Content, Parts, Referrer, Rejection, Scan, StoredUpload, Upload, UploadStatus, Usage, Variants,
};

/// An upload.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Upload")]
pub(crate) struct UploadView {
    id: UploadId,
    /// The name of the file.
    filename: String,
    /// Its bytes.
    size: u64,
    /// The type that its bytes have, by which it is served; null before they were looked at.
    content_type: Option<String>,
    /// The type that it was sent with.
    declared_content_type: String,
    /// The category that the type is in.
    category: Option<Category>,
    /// What else is to be known before it is opened.
    flags: Vec<Flag>,
    /// The SHA-256 of what is served, in hex.
    sha256: Option<String>,
    /// The SHA-256 of what was sent, in hex. It is another one where metadata was cut out of a picture.
    original_sha256: Option<String>,
    /// Of a picture, in pixels.
    width: Option<u32>,
    /// Of a picture, in pixels.
    height: Option<u32>,
    /// Whether nothing was cut out of a picture that tells where, when and with what it was taken.
    keep_metadata: bool,
    /// Whether there are smaller pictures of it.
    variants: Variants,
    /// The bytes of each part but the last, of an upload that is sent in parts.
    part_size: Option<u64>,
    /// How many parts there are.
    part_count: Option<u32>,
    /// Where it stands.
    status: Status,
    /// Why it was rejected.
    reason: Option<Rejection>,
    /// Since when no value of an object names it; null while one does.
    unused_since: Option<Timestamp>,
    /// What a scanner for malware has found.
    scan: Scan,
    created_at: Timestamp,
    created_by: UserId,
}

/// Where an upload stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "UploadStatus")]
pub(crate) enum Status {
    /// Its bytes were not sent yet.
    Waiting,
    /// Its bytes are there and are looked at.
    Checking,
    /// It can be used.
    Ready,
    /// It cannot be used; `reason` says why.
    Rejected,
    /// A scanner has found malware in it, or cannot say that there is none.
    Quarantined,
    /// It was unused for its time, and is about to be removed.
    Expired,
}

/// An upload that has begun, and how to send its bytes.
#[derive(Serialize, JsonSchema)]
pub(crate) struct BegunUpload {
    #[serde(flatten)]
    pub(crate) upload: UploadView,
    /// The request that sends the bytes; null if they are sent in parts.
    pub(crate) put: Option<SignedPut>,
}

/// The request that sends the bytes. It goes to the store, not to the API, and without a credential: the URL is one.
#[derive(Serialize, JsonSchema)]
pub(crate) struct SignedPut {
    /// Where to send them.
    pub(crate) url: String,
    /// `PUT`.
    pub(crate) method: &'static str,
    /// The headers to send, each just so.
    pub(crate) headers: BTreeMap<String, String>,
    /// When the URL ends.
    pub(crate) expires_at: Timestamp,
}

impl SignedPut {
    pub(crate) fn new(signed: SignedUpload, expires_at: Timestamp) -> Self {
        let SignedUpload { url, headers } = signed;
        Self { url, method: "PUT", headers, expires_at }
    }
}

/// The requests that send parts.
#[derive(Serialize, JsonSchema)]
pub(crate) struct SignedParts {
    pub(crate) parts: Vec<SignedPart>,
}

/// The request that sends a part.
#[derive(Serialize, JsonSchema)]
pub(crate) struct SignedPart {
    /// The place of the part, from 1 on.
    pub(crate) number: u32,
    /// The tag of what was sent already for this part; null if nothing was.
    pub(crate) etag: Option<String>,
    #[serde(flatten)]
    pub(crate) put: SignedPut,
}

/// A value of an object that names an upload, also one in the trash.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "UploadReference")]
pub(crate) struct ReferenceView {
    /// The id of the object's type.
    object_type: ObjectTypeId,
    /// The id of the object.
    object: ObjectId,
    /// The field whose value it is.
    field: Slug,
}

impl ReferenceView {
    pub(crate) fn of(Referrer { object_type, object, field, team: _, version: _ }: Referrer) -> Self {
        Self { object_type, object, field }
    }
}

/// Whether no value names an upload, as a parameter says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Unused {
    True,
    False,
}

/// How the list is narrowed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UploadFilter {
    /// Those that stand there.
    status: Option<Status>,
    /// Those of a category.
    category: Option<Category>,
    /// `true` lists those that no value of an object names, `false` those that one names.
    unused: Option<Unused>,
}

impl UploadFilter {
    /// Whether the list has it.
    pub(crate) fn matches(&self, upload: &StoredUpload, now: Timestamp) -> bool {
        let category = upload.body.content.as_ref().map(|content| content.category);
        self.status.is_none_or(|status| status == Status::of(upload, now))
            && (self.category.is_none() || self.category == category)
            && self.unused.is_none_or(|unused| (unused == Unused::True) == (upload.body.usage != Usage::Used))
    }
}

impl Status {
    /// Where the upload stands by then.
    pub(crate) fn of(upload: &StoredUpload, now: Timestamp) -> Self {
        match upload.body.status {
            _ if upload.body.is_over(upload.created_at, now) => Self::Expired,
            UploadStatus::Waiting => Self::Waiting,
            UploadStatus::Checking => Self::Checking,
            UploadStatus::Ready => match upload.body.scan {
                Scan::Off | Scan::Clean => Self::Ready,
                Scan::Pending => Self::Checking,
                Scan::Infected | Scan::Unsupported | Scan::Failed => Self::Quarantined,
            },
            UploadStatus::Rejected => Self::Rejected,
        }
    }
}

impl UploadView {
    /// The upload as it is by then.
    pub(crate) fn of(stored: StoredUpload, now: Timestamp) -> Self {
        let status = Status::of(&stored, now);
        let StoredUpload { id, body, created_at, created_by, .. } = stored;
        let unused_since = match body.usage {
            Usage::Never => Some(created_at),
            Usage::Used => None,
            Usage::Unused { since } => Some(since),
        };
        let Upload {
            filename,
            size,
            declared_content_type,
            sent_sha256,
            content,
            reason,
            keep_metadata,
            scan,
            parts,
            ..
        } = body;
        let variants = content.as_ref().map_or(Variants::None, Content::variants);
        let (content_type, category, sha256, flags, width, height) = match content {
            Some(Content { content_type, category, sha256, flags, width, height, .. }) => {
                (Some(content_type), Some(category), Some(sha256), flags, width, height)
            }
            None => (None, None, None, Vec::new(), None, None),
        };
        Self {
            id,
            filename,
            size,
            content_type,
            declared_content_type,
            category,
            flags,
            sha256,
            original_sha256: sent_sha256,
            width,
            height,
            keep_metadata,
            variants,
            status,
            reason,
            unused_since,
            part_size: parts.as_ref().map(|parts| parts.part_size),
            part_count: parts.as_ref().map(Parts::count),
            scan,
            created_at,
            created_by,
        }
    }
}
