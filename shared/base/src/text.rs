//! Texts that people give to things: what they may hold, and when two of them are the same.

use std::{borrow::Cow, fmt};

use caseless::Caseless as _;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de};
use unicode_normalization::UnicodeNormalization as _;

use crate::error::{Fault, Violation};

/// The most characters of a person's name.
const PERSON_LENGTH_MAX: usize = 100;
/// Of a text that is to be shown, so many times the length that it may have is looked at.
const SHOWN_LOOKED_AT: usize = 4;
/// What [`name`] takes, as a pattern of ECMA-262 for the documents: one line with something to be seen, and nothing that
/// cannot be; white space around it is trimmed. Of what lies beyond U+FFFF it says nothing, as not all dialects could.
pub const NAME_FORM: &str = concat!(
    r"^[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u200c\u200d\u2028\u2029\u202f\u205f\u3000\ufe00-\ufe0f]*",
    r"[^\u0000-\u0020\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f",
    r"\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0]",
    r"([^\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2028-\u202e",
    r"\u2060-\u206f\u2800\u3164\ufeff\uffa0]*",
    r"[^\u0000-\u0020\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200b\u200e\u200f",
    r"\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufeff\uffa0])?",
    r"[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*$",
);
/// The same of [`label`].
pub const LABEL_FORM: &str = concat!(
    r"^[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*",
    r"[^\u0000-\u0020\u007f-\u00a0\u00ad\u061c\u1680\u180e\u2000-\u200b\u200e\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]",
    r"([^\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]*",
    r"[^\u0000-\u0020\u007f-\u00a0\u00ad\u061c\u1680\u180e\u2000-\u200b\u200e\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff])?",
    r"[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*$",
);
/// What [`lines`] takes, as a pattern of ECMA-262 for the documents.
pub const LINES_FORM: &str =
    r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]*$";
/// The most characters of a slug.
const SLUG_LENGTH_MAX: usize = 63;

/// The name of a thing, which others know it by: one line, trimmed, in NFC, of 1 to `length_max` characters, all of which can
/// be seen.
///
/// # Errors
/// The fault, at the pointer.
pub fn name(pointer: &str, text: &str, length_max: usize) -> Result<String, Fault> {
    if text.contains(is_filler) {
        return Err(unseen(pointer));
    }
    let name = label(pointer, text, length_max)?;
    if is_blank(&name) {
        return Err(Fault::new(
            pointer,
            Violation::Required,
            "Give at least one character that can be seen.",
        ));
    }
    Ok(name)
}

/// A label or an option within a thing: the same, with letters that leave their place empty, as an empty option does.
///
/// # Errors
/// The fault, at the pointer.
pub fn label(pointer: &str, text: &str, length_max: usize) -> Result<String, Fault> {
    if text.contains(is_invisible) { Err(unseen(pointer)) } else { line(pointer, text, length_max) }
}

fn unseen(pointer: &str) -> Fault {
    Fault::new(pointer, Violation::ControlCharacter, "Leave out characters that cannot be seen.")
}

/// One line of data, trimmed, in NFC, of 1 to `length_max` characters. What cannot be seen and came along by copying is
/// left out.
///
/// # Errors
/// The fault, at the pointer.
pub fn line(pointer: &str, text: &str, length_max: usize) -> Result<String, Fault> {
    one_line(pointer, text, length_max, is_unprintable)
}

/// The same of a text in whatever direction it is read: with the marks that texts from right to left need.
///
/// # Errors
/// The fault, at the pointer.
pub fn prose_line(pointer: &str, text: &str, length_max: usize) -> Result<String, Fault> {
    one_line(pointer, text, length_max, is_out_of_prose)
}

fn one_line(
    pointer: &str,
    text: &str,
    length_max: usize,
    is_refused: fn(char) -> bool,
) -> Result<String, Fault> {
    let text: String = text.chars().filter(|letter| !is_invisible(*letter)).nfc().collect();
    let text = text.trim().to_owned();
    if text.contains(is_refused) {
        return Err(Fault::new(pointer, Violation::ControlCharacter, "Leave control characters out."));
    }
    length(pointer, &text, length_max)?;
    if text.is_empty() {
        return Err(Fault::new(pointer, Violation::Required, "Give at least one character."));
    }
    Ok(text)
}

