//! What is shown of an upload.

use std::collections::BTreeMap;

use base::{
    Timestamp,
    id::{UploadId, UserId},
};
use file_types::{Category, Flag};
use registry::{Content, Rejection, StoredUpload, Upload, UploadStatus};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
    /// Where it stands.
    status: UploadStatus,
    /// Why it was rejected.
    reason: Option<Rejection>,
    /// Whether it was looked for malware.
    scan: Scan,
    created_at: Timestamp,
    created_by: UserId,
}

/// Whether a file was looked at for malware.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Scan {
    /// No scanner is installed.
    Off,
}

/// An upload that has begun, and how to send its bytes.
#[derive(Serialize, JsonSchema)]
pub(crate) struct BegunUpload {
    #[serde(flatten)]
    pub(crate) upload: UploadView,
    pub(crate) put: SignedPut,
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

/// A URL of the content, for who has it, as long as it lasts.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ContentUrl {
    /// Where to fetch the bytes, without a credential.
    pub(crate) url: String,
    /// What they come as.
    pub(crate) content_type: String,
    /// Whether a browser shows or saves them.
    pub(crate) disposition: Disposition,
    /// When the URL ends.
    pub(crate) expires_at: Timestamp,
}

/// What a browser does with the content.
#[derive(Clone, Copy, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Disposition {
    /// It saves it.
    #[default]
    Attachment,
    /// It shows it, if it is of a type in which nothing can run.
    Inline,
}

/// How the content is asked for.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContentQuery {
    /// What a browser is to do with it. Types in which something can run are always saved.
    pub(crate) disposition: Option<Disposition>,
}

/// How the list is narrowed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UploadFilter {
    /// Those that stand there.
    status: Option<UploadStatus>,
    /// Those of a category.
    category: Option<Category>,
}

impl UploadFilter {
    /// Whether the list has it.
    pub(crate) fn matches(&self, upload: &Upload) -> bool {
        let category = upload.content.as_ref().map(|content| content.category);
        self.status.is_none_or(|status| status == upload.status)
            && (self.category.is_none() || self.category == category)
    }
}

impl From<StoredUpload> for UploadView {
    fn from(stored: StoredUpload) -> Self {
        let StoredUpload { id, body, created_at, created_by, .. } = stored;
        let Upload { filename, size, declared_content_type, sent_sha256, status, content, reason, .. } = body;
        let (content_type, category, sha256, flags, width, height) = match content {
            Some(Content { content_type, category, sha256, flags, width, height, inline: _ }) => {
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
            status,
            reason,
            scan: Scan::Off,
            created_at,
            created_by,
        }
    }
}
