//! Types by signatures. The crate is `file-format`: it knows more types than `infer` and none twice, asks the longer
//! signature first, so that other files are not taken for one of ours by two bytes, and has no dependency and no unsafe
//! code. Where a signature is too short to be trusted, or stands for several types, the bytes behind it are read too.

use file_format::FileFormat;

use crate::fields::{be16, be32, le16, le32, length, part};
use crate::{Source, streams};

/// The media type in the words of the table, or nothing if it is another, or not even what it begins like.
pub(crate) async fn content_type(source: &impl Source, head: &[u8]) -> anyhow::Result<Option<&'static str>> {
    if head.starts_with(b"ID3") {
        return streams::behind_tag(source, head).await;
    }
    if let Some(found) = streams::content_type(head) {
        return Ok(Some(found));
    }
    Ok(by_signature(head))
}

fn by_signature(head: &[u8]) -> Option<&'static str> {
    let (content_type, holds) = match FileFormat::from_bytes(head) {
        FileFormat::PortableNetworkGraphics | FileFormat::AnimatedPortableNetworkGraphics => {
            ("image/png", part(head, 8, 8) == Some(b"\0\0\0\x0DIHDR"))
        }
        FileFormat::JointPhotographicExpertsGroup => ("image/jpeg", is_jpeg(head)),
        FileFormat::GraphicsInterchangeFormat => ("image/gif", is_gif(head)),
        FileFormat::Webp => ("image/webp", is_webp(head)),
        FileFormat::TagImageFileFormat => ("image/tiff", true),
        FileFormat::WindowsIcon => ("image/vnd.microsoft.icon", is_icon(head)),
        FileFormat::AdobePhotoshopDocument => {
            ("image/vnd.adobe.photoshop", be16(head, 4).is_some_and(|v| v == 1 || v == 2))
        }
        FileFormat::ExperimentalComputingFacility => ("image/x-xcf", true),
        FileFormat::FreeLosslessAudioCodec => ("audio/flac", true),
        FileFormat::AudioInterchangeFileFormat => ("audio/aiff", true),
        FileFormat::WaveformAudio => ("audio/wav", is_wave(head)),
        FileFormat::AudioVideoInterleave => ("video/x-msvideo", true),
        FileFormat::AudioCodec3 => ("audio/ac3", is_ac3(head)),
        FileFormat::AdvancedSystemsFormat => ("video/x-ms-asf", true),
        FileFormat::FlashVideo => ("video/x-flv", be32(head, 5) == Some(9)),
        FileFormat::Realmedia => ("application/vnd.rn-realmedia", true),
        FileFormat::Mpeg12Video => ("video/mpeg", true),
        FileFormat::SmallWebFormat => {
            ("application/vnd.adobe.flash.movie", head.get(3).is_some_and(|version| *version < 64))
        }
        FileFormat::WordperfectDocument => ("application/vnd.wordperfect", true),
        _ if is_bmp(head) => ("image/bmp", true),
        _ if head.starts_with(&[0x1F, 0x07, 0x00]) => ("video/x-dv", true),
        _ => return None,
    };
    holds.then_some(content_type)
}

/// The third byte of the signature begins a marker.
fn is_jpeg(head: &[u8]) -> bool {
    matches!(head, [0xFF, 0xD8, 0xFF, 0xC0..=0xFE, ..])
}

/// A screen of a width and a height, then a block or a table of colours.
fn is_gif(head: &[u8]) -> bool {
    let table = match head.get(10) {
        Some(bits) if bits & 0x80 != 0 => 3 << ((bits & 7) + 1),
        _ => 0,
    };
    // Some programs pad with zeros before the first block.
    head.get(13 + table..)
        .and_then(|blocks| blocks.iter().find(|byte| **byte != 0))
        .is_some_and(|first| matches!(first, 0x21 | 0x2C))
}

fn is_webp(head: &[u8]) -> bool {
    head.starts_with(b"RIFF") && matches!(part(head, 12, 4), Some(b"VP8 " | b"VP8L" | b"VP8X"))
}

/// The format of the samples is said in a chunk, and other chunks may come before.
fn is_wave(head: &[u8]) -> bool {
    let mut rest = head.get(12..).filter(|_| head.starts_with(b"RIFF")).unwrap_or_default();
    while let (Some(kind), Some(size)) = (part(rest, 0, 4), le32(rest, 4)) {
        if kind == b"fmt " {
            return (14..=64).contains(&size);
        }
        let padded = length(size).saturating_add(length(size & 1)).saturating_add(8);
        rest = rest.get(padded..).unwrap_or_default();
    }
    false
}

/// Four zeros, ones and twos would be a weak signature: the first picture has to lie behind the list.
fn is_icon(head: &[u8]) -> bool {
    let count = le16(head, 4).map_or(0, u32::from);
    let place = le32(head, 18).unwrap_or_default();
    count > 0 && head.get(9) == Some(&0) && place >= 6 + 16 * count
}

/// The place of the pixels and one of the sizes that headers had.
fn is_bmp(head: &[u8]) -> bool {
    head.starts_with(b"BM")
        && le32(head, 6) == Some(0)
        && matches!(le32(head, 14), Some(12 | 16 | 40 | 52 | 56 | 64 | 108 | 124))
        && le32(head, 10).is_some_and(|pixels| (26..0x1_0000).contains(&pixels))
}

/// A rate and a size of frames that exist, of one of the known versions.
fn is_ac3(head: &[u8]) -> bool {
    let rate = head.get(4).copied().unwrap_or(0xFF);
    rate >> 6 != 3 && rate & 0x3F < 38 && head.get(5).is_some_and(|version| version >> 3 <= 10)
}