/// A text of several lines, in NFC, of at most `length_max` characters.
///
/// # Errors
/// The fault, at the pointer.
pub fn lines(pointer: &str, text: &str, length_max: usize) -> Result<String, Fault> {
    several_lines(pointer, text, length_max, is_unprintable)
}

/// The same of a text in whatever direction it is read: with the marks that texts from right to left need.
///
/// # Errors
/// The fault, at the pointer.
pub fn prose(pointer: &str, text: &str, length_max: usize) -> Result<String, Fault> {
    several_lines(pointer, text, length_max, is_out_of_prose)
}

fn several_lines(
    pointer: &str,
    text: &str,
    length_max: usize,
    is_refused: fn(char) -> bool,
) -> Result<String, Fault> {
    let text = composed(text);
    if text.chars().any(|letter| is_refused(letter) && !['\n', '\r', '\t'].contains(&letter)) {
        return Err(Fault::new(pointer, Violation::ControlCharacter, "Leave control characters out."));
    }
    length(pointer, &text, length_max)?;
    Ok(text)
}

/// A person's name as an issuer tells it, which many let people choose freely: as it can be shown to others.
pub fn person(name: &str) -> Option<String> {
    shown(name, PERSON_LENGTH_MAX)
}

/// A text that somebody else vouches for, as a line that can be shown to others: white space of any kind is one space, what
/// cannot be seen or printed is left out, and what is too long is cut. None if nothing is left.
pub fn shown(text: &str, length_max: usize) -> Option<String> {
    // Whoever sends more than any name has pays for no more.
    let text: String = text.chars().take(SHOWN_LOOKED_AT * length_max).nfc().collect();
    let words = text.split(|letter: char| letter.is_whitespace() || letter.is_control());
    let words = words.map(|word| word.chars().filter(|letter| !is_hidden(*letter)).collect::<String>());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    let line: String = words.join(" ").chars().take(length_max).collect();
    Some(line.trim_end().to_owned()).filter(|line| !is_blank(line))
}

fn is_hidden(letter: char) -> bool {
    is_unprintable(letter) || is_invisible(letter) || is_filler(letter)
}

/// Whether there is nothing to be seen.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|letter| letter.is_whitespace() || is_unseen(letter))
}

/// The text with its letters composed (NFC).
pub fn composed(text: &str) -> String {
    text.nfc().collect()
}

/// The form in which two texts that differ only in case or composition are the same (Unicode, chapter 3.13).
pub fn fold(text: &str) -> String {
    text.chars().nfd().default_case_fold().nfc().collect()
}

fn length(pointer: &str, text: &str, length_max: usize) -> Result<(), Fault> {
    if text.chars().count() > length_max {
        return Err(Fault::new(
            pointer,
            Violation::TooLong,
            format!("Give at most {length_max} characters."),
        ));
    }
    Ok(())
}

/// Whether it leaves nothing to be seen: marks of direction, joiners, and what is left out of texts.
pub fn is_unseen(letter: char) -> bool {
    let is_joiner = matches!(letter, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}');
    is_invisible(letter) || is_mark(letter) || is_joiner || (is_out_of_prose(letter) && !letter.is_control())
}

/// What names and addresses cannot hold: there a mark of direction only makes one look like another.
fn is_unprintable(letter: char) -> bool {
    is_out_of_prose(letter) || is_mark(letter)
}

/// Control characters, line separators, and what turns the direction of all that comes behind it.
fn is_out_of_prose(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{2028}'..='\u{202e}')
}

/// The marks that a text from right to left needs where it meets one from left to right (UAX 9, sections 2.3 to 2.6).
fn is_mark(letter: char) -> bool {
    matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2066}'..='\u{2069}')
}

/// Characters without width that mean nothing where they stand, and make two names look like one.
fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{180e}' | '\u{200b}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{feff}')
}

