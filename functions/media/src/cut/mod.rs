//! Pictures without what they tell about whoever took them: place, camera, time, comments, previews, and whatever lies
//! behind their end. No pixel is decoded. What is kept is a list, so that what nobody has heard of yet goes too.

mod gif;
mod jpeg;
mod png;
mod webp;

use std::fmt;

/// What became of a picture.
#[derive(Debug, PartialEq, Eq)]
pub enum Cut {
    /// It had nothing to cut.
    Same,
    /// These bytes stand for it.
    Changed(Vec<u8>),
}

/// Why a picture is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malformed {
    /// It ends before its end.
    Truncated,
    /// Its parts do not follow the rules of its type.
    Malformed,
    /// A checksum in it is wrong.
    Corrupt,
    /// This type of file has no parts that could be cut.
    Unsupported,
}

impl fmt::Display for Malformed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Truncated => "truncated",
            Self::Malformed => "malformed",
            Self::Corrupt => "corrupt",
            Self::Unsupported => "unsupported",
        })
    }
}

impl std::error::Error for Malformed {}

type Result<T> = std::result::Result<T, Malformed>;

/// The picture without metadata. Its orientation, as the only entry of a new EXIF, its colour profile and its frames
/// stay. The error is a [`Malformed`].
pub fn without_metadata(content_type: &str, bytes: Vec<u8>) -> anyhow::Result<Cut> {
    let cut = match content_type {
        "image/jpeg" => jpeg::cut(&bytes)?,
        "image/png" => png::cut(&bytes)?,
        "image/webp" => webp::cut(&bytes)?,
        "image/gif" => gif::cut(&bytes)?,
        _ => return Err(Malformed::Unsupported.into()),
    };
    Ok(if cut == bytes { Cut::Same } else { Cut::Changed(cut) })
}

/// What is left of a picture to be read, part after part.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Malformed::Truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8> {
        self.take(1)?.first().copied().ok_or(Malformed::Truncated)
    }
}

fn ensure(holds: bool) -> Result<()> {
    if holds { Ok(()) } else { Err(Malformed::Malformed) }
}
