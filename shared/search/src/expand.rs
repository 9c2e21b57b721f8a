//! Expansion: in an answer what is told of uploads stands in the place of their ids, if the client asks for that.

use api::Member;
use base::{Error, Fault, Result, Violation, id::UploadId};
use file_types::Category;
use records::objects::{Objects, Uploads};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use upload::{Content, Variants};

/// The most uploads that one answer tells of.
const EXPANDED_MAX: usize = 1_000;

/// What stands in the place of ids.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Expand {
    /// The uploads of `file`, `image` and `media` fields.
    Uploads,
}

/// What was asked for, and where.
#[derive(Clone, Copy, Debug)]
pub struct Expansion {
    pointer: &'static str,
}

/// An upload that a value names.
#[derive(Serialize, JsonSchema)]
pub(crate) struct NamedUpload {
    id: UploadId,
    /// Whether it was destroyed; then nothing more is known of it.
    gone: bool,
    /// The name of the file.
    filename: Option<String>,
    /// Its bytes.
    size: Option<u64>,
    /// The type that its bytes have.
    content_type: Option<String>,
    /// The category that the type is in.
    category: Option<Category>,
    /// The SHA-256 of the content, in hex.
    sha256: Option<String>,
    /// Of a picture, in pixels.
    width: Option<u32>,
    /// Of a picture, in pixels.
    height: Option<u32>,
    /// Whether there are smaller pictures of it.
    variants: Option<Variants>,
}

impl NamedUpload {
    /// The upload of that id, if that is one.
    pub(crate) fn of(id: &str, uploads: &Uploads) -> Option<Self> {
        let id = UploadId::parse(id)?;
        let found = uploads.get(&id).map(|upload| upload.body.clone());
        let content = found.as_ref().and_then(|body| body.content.clone());
        Some(Self {
            id,
            gone: found.is_none(),
            size: found.as_ref().map(|body| body.size),
            filename: found.map(|body| body.filename),
            category: content.as_ref().map(|content| content.category),
            width: content.as_ref().and_then(|content| content.width),
            height: content.as_ref().and_then(|content| content.height),
            variants: content.as_ref().map(Content::variants),
            sha256: content.as_ref().map(|content| content.sha256.clone()),
            content_type: content.map(|content| content.content_type),
        })
    }
}

impl Expand {
    /// It was asked for there.
    pub const fn asked_at(self, pointer: &'static str) -> Expansion {
        let Self::Uploads = self;
        Expansion { pointer }
    }
}

impl Expansion {
    /// The uploads of these ids, as far as they are there.
    ///
    /// # Errors
    /// 400 when they are more than one answer tells of.
    pub(crate) async fn read(self, objects: &Objects, by: &Member, ids: Vec<UploadId>) -> Result<Uploads> {
        if ids.len() > EXPANDED_MAX {
            let detail = format!(
                "These objects name {} uploads, and one answer tells of {EXPANDED_MAX}: ask for fewer with `limit`.",
                ids.len()
            );
            return Err(Error::invalid(vec![Fault::new(self.pointer, Violation::TooMany, detail)]));
        }
        objects.uploads(&by.team, ids.into_iter()).await
    }
}
