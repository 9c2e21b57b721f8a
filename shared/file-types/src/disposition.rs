//! The header that says what a browser does with a file, and what it calls it (RFC 6266, RFC 8187).

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a browser does with the content.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Disposition {
    /// It saves it.
    #[default]
    Attachment,
    /// It shows it, if it is of a type in which nothing can run.
    Inline,
}

/// The value of `content-disposition`: a name of plain letters for old clients, and the whole one.
pub fn content_disposition(kind: Disposition, filename: &str) -> String {
    let kind = match kind {
        Disposition::Attachment => "attachment",
        Disposition::Inline => "inline",
    };
    let plain: String = filename.chars().map(plain).collect();
    let mut value = format!("{kind}; filename=\"{plain}\"; filename*=UTF-8''");
    for byte in filename.bytes() {
        if is_attribute_character(byte) {
            value.push(char::from(byte));
        } else {
            // Writing to a text cannot fail.
            let _ = write!(value, "%{byte:02X}");
        }
    }
    value
}

/// Quotes and backslashes are replaced, not escaped: clients differ in how they read what is escaped. So is the
/// percent sign, which some decode.
fn plain(character: char) -> char {
    match character {
        '"' | '\\' | '%' | '/' | ':' | ';' => '_',
        ' '..='~' => character,
        _ => '_',
    }
}

/// `attr-char` of RFC 8187.
fn is_attribute_character(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte)
}
