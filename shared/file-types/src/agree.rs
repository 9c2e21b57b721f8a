//! Whether a file's name and its bytes say the same.

use crate::{FileType, Finding, Flag, TextKind, UNKNOWN, by_content_type};

/// Types that bytes alone do not tell apart without unpacking or decoding them.
#[derive(PartialEq, Eq)]
enum Family {
    PlainText,
    Word,
    Excel,
    Powerpoint,
    Xps,
    Iwork,
    IsoMedia,
    Matroska,
    Ogg,
    Asf,
}

/// Whether the bytes of a file fit its extension. If they do, the extension's type is the more exact one.
pub fn agrees(extension_type: &FileType, finding: &Finding) -> bool {
    if is_encrypted_package(finding) {
        return has_encrypted_form(extension_type.content_type);
    }
    if finding.flags.contains(&Flag::Macro) && is_without_macros(extension_type.content_type) {
        return false;
    }
    if finding.text == Some(TextKind::Plain) {
        return family(extension_type.content_type) == Some(Family::PlainText);
    }
    if extension_type.content_type == finding.content_type {
        return true;
    }
    let found = family(&finding.content_type);
    found.is_some() && found == family(extension_type.content_type)
}

/// Whether a file may be shown in a browser: its name and its bytes both have to say a type that may.
pub fn may_be_inline(extension_type: &FileType, finding: &Finding) -> bool {
    agrees(extension_type, finding)
        && extension_type.inline
        && by_content_type(&finding.content_type).is_some_and(|row| row.inline)
}

fn family(content_type: &str) -> Option<Family> {
    Some(match content_type {
        "text/plain"
        | "text/csv"
        | "text/tab-separated-values"
        | "text/markdown"
        | "application/json"
        | "audio/x-pn-realaudio" => Family::PlainText,
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
        | "application/vnd.ms-word.document.macroEnabled.12"
        | "application/vnd.ms-word.template.macroEnabled.12" => Family::Word,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        | "application/vnd.ms-excel.sheet.macroEnabled.12" => Family::Excel,
        "application/vnd.openxmlformats-officedocument.presentationml.presentation"
        | "application/vnd.openxmlformats-officedocument.presentationml.slideshow"
        | "application/vnd.openxmlformats-officedocument.presentationml.slide"
        | "application/vnd.ms-powerpoint.presentation.macroEnabled.12"
        | "application/vnd.ms-powerpoint.slideshow.macroEnabled.12"
        | "application/vnd.ms-powerpoint.slide.macroEnabled.12" => Family::Powerpoint,
        "application/vnd.ms-xpsdocument" | "application/oxps" => Family::Xps,
        "application/vnd.apple.pages" | "application/vnd.apple.numbers" | "application/vnd.apple.keynote" => {
            Family::Iwork
        }
        "video/mp4" | "video/x-m4v" | "video/quicktime" | "video/3gpp" | "video/3gpp2" | "audio/mp4" => {
            Family::IsoMedia
        }
        "video/x-matroska" | "audio/x-matroska" => Family::Matroska,
        "video/ogg" | "audio/ogg" => Family::Ogg,
        "video/x-ms-asf" | "video/x-ms-wmv" | "audio/x-ms-wma" => Family::Asf,
        _ => return None,
    })
}

/// Which program made it is itself encrypted.
fn is_encrypted_package(finding: &Finding) -> bool {
    finding.content_type == UNKNOWN && finding.flags.contains(&Flag::Encrypted)
}

fn has_encrypted_form(content_type: &str) -> bool {
    matches!(family(content_type), Some(Family::Word | Family::Excel | Family::Powerpoint))
        || content_type == "application/vnd.ms-excel.sheet.binary.macroEnabled.12"
}

/// The programs of Office refuse macros under these names too.
fn is_without_macros(content_type: &str) -> bool {
    content_type.starts_with("application/vnd.openxmlformats-officedocument.")
}
