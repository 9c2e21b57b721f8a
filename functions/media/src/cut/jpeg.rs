//! JPEG: segments by their markers, and between them what the scans hold.
//!
//! The crates for this keep all that follows the first scan as it is, with whatever is appended to the picture.

use super::{Malformed, Rest, Result, ensure};
use crate::{exif, fields::be16};

const START: u8 = 0xD8;
const END: u8 = 0xD9;
const SCAN: u8 = 0xDA;

pub(super) fn cut(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut rest = Rest(bytes);
    ensure(rest.take(2)? == [0xFF, START])?;
    let mut parts = Parts { kept: Vec::with_capacity(bytes.len()), ..Parts::default() };
    loop {
        let marker = marker(&mut rest)?;
        match marker {
            END => break,
            0x01 | 0xD0..=0xD7 => {}
            _ => {
                let segment = segment(&mut rest)?;
                parts.add(marker, segment)?;
                if marker == SCAN {
                    parts.kept.extend(scan(&mut rest)?);
                }
            }
        }
    }
    ensure(parts.has_frame && parts.has_scan)?;
    Ok(parts.assembled())
}

#[derive(Default)]
struct Parts {
    jfif: Option<[u8; 7]>,
    orientation: Option<u8>,
    kept: Vec<u8>,
    has_frame: bool,
    has_scan: bool,
}

impl Parts {
    /// Only what decoding needs is kept, the colour profile, and Adobe's note on how colours are coded.
    fn add(&mut self, marker: u8, segment: &[u8]) -> Result<()> {
        match marker {
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => self.has_frame = true,
            SCAN => {
                ensure(self.has_frame)?;
                self.has_scan = true;
            }
            0xC4 | 0xCC | 0xDB..=0xDD => {}
            0xE0 => {
                self.jfif = self.jfif.or_else(|| jfif(segment));
                return Ok(());
            }
            0xE1 => {
                let exif = segment.strip_prefix(b"Exif\0\0");
                self.orientation = self.orientation.or_else(|| exif::orientation(exif?));
                return Ok(());
            }
            0xE2 if segment.starts_with(b"ICC_PROFILE\0") => {}
            0xEE if segment.starts_with(b"Adobe") && segment.len() == 12 => {}
            0xE2..=0xEF | 0xFE => return Ok(()),
            _ => return Err(Malformed::Malformed),
        }
        push(&mut self.kept, marker, segment);
        Ok(())
    }

    fn assembled(self) -> Vec<u8> {
        let mut picture = Vec::with_capacity(self.kept.len() + 64);
        picture.extend([0xFF, START]);
        if let Some(density) = self.jfif {
            // Without the preview, whose width and height are the last two bytes.
            push(&mut picture, 0xE0, &[b"JFIF\0", &density[..], &[0, 0]].concat());
        }
        if let Some(orientation) = self.orientation {
            push(&mut picture, 0xE1, &[b"Exif\0\0", &exif::minimal(orientation)[..]].concat());
        }
        picture.extend(self.kept);
        picture.extend([0xFF, END]);
        picture
    }
}

/// The version and the density.
fn jfif(segment: &[u8]) -> Option<[u8; 7]> {
    segment.strip_prefix(b"JFIF\0")?.first_chunk().copied()
}

/// Whatever stands between two segments is skipped, as decoders do.
fn marker(rest: &mut Rest<'_>) -> Result<u8> {
    loop {
        while rest.byte()? != 0xFF {}
        let marker = loop {
            match rest.byte()? {
                0xFF => {}
                marker => break marker,
            }
        };
        if marker != 0 {
            return Ok(marker);
        }
    }
}

fn segment<'a>(rest: &mut Rest<'a>) -> Result<&'a [u8]> {
    let length = be16(rest.take(2)?, 0).and_then(|length| length.checked_sub(2));
    rest.take(usize::from(length.ok_or(Malformed::Malformed)?))
}

/// All up to the next marker that is neither a restart nor an escaped byte.
fn scan<'a>(rest: &mut Rest<'a>) -> Result<&'a [u8]> {
    let length = rest.0.windows(2).position(|pair| matches!(pair, [0xFF, 0x01..=0xCF | 0xD8..=0xFE]));
    rest.take(length.ok_or(Malformed::Truncated)?)
}

fn push(picture: &mut Vec<u8>, marker: u8, segment: &[u8]) {
    // Segments are parts of one that was read, or shorter, so that the length always fits.
    let length = u16::try_from(segment.len() + 2).unwrap_or(u16::MAX);
    picture.extend([0xFF, marker]);
    picture.extend(length.to_be_bytes());
    picture.extend(segment);
}
