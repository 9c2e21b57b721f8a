//! Texts that people give to things: what they may hold, and when two of them are the same.

use std::{borrow::Cow, fmt};

use caseless::Caseless as _;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de};
use unicode_normalization::UnicodeNormalization as _;

use crate::error::Fault;

/// The most characters of a slug.
const SLUG_LENGTH_MAX: usize = 63;

/// A name or a label: one line, trimmed, in NFC, of 1 to `length_max` characters, all of which can be seen.
///
/// # Errors
/// The fault, at the pointer.
pub fn name(pointer: &str, text: &str, length_max: usize) -> Result<String, Fault> {
    if text.contains(is_invisible) {
        return Err(Fault::new(pointer, "control_character", "Leave out characters that cannot be seen."));
    }
    line(pointer, text, length_max)
}

/// One line of data, trimmed, in NFC, of 1 to `length_max` characters. What cannot be seen and came along by copying is
/// left out.
///
/// # Errors
/// The fault, at the pointer.
pub fn line(pointer: &str, text: &str, length_max: usize) -> Result<String, Fault> {
    let text: String = text.chars().filter(|letter| !is_invisible(*letter)).nfc().collect();
    let text = text.trim().to_owned();
    if text.chars().any(is_unprintable) {
        return Err(Fault::new(pointer, "control_character", "Leave control characters out."));
    }
    length(pointer, &text, length_max)?;
    if text.is_empty() {
        return Err(Fault::new(pointer, "required", "Give at least one character."));
    }
    Ok(text)
}

/// A text of several lines, in NFC, of at most `length_max` characters.
///
/// # Errors
/// The fault, at the pointer.
pub fn lines(pointer: &str, text: &str, length_max: usize) -> Result<String, Fault> {
    let text: String = text.nfc().collect();
    if text.chars().any(|letter| is_unprintable(letter) && !['\n', '\r', '\t'].contains(&letter)) {
        return Err(Fault::new(pointer, "control_character", "Leave control characters out."));
    }
    length(pointer, &text, length_max)?;
    Ok(text)
}

/// Whether it is an e-mail address and nothing more: no display name, no address of a machine instead of a domain.
pub fn is_email(text: &str) -> bool {
    let options = email_address::Options::default().without_display_text().without_domain_literal();
    email_address::EmailAddress::parse_with_options(text, options).is_ok()
}

/// Whether there is nothing to be seen.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|letter| letter.is_whitespace() || is_invisible(letter))
}

/// The form in which two texts that differ only in case or composition are the same (Unicode, chapter 3.13).
pub fn fold(text: &str) -> String {
    text.chars().nfd().default_case_fold().nfc().collect()
}

fn length(pointer: &str, text: &str, length_max: usize) -> Result<(), Fault> {
    if text.chars().count() > length_max {
        return Err(Fault::new(pointer, "too_long", format!("Give at most {length_max} characters.")));
    }
    Ok(())
}

/// Control characters, line separators, and those that turn the direction of text.
fn is_unprintable(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Characters without width that mean nothing where they stand, and make two names look like one.
fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{180e}' | '\u{200b}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{feff}')
}

/// A short name for URLs: a small letter, then small letters, digits, `-` or `_`, at most 63 in all.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Slug(String);

impl Slug {
    /// The slug, if the text is one.
    pub fn parse(text: &str) -> Option<Self> {
        let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
        let is_slug = text.starts_with(|first: char| first.is_ascii_lowercase())
            && text.bytes().all(is_inner)
            && text.len() <= SLUG_LENGTH_MAX;
        is_slug.then(|| Self(text.to_owned()))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Slug {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            de::Error::custom(
                "a slug is a small letter, then small letters, digits, - or _, at most 63 in all",
            )
        })
    }
}

impl JsonSchema for Slug {
    fn schema_name() -> Cow<'static, str> {
        "Slug".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": "^[a-z][a-z0-9_-]{0,62}$"})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_clean_line() {
        assert_eq!(name("", "  Zapier  ", 10).unwrap(), "Zapier");
        assert_eq!(name("", "Zap\u{200b}ier", 10).unwrap_err().code, "control_character");
        assert_eq!(line("", "\u{feff}Ada\u{200b}", 10).unwrap(), "Ada");
        assert_eq!(line("", "e\u{301}", 1).unwrap(), "é");
        for (text, code) in [
            ("", "required"),
            (" \t ", "required"),
            ("a\nb", "control_character"),
            ("a\0", "control_character"),
            ("\u{202e}a", "control_character"),
            ("12345678901", "too_long"),
        ] {
            assert_eq!(line("/name", text, 10).unwrap_err().code, code, "{text:?}");
        }
    }

    #[test]
    fn case_and_composition_do_not_tell_texts_apart() {
        assert_eq!(fold("STRASSE"), fold("straße"));
        assert_eq!(fold("E\u{301}"), fold("é"));
        assert_ne!(fold("a"), fold("b"));
    }

    #[test]
    fn slugs() {
        for text in ["a", "contacts", "a-1_b"] {
            assert!(Slug::parse(text).is_some(), "{text}");
        }
        for text in ["", "A", "1a", "-a", "a b", "a.b", "é", &"a".repeat(64)] {
            assert!(Slug::parse(text).is_none(), "{text}");
        }
    }
}
