//! Which files may be uploaded: their extensions, media types and categories, and what a file may be called.

mod agree;
mod disposition;
mod filename;
mod finding;
mod report;
mod table;
mod variant;

pub use agree::{agrees, may_be_inline};
pub use disposition::{Disposition, content_disposition};
pub use filename::{FILENAME_BYTES_MAX, FilenameFault, filename};
pub use finding::{Finding, Flag, TextKind, UNKNOWN};
pub use report::{Report, Verdict};
pub use table::TYPES;
pub use variant::{PIXELS_MAX, Variant, has_variants};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The most bytes of a picture: it is read as a whole, to cut metadata out of it.
pub const PICTURE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// What a field of files accepts or refuses as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// Texts to be read and printed.
    Documents,
    /// Tables of a spreadsheet program.
    Spreadsheets,
    /// Presentations and pages.
    Interactive,
    /// Text without a layout.
    Text,
    /// Pictures.
    Images,
    /// Sound.
    Audio,
    /// Moving pictures.
    Video,
}

impl Category {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 7] = [
        Self::Documents,
        Self::Spreadsheets,
        Self::Interactive,
        Self::Text,
        Self::Images,
        Self::Audio,
        Self::Video,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Documents => "documents",
            Self::Spreadsheets => "spreadsheets",
            Self::Interactive => "interactive",
            Self::Text => "text",
            Self::Images => "images",
            Self::Audio => "audio",
            Self::Video => "video",
        }
    }
}

/// One row of the table.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct FileType {
    /// In lower case, without the dot; the usual one first.
    pub extensions: &'static [&'static str],
    /// The media type; several rows can share one.
    pub content_type: &'static str,
    /// What a field accepts it as.
    pub category: Category,
    /// Whether a browser may show it in place. Everything else is only ever saved to a disk.
    pub inline: bool,
}

/// The type that the last extension of a file's name stands for.
pub fn by_extension(name: &str) -> Option<&'static FileType> {
    let (_, extension) = name.rsplit_once('.')?;
    TYPES.iter().find(|row| row.extensions.iter().any(|known| known.eq_ignore_ascii_case(extension)))
}

/// The first row with this media type, whose parameters do not count.
pub fn by_content_type(content_type: &str) -> Option<&'static FileType> {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    TYPES.iter().find(|row| row.content_type.eq_ignore_ascii_case(essence))
}

/// Whether it is the type of a picture from which metadata is cut, and of which smaller ones are made.
pub fn is_picture(content_type: &str) -> bool {
    ["image/png", "image/jpeg", "image/gif", "image/webp"].contains(&content_type)
}

#[cfg(test)]
mod tests;
