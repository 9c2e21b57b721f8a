//! What a file may be called: nothing that another system would read as a path, a device or another direction.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

/// The most bytes of a name.
pub const FILENAME_BYTES_MAX: usize = 255;

/// Why a name is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FilenameFault {
    /// Empty, or of more than 255 bytes.
    Size,
    /// A control character, or one that turns the direction of what is read.
    Invisible,
    /// A slash, a backslash or a colon, or only one or two dots.
    Path,
    /// The name of a device on Windows.
    Reserved,
    /// A dot or a space at the end, which Windows leaves out.
    End,
}

impl fmt::Display for FilenameFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Size => "must have 1 to 255 bytes",
            Self::Invisible => {
                "must not have control characters or characters that change the direction of text"
            }
            Self::Path => "must not have / \\ or :, or be . or ..",
            Self::Reserved => "must not be the name of a device, like CON or COM1",
            Self::End => "must not end with a dot or a space",
        })
    }
}

impl std::error::Error for FilenameFault {}

/// The name in its composed form (NFC), if files may be called so.
pub fn filename(text: &str) -> Result<String, FilenameFault> {
    // Composing can make a text longer, but never three times, so that nothing large is composed in vain.
    if text.is_empty() || text.len() > FILENAME_BYTES_MAX * 3 {
        return Err(FilenameFault::Size);
    }
    let name: String = text.nfc().collect();
    if name.len() > FILENAME_BYTES_MAX {
        return Err(FilenameFault::Size);
    }
    if name.chars().any(is_invisible) {
        return Err(FilenameFault::Invisible);
    }
    if name.contains(['/', '\\', ':']) || name == "." || name == ".." {
        return Err(FilenameFault::Path);
    }
    if name.ends_with(['.', ' ']) {
        return Err(FilenameFault::End);
    }
    if is_device(&name) {
        return Err(FilenameFault::Reserved);
    }
    Ok(name)
}

/// Line and paragraph separators too: they are no control characters, but start a new line where a name is shown.
fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Windows takes what stands before the first dot, without spaces at its end, and reads ¹ ² ³ as digits.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    if matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$") {
        return true;
    }
    let port = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT"));
    port.is_some_and(|number| {
        let mut characters = number.chars();
        matches!(characters.next(), Some('0'..='9' | '¹' | '²' | '³')) && characters.next().is_none()
    })
}
