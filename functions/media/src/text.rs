//! Text has no signature: it is what can be decoded and has no bytes that text never has.

use crate::markup;
use file_types::TextKind;

/// Which kind of text this is, if it is text. `whole` says that the file ends here, and not in the middle of a
/// character or a comment.
pub(crate) fn kind(head: &[u8], whole: bool) -> Option<TextKind> {
    let text = decoded(head, whole)?;
    if text.is_empty() || text.chars().any(is_binary) {
        return None;
    }
    Some(markup::kind(&text, whole))
}

fn decoded(head: &[u8], whole: bool) -> Option<String> {
    match head {
        [0xEF, 0xBB, 0xBF, rest @ ..] => utf8(rest, whole),
        [0xFF, 0xFE, rest @ ..] => utf16(rest, whole, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, whole, u16::from_be_bytes),
        [1..=0xFF, 0, ..] => utf16(head, whole, u16::from_le_bytes),
        [0, 1..=0xFF, ..] => utf16(head, whole, u16::from_be_bytes),
        _ => utf8(head, whole),
    }
}

fn utf8(bytes: &[u8], whole: bool) -> Option<String> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text.to_owned()),
        Err(error) if !whole && error.error_len().is_none() => {
            let valid = bytes.get(..error.valid_up_to())?;
            std::str::from_utf8(valid).ok().map(str::to_owned)
        }
        // Spreadsheets still write tables in the code page of their country, of which each byte is a character.
        Err(_) => Some(bytes.iter().copied().map(char::from).collect()),
    }
}

fn utf16(bytes: &[u8], whole: bool, unit: fn([u8; 2]) -> u16) -> Option<String> {
    let (pairs, odd) = bytes.as_chunks::<2>();
    if whole && !odd.is_empty() {
        return None;
    }
    let mut units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
    // The other half of a character may lie behind what was read.
    if !whole && units.last().is_some_and(|last| (0xD800..0xDC00).contains(last)) {
        units.pop();
    }
    String::from_utf16(&units).ok()
}

/// The bytes by which browsers tell binary data from text.
fn is_binary(character: char) -> bool {
    matches!(character, '\0'..='\u{8}' | '\u{b}' | '\u{e}'..='\u{1a}' | '\u{1c}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}
