//! Sound and moving pictures: containers of which the type stands a little behind the signature, and streams that have
//! none but a row of frames.

use crate::Source;
use crate::fields::{be32, find, length, part};
use crate::source::HEAD;

const START: usize = 4 * 1024;
/// The boxes that may follow the first.
const BOXES: [&[u8; 4]; 14] = [
    b"moov", b"mdat", b"free", b"skip", b"wide", b"moof", b"styp", b"sidx", b"uuid", b"meta", b"pdin",
    b"pnot", b"emsg", b"prft",
];

pub(crate) fn content_type(head: &[u8]) -> Option<&'static str> {
    iso_media(head).or_else(|| matroska(head)).or_else(|| ogg(head)).or_else(|| frames(head))
}

/// What follows a tag, which may hold a large picture.
pub(crate) async fn behind_tag(source: &impl Source, head: &[u8]) -> anyhow::Result<Option<&'static str>> {
    let Some([a @ ..0x80, b @ ..0x80, c @ ..0x80, d @ ..0x80]) = part(head, 6, 4) else {
        return Ok(None);
    };
    let size = [a, b, c, d].iter().fold(0_u64, |size, byte| size << 7 | u64::from(**byte));
    let behind = source.read(10 + size, HEAD).await?;
    let padding = behind.iter().take_while(|byte| **byte == 0).count();
    let behind = behind.get(padding..).unwrap_or_default();
    if behind.starts_with(b"fLaC") {
        return Ok(Some("audio/flac"));
    }
    Ok(frames(behind))
}

/// MP4 and its relatives name a brand at first; `QuickTime` had none in the beginning.
fn iso_media(head: &[u8]) -> Option<&'static str> {
    let size = length(be32(head, 0)?);
    if part(head, 4, 4)? != b"ftyp" {
        let is_movie = matches!(part(head, 4, 4)?, b"moov" | b"mdat" | b"wide" | b"free" | b"skip");
        return (is_movie && size >= 8 && has_movie(head)).then_some("video/quicktime");
    }
    // A size that is text begins markup, not a box.
    if !(16..=START).contains(&size) || !size.is_multiple_of(4) {
        return None;
    }
    // Only a box follows a box.
    let next = part(head, size + 4, 4)?;
    if !BOXES.iter().any(|kind| *kind == next) {
        return None;
    }
    let compatible = part(head, 16, size - 16)?;
    match part(head, 8, 4)? {
        b"heic" | b"heix" | b"hevc" | b"hevx" | b"heim" | b"heis" => Some("image/heic"),
        b"mif1" | b"msf1" if compatible.chunks(4).any(|brand| brand == b"heic") => Some("image/heic"),
        b"M4A " | b"M4B " | b"M4P " => Some("audio/mp4"),
        b"M4V " | b"M4VH" | b"M4VP" => Some("video/x-m4v"),
        b"qt  " => Some("video/quicktime"),
        [b'3', b'g', b'2', _] => Some("video/3gpp2"),
        [b'3', b'g', _, _] => Some("video/3gpp"),
        [b'i', b's', b'o', b'm' | b'2'..=b'9']
        | b"mp41"
        | b"mp42"
        | b"avc1"
        | b"dash"
        | b"MSNV"
        | b"mmp4"
        | b"XAVC" => Some("video/mp4"),
        _ => None,
    }
}

fn has_movie(head: &[u8]) -> bool {
    [b"moov", b"mdat"].into_iter().any(|kind| find(head.get(..START).unwrap_or(head), kind).is_some())
}

/// A header of elements, one of which is the type of the document, then the segment with everything else.
fn matroska(head: &[u8]) -> Option<&'static str> {
    const SEGMENT: &[u8] = b"\x18\x53\x80\x67";
    const VOID: &[u8] = b"\xEC";
    let header = head.strip_prefix(b"\x1A\x45\xDF\xA3")?;
    // The zeros before the first bit that is set tell by how many bytes the size is longer than one.
    let longer = length(header.first()?.leading_zeros());
    let size = part(header, 1, longer)?
        .iter()
        .fold(usize::from(header.first()? & (0x7F >> longer)), |size, byte| size << 8 | usize::from(*byte));
    let elements = part(header, 1 + longer, size.min(START))?;
    let behind = header.get(1 + longer + elements.len()..)?;
    if !behind.starts_with(SEGMENT) && !behind.starts_with(VOID) {
        return None;
    }
    let at = find(elements, b"\x42\x82")? + 2;
    let size = usize::from(elements.get(at)?.checked_sub(0x80)?);
    match part(elements, at + 1, size)? {
        b"webm" => Some("video/webm"),
        b"matroska" => Some("video/x-matroska"),
        _ => None,
    }
}

/// The first packet of the first page names a codec; further pages may name more.
fn ogg(head: &[u8]) -> Option<&'static str> {
    const VIDEO: [&[u8]; 3] = [b"\x80theora", b"\x01video", b"BBCD\0"];
    const AUDIO: [&[u8]; 5] = [b"\x01vorbis", b"OpusHead", b"Speex   ", b"\x7FFLAC", b"fishead\0"];
    if !head.starts_with(b"OggS\0") {
        return None;
    }
    let packet = head.get(27 + usize::from(*head.get(26)?)..)?;
    if !VIDEO.iter().chain(&AUDIO).any(|codec| packet.starts_with(codec)) {
        return None;
    }
    let start = packet.get(..START).unwrap_or(packet);
    let has_video = VIDEO.iter().any(|codec| find(start, codec).is_some());
    Some(if has_video { "video/ogg" } else { "audio/ogg" })
}

/// The frames of MPEG audio begin with eleven bits, which is little: a second one has to stand where the first ends.
fn frames(bytes: &[u8]) -> Option<&'static str> {
    if let Some(size) = mpeg_frame(bytes) {
        return mpeg_frame(bytes.get(size..)?).map(|_| "audio/mpeg");
    }
    let size = aac_frame(bytes)?;
    aac_frame(bytes.get(size..)?).map(|_| "audio/aac")
}

/// The size of a frame by its version, layer, bit rate and sampling rate.
fn mpeg_frame(bytes: &[u8]) -> Option<usize> {
    const RATES_1: [[usize; 14]; 3] = [
        [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
        [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
        [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
    ];
    const RATES_2: [[usize; 14]; 2] = [
        [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
        [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    ];
    let header = be32(bytes, 0).filter(|header| header >> 21 == 0x7FF)?;
    let field = |shift: u32, mask: u32| length(header >> shift & mask);
    let (version, padding) = (field(19, 3), field(9, 1));
    let layer = 4_usize.checked_sub(field(17, 3)).filter(|layer| *layer < 4)?;
    let rates = if version == 3 { RATES_1.get(layer - 1)? } else { RATES_2.get((layer - 1).min(1))? };
    let bits = rates.get(field(12, 15).checked_sub(1)?)? * 1000;
    let halvings = match version {
        3 => 0,
        2 => 1,
        0 => 2,
        _ => return None,
    };
    let samples_per_second = [44_100, 48_000, 32_000].get(field(10, 3))? >> halvings;
    Some(match layer {
        1 => (12 * bits / samples_per_second + padding) * 4,
        3 if version != 3 => 72 * bits / samples_per_second + padding,
        _ => 144 * bits / samples_per_second + padding,
    })
}

fn aac_frame(bytes: &[u8]) -> Option<usize> {
    if be32(bytes, 0)? >> 16 & 0xFFF6 != 0xFFF0 {
        return None;
    }
    Some(length(be32(bytes, 3)? >> 13 & 0x1FFF)).filter(|size| *size >= 7)
}
