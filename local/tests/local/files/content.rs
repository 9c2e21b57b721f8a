//! What is in the files, and what is served of them.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// The bytes of each part but the last.
pub(super) const PART_SIZE: usize = 16 * 1024 * 1024;
/// A picture of one pixel, before and behind what is said about it.
const PICTURE: (&[u8], &[u8]) =
    (b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff", b"\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0\x3b");
/// Digits of a number.
const DIGITS: usize = 20;

/// A file, which nobody else sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Text(u64),
    /// With a comment, which is cut out: what is served are other bytes than what was sent.
    Picture(u64),
    /// Of two parts.
    Large(u64),
}

impl Content {
    pub(super) fn filename(self) -> String {
        match self {
            Self::Text(number) | Self::Large(number) => format!("{number}.txt"),
            Self::Picture(number) => format!("{number}.gif"),
        }
    }

    /// The bytes that are sent.
    pub(super) fn sent(self) -> Vec<u8> {
        match self {
            Self::Text(number) => lines(number, 1 + usize::try_from(number % 97).unwrap()),
            Self::Large(number) => lines(number, PART_SIZE / DIGITS),
            Self::Picture(number) => {
                let comment = format!("{number:020}");
                let block = [&[0x21, 0xfe, u8::try_from(DIGITS).unwrap()], comment.as_bytes(), &[0]].concat();
                [PICTURE.0, &block, PICTURE.1].concat()
            }
        }
    }

    /// The bytes that are served.
    pub(super) fn served(self) -> Vec<u8> {
        match self {
            Self::Picture(_) => [PICTURE.0, PICTURE.1].concat(),
            Self::Text(_) | Self::Large(_) => self.sent(),
        }
    }

    /// Whether it is sent in parts: what is large, and some of what is not.
    pub(super) fn is_in_parts(self) -> bool {
        match self {
            Self::Large(_) => true,
            Self::Text(number) => number % 3 == 0,
            Self::Picture(_) => false,
        }
    }

    pub(super) fn part_count(self) -> usize {
        self.sent().len().div_ceil(PART_SIZE)
    }

    /// What is told of it is what it is.
    pub(super) fn check(self, told: &Value) {
        let (sent, served) = (self.sent(), self.served());
        let expected = json!(["ready", served.len(), sha256(&served), sha256(&sent)]);
        let found = json!([told["status"], told["size"], told["sha256"], told["original_sha256"]]);
        assert_eq!(found, expected, "{told}");
    }

    /// The bytes of a part, of which the first has the number 1.
    pub(super) fn part(self, number: usize) -> Vec<u8> {
        self.sent().chunks(PART_SIZE).nth(number - 1).unwrap().to_vec()
    }
}

fn lines(number: u64, count: usize) -> Vec<u8> {
    format!("{number:020}\n").repeat(count).into_bytes()
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
