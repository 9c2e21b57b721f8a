//! A position in the text of JSON, which only moves forward.

use std::borrow::Cow;

use serde_json::value::RawValue;

/// What is left of a text.
pub(super) struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    /// The first byte of what comes next, behind white space.
    pub(super) fn peek(&mut self) -> Option<u8> {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
        self.rest.bytes().next()
    }

    /// Goes behind this byte, if it comes next.
    pub(super) fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        if is_next {
            self.rest = &self.rest[1..];
        }
        is_next
    }

    /// Goes behind one of the words `true`, `false` and `null`, if it comes next.
    pub(super) fn word(&mut self, word: &str) -> bool {
        self.peek();
        let rest = self.rest.strip_prefix(word);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// The text in quotes that comes next.
    pub(super) fn text(&mut self) -> Result<Cow<'a, str>, serde_json::Error> {
        self.peek();
        let quoted = self.split(quoted_length(self.rest));
        if quoted.contains('\\') {
            return serde_json::from_str(quoted).map(Cow::Owned);
        }
        serde_json::from_str(quoted).map(Cow::Borrowed)
    }

    /// The number that comes next, as it is written.
    pub(super) fn number(&mut self) -> Option<&'a str> {
        self.peek();
        let is_part = |letter: char| letter.is_ascii_digit() || ['+', '-', '.', 'e', 'E'].contains(&letter);
        let length = self.rest.find(|letter| !is_part(letter)).unwrap_or(self.rest.len());
        let number = self.split(length);
        serde_json::from_str::<&RawValue>(number).is_ok().then_some(number)
    }

    /// Goes behind the value that comes next, of a text that is sound; the value as it is written.
    pub(super) fn skip(&mut self) -> &'a str {
        self.peek();
        let (text, mut at, mut depth) = (self.rest, 0, 0_usize);
        while let Some(byte) = text.as_bytes().get(at) {
            match byte {
                b'"' => at += quoted_length(&text[at..]),
                b'{' | b'[' => (at, depth) = (at + 1, depth + 1),
                b'}' | b']' | b',' | b':' if depth == 0 => break,
                b'}' | b']' => (at, depth) = (at + 1, depth - 1),
                _ => at += 1,
            }
        }
        self.split(at).trim_end()
    }

    fn split(&mut self, at: usize) -> &'a str {
        let (head, rest) = self.rest.split_at(at);
        self.rest = rest;
        head
    }
}

/// How long the text in quotes is that this one begins with; all of it, if the quotes are not closed.
fn quoted_length(text: &str) -> usize {
    let mut is_escaped = false;
    let is_end = |(at, byte): &(usize, u8)| {
        let is_end = *at > 0 && *byte == b'"' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        is_end
    };
    text.bytes().enumerate().find(is_end).map_or(text.len(), |(at, _)| at + 1)
}
