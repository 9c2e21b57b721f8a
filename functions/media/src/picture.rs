//! The width and height of pictures, by their headers.

use crate::Source;
use crate::fields::{be16, be32, le16, le24, le32, length, part};
use crate::source::HEAD;

const READS_MAX: usize = 64;

/// The width and height of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// The size of those pictures that can be shown in place.
pub(crate) async fn size(
    content_type: &str,
    source: &impl Source,
    head: &[u8],
) -> anyhow::Result<Option<Size>> {
    Ok(match content_type {
        "image/png" => size_of(be32(head, 16), be32(head, 20)),
        "image/gif" => size_of(le16(head, 6).map(u32::from), le16(head, 8).map(u32::from)),
        "image/webp" => webp(head),
        "image/jpeg" => jpeg(source, head).await?,
        _ => None,
    })
}

/// How many frames an animated PNG declares. The declaration stands before the pixels.
pub(crate) fn frames(content_type: &str, head: &[u8]) -> Option<u32> {
    let mut rest = head.get(8..).filter(|_| content_type == "image/png")?;
    loop {
        match part(rest, 4, 4)? {
            b"acTL" => return be32(rest, 8),
            b"IDAT" => return None,
            _ => rest = rest.get(length(be32(rest, 0)?).checked_add(12)?..)?,
        }
    }
}

fn size_of(width: Option<u32>, height: Option<u32>) -> Option<Size> {
    Some(Size { width: width.filter(|w| *w > 0)?, height: height.filter(|h| *h > 0)? })
}

fn webp(head: &[u8]) -> Option<Size> {
    match part(head, 12, 4)? {
        b"VP8X" => size_of(le24(head, 24).map(|less| less + 1), le24(head, 27).map(|less| less + 1)),
        b"VP8L" => {
            let bits = le32(head, 21).filter(|_| head.get(20) == Some(&0x2F))?;
            size_of(Some((bits & 0x3FFF) + 1), Some((bits >> 14 & 0x3FFF) + 1))
        }
        _ => {
            part(head, 23, 3).filter(|code| *code == b"\x9D\x01\x2A")?;
            let side = |at| le16(head, at).map(|side| u32::from(side & 0x3FFF));
            size_of(side(26), side(28))
        }
    }
}

/// The frame's header comes after what cameras and programs write, which can be longer than what was read of the file.
async fn jpeg(source: &impl Source, head: &[u8]) -> anyhow::Result<Option<Size>> {
    let mut place;
    let mut walk = segments(head, 2);
    for _ in 0..READS_MAX {
        match walk {
            Walk::Frame(size) => return Ok(size),
            Walk::None => return Ok(None),
            Walk::Beyond(on) => place = on,
        }
        let window = source.read(place, HEAD).await?;
        walk = match segments(&window, 0) {
            Walk::Beyond(0) => Walk::None,
            Walk::Beyond(on) => Walk::Beyond(place + on),
            ended => ended,
        };
    }
    Ok(None)
}

/// Where a walk over the segments of a part of a JPEG ended.
enum Walk {
    Frame(Option<Size>),
    None,
    /// The next segment begins here, seen from the start of the part, and does not lie in it.
    Beyond(u64),
}

fn segments(bytes: &[u8], start: usize) -> Walk {
    const FRAME_SIZE: usize = 10;
    let mut place = start;
    while let Some(segment) = part(bytes, place, FRAME_SIZE) {
        let [0xFF, marker, ..] = *segment else { return Walk::None };
        place += match marker {
            0xFF => 1,
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                let side = |at| be16(segment, at).map(u32::from);
                return Walk::Frame(size_of(side(7), side(5)));
            }
            0x01 | 0xD0..=0xD7 => 2,
            0xD9 | 0xDA => return Walk::None,
            _ => 2 + usize::from(be16(segment, 2).unwrap_or_default()),
        };
    }
    Walk::Beyond(place as u64)
}
