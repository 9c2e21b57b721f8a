//! PNG: chunks of a length, a kind, data and a checksum.

use super::{Malformed, Rest, Result, ensure};
use crate::{
    exif,
    fields::{be32, length},
};

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1A\n";
const HEADER_SIZE: usize = 13;

pub(super) fn cut(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut rest = Rest(bytes);
    ensure(rest.take(SIGNATURE.len())? == SIGNATURE)?;
    let header = Chunk::read(&mut rest)?;
    ensure(header.kind == b"IHDR" && header.data.len() == HEADER_SIZE)?;
    header.check()?;
    let mut kept: Vec<u8> = Vec::with_capacity(bytes.len());
    let mut orientation = None;
    let mut has_pixels = false;
    loop {
        let chunk = Chunk::read(&mut rest)?;
        match chunk.kind {
            b"IEND" => break,
            b"eXIf" => orientation = orientation.or_else(|| exif::orientation(chunk.data)),
            kind if is_kept(kind) => {
                chunk.check()?;
                has_pixels |= kind == b"IDAT";
                kept.extend(chunk.whole);
            }
            // A small first letter means that a picture can be shown without it.
            kind => ensure(kind.first().is_some_and(u8::is_ascii_lowercase))?,
        }
    }
    ensure(has_pixels)?;
    let mut picture = Vec::with_capacity(kept.len() + 128);
    picture.extend(SIGNATURE);
    picture.extend(header.whole);
    if let Some(orientation) = orientation {
        push(&mut picture, *b"eXIf", &exif::minimal(orientation));
    }
    picture.extend(kept);
    push(&mut picture, *b"IEND", &[]);
    Ok(picture)
}

struct Chunk<'a> {
    kind: &'a [u8],
    data: &'a [u8],
    whole: &'a [u8],
}

impl<'a> Chunk<'a> {
    fn read(rest: &mut Rest<'a>) -> Result<Self> {
        let before = rest.0;
        let data_size = length(be32(rest.take(4)?, 0).ok_or(Malformed::Truncated)?);
        let kind = rest.take(4)?;
        ensure(kind.iter().all(u8::is_ascii_alphabetic))?;
        let data = rest.take(data_size)?;
        rest.take(4)?;
        let whole = before.get(..data_size + 12).ok_or(Malformed::Truncated)?;
        Ok(Self { kind, data, whole })
    }

    fn check(&self) -> Result<()> {
        let holds = be32(self.whole, 8 + self.data.len()) == Some(checksum(self.kind, self.data));
        if holds { Ok(()) } else { Err(Malformed::Corrupt) }
    }
}

/// Pixels, frames, and how colours and sizes are meant.
fn is_kept(kind: &[u8]) -> bool {
    matches!(
        kind,
        b"PLTE"
            | b"IDAT"
            | b"tRNS"
            | b"acTL"
            | b"fcTL"
            | b"fdAT"
            | b"cHRM"
            | b"gAMA"
            | b"iCCP"
            | b"sRGB"
            | b"sBIT"
            | b"bKGD"
            | b"pHYs"
            | b"cICP"
            | b"mDCV"
            | b"cLLI"
    )
}

fn push(picture: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    picture.extend(u32::try_from(data.len()).unwrap_or_default().to_be_bytes());
    picture.extend(kind);
    picture.extend(data);
    picture.extend(checksum(&kind, data).to_be_bytes());
}

fn checksum(kind: &[u8], data: &[u8]) -> u32 {
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(kind);
    checksum.update(data);
    checksum.finalize()
}
