//! What is told of a file before it is sent, and its rules.

use base::{
    Error, Fault, Result, Violation,
    json::{self, Nullable},
};
use file_types::{
    Category, FILENAME_BYTES_MAX, FileType, FilenameFault, PICTURE_BYTES_MAX, by_extension, filename,
};
use schemars::JsonSchema;
use serde::Deserialize;
use upload::{Scan, Upload, UploadStatus, Usage};

/// The most bytes of a file.
const SIZE_MAX: u64 = 5 * 1024 * 1024 * 1024;
/// The most bytes of a file that is sent as a whole.
const WHOLE_SIZE_MAX: u64 = 64 * 1024 * 1024;
const CONTENT_TYPE_LENGTH_MAX: usize = 127;
const SHA256_LENGTH: usize = 32;

/// A file that is to be sent.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = serde_json::json!({"filename": "offer.pdf", "size": 48_213}))]
pub(crate) struct NewUpload {
    /// The name of the file, with the extension that says what it is. It is for people alone: the bucket never sees it.
    #[schemars(length(min = 1, max = FILENAME_BYTES_MAX))]
    filename: String,
    /// Its bytes, exactly: the store refuses more and fewer.
    #[schemars(range(min = 1, max = SIZE_MAX))]
    size: u64,
    /// The type to send it with, if not that of its extension. What it is served as is decided by its bytes.
    #[schemars(length(max = CONTENT_TYPE_LENGTH_MAX), regex(pattern = r"^[a-zA-Z0-9.+_-]+/[a-zA-Z0-9.+_-]+$"))]
    content_type: Option<String>,
    /// Its SHA-256 in hex. The store then refuses all other bytes.
    #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
    sha256: Option<String>,
    /// Whether to send it in parts, which can be sent side by side and again. What is larger than 67,108,864 bytes is in any case.
    #[serde(default, deserialize_with = "json::nullable")]
    #[schemars(with = "Nullable<bool>")]
    parts: Option<bool>,
    /// Whether a picture keeps what it tells of where, when and with what it was taken. Then only fields with the setting
    /// `keep_metadata` take it.
    #[serde(default, deserialize_with = "json::nullable")]
    #[schemars(with = "Nullable<bool>")]
    keep_metadata: Option<bool>,
}

/// A file that may be sent.
pub(crate) struct Announced {
    pub(crate) upload: Upload,
    /// The SHA-256 that it must have.
    pub(crate) sha256: Option<Vec<u8>>,
    /// Whether it is sent in parts.
    pub(crate) in_parts: bool,
}

impl NewUpload {
    /// The upload, or all faults at once.
    pub(crate) fn validate(self) -> Result<Announced> {
        let Self { filename, size, content_type, sha256, parts, keep_metadata } = self;
        let named = named(&filename);
        let size = checked_size(size, named.as_ref().ok().map(|(_, kind)| *kind));
        let declared = content_type.map(|text| checked_type(&text)).transpose();
        let sha256 = sha256.map(|text| hash(&text).map(|bytes| (text, bytes))).transpose();
        match (named, size, declared, sha256) {
            (Ok((filename, kind)), Ok(size), Ok(declared), Ok(sha256)) => {
                let (sent_sha256, sha256) = sha256.unzip();
                let declared_content_type = declared.unwrap_or_else(|| kind.content_type.to_owned());
                let upload = Upload {
                    filename,
                    size,
                    declared_content_type,
                    sent_sha256,
                    status: UploadStatus::Waiting,
                    content: None,
                    reason: None,
                    keep_metadata: keep_metadata == Some(true),
                    scan: Scan::Off,
                    reserved: Some(size),
                    parts: None,
                    usage: Usage::Never,
                    expiry_job: None,
                };
                let in_parts = parts == Some(true) || size > WHOLE_SIZE_MAX;
                Ok(Announced { upload, sha256, in_parts })
            }
            (named, size, declared, sha256) => {
                let faults = [named.err(), size.err(), declared.err(), sha256.err()];
                Err(Error::unprocessable(faults.into_iter().flatten().collect()))
            }
        }
    }
}

/// The name in its form, and the type of its extension.
fn named(text: &str) -> Result<(String, &'static FileType), Fault> {
    let fault = |violation, detail: &str| Fault::new("/filename", violation, detail);
    let name = filename(text).map_err(|reason| {
        let violation = match reason {
            FilenameFault::Size if text.is_empty() => Violation::Required,
            FilenameFault::Size => Violation::TooLong,
            FilenameFault::Invisible => Violation::ControlCharacter,
            FilenameFault::Path | FilenameFault::Reserved | FilenameFault::End => Violation::Invalid,
        };
        fault(violation, &format!("The name {reason}."))
    })?;
    let kind = by_extension(&name).ok_or_else(|| {
        let detail = "Files with this extension are not taken; docs/use/uploads.md lists those that are.";
        fault(Violation::UnknownChoice, detail)
    })?;
    Ok((name, kind))
}

fn checked_size(size: u64, kind: Option<&FileType>) -> Result<u64, Fault> {
    let fault = |violation, detail: String| Err(Fault::new("/size", violation, detail));
    match size {
        0 => fault(Violation::OutOfRange, "Send a file of at least one byte.".to_owned()),
        size if size > SIZE_MAX => {
            fault(Violation::TooLarge, format!("Send a file of at most {SIZE_MAX} bytes."))
        }
        size if size > PICTURE_BYTES_MAX && kind.is_some_and(|kind| kind.category == Category::Images) => {
            fault(Violation::TooLarge, format!("Send a picture of at most {PICTURE_BYTES_MAX} bytes."))
        }
        size => Ok(size),
    }
}

/// A type is signed and stored, so it has the form of one (RFC 6838, section 4.2) and no parameters.
fn checked_type(text: &str) -> Result<String, Fault> {
    let is_name = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".+_-".contains(&byte))
    };
    let is_type = text.split_once('/').is_some_and(|(of, sub)| is_name(of) && is_name(sub));
    if is_type && text.len() <= CONTENT_TYPE_LENGTH_MAX {
        return Ok(text.to_ascii_lowercase());
    }
    let detail = "Send a media type without parameters, such as image/png.";
    Err(Fault::new("/content_type", Violation::Invalid, detail))
}

fn hash(text: &str) -> Result<Vec<u8>, Fault> {
    let bytes = hex::decode(text).ok().filter(|bytes| bytes.len() == SHA256_LENGTH);
    bytes.filter(|bytes| hex::encode(bytes) == text).ok_or_else(|| {
        let detail = "Send the SHA-256 of the file as 64 hexadecimal digits in lower case.";
        Fault::new("/sha256", Violation::Invalid, detail)
    })
}
