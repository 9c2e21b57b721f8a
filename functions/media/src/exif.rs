//! The one entry of EXIF that is kept: which way up a picture is.

use crate::fields::{be16, be32, le16, le32, length, part};

const ORIENTATION: u16 = 0x0112;
const SHORT: u16 = 3;

/// The orientation that EXIF without its prefix declares, if it turns the picture at all.
pub(crate) fn orientation(exif: &[u8]) -> Option<u8> {
    let exif = exif.strip_prefix(b"Exif\0\0").unwrap_or(exif);
    let is_little = match part(exif, 0, 4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let short = if is_little { le16 } else { be16 };
    let long = if is_little { le32 } else { be32 };
    let directory = exif.get(length(long(exif, 4)?)..)?;
    let (entries, _) = directory.get(2..)?.as_chunks::<12>();
    let entry = entries
        .iter()
        .take(usize::from(short(directory, 0)?))
        .find(|entry| short(&entry[..], 0) == Some(ORIENTATION) && short(&entry[..], 2) == Some(SHORT))?;
    u8::try_from(short(entry, 8)?).ok().filter(|turned| (2..=8).contains(turned))
}

/// A new EXIF with nothing else in it, without a prefix.
pub(crate) fn minimal(orientation: u8) -> Vec<u8> {
    let mut exif = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.push(orientation);
    exif.extend([0; 6]);
    exif
}
