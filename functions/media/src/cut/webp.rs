//! WebP: chunks in a RIFF file, and in each frame of an animation chunks again.

use super::{Malformed, Rest, Result, ensure};
use crate::{
    exif,
    fields::{le32, length},
};

const HAS_EXIF: u8 = 0x08;
const HAS_XMP: u8 = 0x04;
const FRAME_SIZE: usize = 16;

pub(super) fn cut(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut rest = Rest(bytes);
    ensure(rest.take(4)? == b"RIFF")?;
    let declared = length(le32(rest.take(4)?, 0).ok_or(Malformed::Truncated)?);
    // What lies behind the declared end is cut.
    let mut rest = Rest(rest.take(declared)?);
    ensure(rest.take(4)? == b"WEBP")?;
    let mut parts = Parts { kept: Vec::with_capacity(bytes.len()), ..Parts::default() };
    while !rest.0.is_empty() {
        let (kind, data) = chunk(&mut rest)?;
        parts.add(kind, data)?;
    }
    ensure(parts.has_pixels)?;
    Ok(parts.assembled())
}

#[derive(Default)]
struct Parts {
    /// What the extended format declares: its features, and the size of the whole.
    extended: Option<[u8; 10]>,
    orientation: Option<u8>,
    kept: Vec<u8>,
    has_pixels: bool,
}

impl Parts {
    fn add(&mut self, kind: &[u8], data: &[u8]) -> Result<()> {
        match kind {
            b"VP8X" => {
                ensure(self.extended.is_none() && self.kept.is_empty())?;
                self.extended = Some(*data.first_chunk().ok_or(Malformed::Malformed)?);
            }
            b"VP8 " | b"VP8L" => {
                self.has_pixels = true;
                push(&mut self.kept, kind, data);
            }
            b"ALPH" | b"ICCP" | b"ANIM" => push(&mut self.kept, kind, data),
            b"ANMF" => {
                self.has_pixels = true;
                push(&mut self.kept, kind, &frame(data)?);
            }
            b"EXIF" => self.orientation = self.orientation.or_else(|| exif::orientation(data)),
            _ => {}
        }
        Ok(())
    }

    /// Without the extended format there is no place for an orientation.
    fn assembled(self) -> Vec<u8> {
        let mut picture = Vec::with_capacity(self.kept.len() + 128);
        picture.extend(b"RIFF\0\0\0\0WEBP");
        let orientation = self.orientation.filter(|_| self.extended.is_some());
        if let Some([features, rest @ ..]) = self.extended {
            let exif = if orientation.is_some() { HAS_EXIF } else { 0 };
            push(&mut picture, b"VP8X", &[&[features & !(HAS_EXIF | HAS_XMP) | exif], &rest[..]].concat());
        }
        picture.extend(self.kept);
        if let Some(orientation) = orientation {
            push(&mut picture, b"EXIF", &exif::minimal(orientation));
        }
        let size = u32::try_from(picture.len() - 8).unwrap_or(u32::MAX).to_le_bytes();
        for (place, byte) in picture.iter_mut().skip(4).zip(size) {
            *place = byte;
        }
        picture
    }
}

/// A frame's place and duration, and of its chunks only pixels.
fn frame(data: &[u8]) -> Result<Vec<u8>> {
    let mut rest = Rest(data);
    let mut kept = rest.take(FRAME_SIZE)?.to_vec();
    let mut has_pixels = false;
    while !rest.0.is_empty() {
        let (kind, data) = chunk(&mut rest)?;
        has_pixels |= matches!(kind, b"VP8 " | b"VP8L");
        if matches!(kind, b"VP8 " | b"VP8L" | b"ALPH") {
            push(&mut kept, kind, data);
        }
    }
    ensure(has_pixels)?;
    Ok(kept)
}

/// A chunk is padded to an even length, except that some programs forget it at the end.
fn chunk<'a>(rest: &mut Rest<'a>) -> Result<(&'a [u8], &'a [u8])> {
    let kind = rest.take(4)?;
    let size = length(le32(rest.take(4)?, 0).ok_or(Malformed::Truncated)?);
    let data = rest.take(size)?;
    if !size.is_multiple_of(2) && !rest.0.is_empty() {
        rest.byte()?;
    }
    Ok((kind, data))
}

fn push(picture: &mut Vec<u8>, kind: &[u8], data: &[u8]) {
    picture.extend(kind);
    picture.extend(u32::try_from(data.len()).unwrap_or(u32::MAX).to_le_bytes());
    picture.extend(data);
    if !data.len().is_multiple_of(2) {
        picture.push(0);
    }
}