/// Letters and marks that leave nothing to be seen: fillers of Hangul, a Braille pattern without dots, selectors of
/// Mongolian, tags (Unicode's `Default_Ignorable_Code_Point`). Some texts need them, so data may hold them; with one in
/// it a name would look like another one, or like none.
fn is_filler(letter: char) -> bool {
    matches!(
        letter,
        '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}' | '\u{e0000}'..='\u{e007f}'
    )
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
        json_schema!({"type": "string", "pattern": "^[a-z][a-z0-9_-]*$", "maxLength": SLUG_LENGTH_MAX})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_clean_line() {
        assert_eq!(name("", "  Zapier  ", 10).unwrap(), "Zapier");
        assert_eq!(name("", "Zap\u{200b}ier", 10).unwrap_err().code, Violation::ControlCharacter);
        for blank in "\u{34f}\u{115f}\u{1160}\u{17b4}\u{180b}\u{2800}\u{3164}\u{ffa0}\u{e0041}".chars() {
            for text in [format!("{blank}"), format!("Zap{blank}ier")] {
                assert_eq!(name("", &text, 10).unwrap_err().code, Violation::ControlCharacter, "{text:?}");
            }
            let data = format!("a{blank}");
            assert_eq!(line("", &data, 10).unwrap(), data.nfc().collect::<String>());
        }
        assert_eq!(label("", "\u{2800}", 10).unwrap(), "\u{2800}");
        assert_eq!(name("", "\u{200d}\u{fe0f}", 10).unwrap_err().code, Violation::Required);
        assert_eq!(line("", "\u{feff}Ada\u{200b}", 10).unwrap(), "Ada");
        assert_eq!(line("", "e\u{301}", 1).unwrap(), "é");
        for (text, code) in [
            ("", Violation::Required),
            (" \t ", Violation::Required),
            ("a\nb", Violation::ControlCharacter),
            ("a\0", Violation::ControlCharacter),
            ("\u{202e}a", Violation::ControlCharacter),
            ("12345678901", Violation::TooLong),
        ] {
            assert_eq!(line("/name", text, 10).unwrap_err().code, code, "{text:?}");
        }
    }

    #[test]
    fn prose_has_the_marks_of_its_direction_and_names_have_none() {
        for mark in "\u{200e}\u{200f}\u{61c}\u{2066}\u{2067}\u{2068}\u{2069}".chars() {
            let text = format!("\u{5e9}{mark}a");
            assert_eq!(prose_line("", &text, 10).unwrap(), text);
            assert_eq!(prose("", &text, 10).unwrap(), text);
            for refused in [name("", &text, 10), line("", &text, 10), lines("", &text, 10)] {
                assert_eq!(refused.unwrap_err().code, Violation::ControlCharacter, "{text:?}");
            }
            assert!(is_blank(&mark.to_string()));
        }
        for turn in "\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2028}\0".chars() {
            let text = format!("a{turn}b");
            for refused in [prose_line("", &text, 10), prose("", &text, 10)] {
                assert_eq!(refused.unwrap_err().code, Violation::ControlCharacter, "{text:?}");
            }
        }
    }

    #[test]
    fn what_others_vouch_for_is_shown_as_one_clean_line_and_never_refused() {
        for (text, line) in [
            ("  Ada\tKing \u{a0} ", Some("Ada King")),
            ("Ada\r\nBcc: all", Some("Ada Bcc: all")),
            ("\u{202e}adA\u{202c}\u{200b}", Some("adA")),
            ("Ada\u{0}\u{7f}\u{85}\u{2028}King", Some("Ada King")),
            ("e\u{301}", Some("é")),
            ("12345678901234567890 and more", Some("12345678901234567890")),
            ("1234567890123456789 and more", Some("1234567890123456789")),
            ("", None),
            (" \u{200b}\r\n\u{202e}", None),
            ("\u{3164}\u{e0041}\u{200d}", None),
            ("A\u{3164}da", Some("Ada")),
        ] {
            assert_eq!(shown(text, 20).as_deref(), line, "{text:?}");
        }
        assert_eq!(shown(&"\u{202e}".repeat(1_000_000), 20), None);
        assert_eq!(shown(&"x".repeat(5_000), 100).unwrap().len(), 100);
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
