//! Reads WebP, and of a moving one the first frame. Its container is read here, so that the decoder never sees more
//! than one frame, whose size is known.

use file_types::Variant;
use image_webp::WebPDecoder;

use super::dimensions::{Dimensions, ensure_fits};
use super::parts::Parts;
use super::pixels::{CLEAR, Picture};
use super::riff::{HEADER_SIZE, chunk_header, chunks, chunks_within, extended};
use super::shrink::{Place, Shrink};
use super::{NoVariant, Result};
use crate::{
    exif,
    fields::{le16, le24, le32},
};

const FRAME_HEADER_SIZE: usize = 16;
const LOSSLESS_HEADER_SIZE: usize = 5;

/// A picture of its own, or one frame.
struct Frame<'a> {
    size: Dimensions,
    content: Content<'a>,
}

#[derive(Clone, Copy)]
enum Content<'a> {
    Lossless { bytes: &'a [u8], has_opacity: bool },
    Lossy { bytes: &'a [u8], opacity: Option<&'a [u8]> },
}

/// The first frame, shrunk, in its place on the canvas.
pub(crate) fn shrunk(bytes: &[u8], variant: Variant) -> Result<Picture> {
    let find = |sought: &[u8; 4]| chunks(bytes).find(|(name, _)| *name == sought).map(|(_, content)| content);
    let (frame, canvas, x, y) = if let Some(first) = find(b"ANMF") {
        let frame = frame(first.get(FRAME_HEADER_SIZE..).ok_or(NoVariant::Damaged)?)?;
        let header = find(b"VP8X").ok_or(NoVariant::Damaged)?;
        (frame, canvas(header)?, twice(first, 0)?, twice(first, 3)?)
    } else {
        let frame = frame(bytes.get(HEADER_SIZE..).unwrap_or_default())?;
        let size = frame.size;
        (frame, size, 0, 0)
    };
    let mut shrink = Shrink::new(canvas, variant);
    frame.decode_into(&mut shrink, x, y)?;
    let profile = find(b"ICCP").map(<[u8]>::to_vec);
    Ok(Picture { pixels: shrink.finish(), orientation: find(b"EXIF").and_then(exif::orientation), profile })
}

fn canvas(header: &[u8]) -> Result<Dimensions> {
    let side = |at| le24(header, at).map(|less| less + 1);
    Dimensions::declared(side(4), side(7))
}

/// Places of frames are even numbers, of which the half is written.
fn twice(header: &[u8], at: usize) -> Result<u32> {
    le24(header, at).map(|half| half * 2).ok_or(NoVariant::Damaged)
}

fn frame(bytes: &[u8]) -> Result<Frame<'_>> {
    let mut opacity = None;
    for (name, content) in chunks_within(bytes) {
        match name {
            b"ALPH" => opacity = Some(content),
            b"VP8 " => {
                let side = |at| le16(content, at).map(|side| u32::from(side & 0x3FFF));
                let size = Dimensions::declared(side(6), side(8))?;
                return Ok(Frame { size, content: Content::Lossy { bytes: content, opacity } });
            }
            b"VP8L" => {
                let bits = le32(content, 1).ok_or(NoVariant::Damaged)?;
                let side = |bits: u32| Some((bits & 0x3FFF) + 1);
                let size = Dimensions::declared(side(bits), side(bits >> 14))?;
                let has_opacity = bits >> 28 & 1 == 1;
                return Ok(Frame { size, content: Content::Lossless { bytes: content, has_opacity } });
            }
            _ => {}
        }
    }
    Err(NoVariant::Damaged)
}

impl Frame<'_> {
    fn decode_into(self, shrink: &mut Shrink, x: u32, y: u32) -> Result<()> {
        self.ensure_fits()?;
        let [x, y] = [x, y].map(|at| u16::try_from(at).unwrap_or(u16::MAX));
        let still = self.still();
        let parts = still.iter().flat_map(|(header, bytes)| [header.as_slice(), *bytes]).collect();
        let mut decoder = WebPDecoder::new(Parts::new(parts)).map_err(|_| NoVariant::Damaged)?;
        let channels: u16 = if decoder.has_alpha() { 4 } else { 3 };
        let mut decoded = vec![0; self.size.decoded(u64::from(channels))?];
        decoder.read_image(&mut decoded).map_err(|_| NoVariant::Damaged)?;
        let rows = decoded.chunks_exact(usize::from(self.size.width) * usize::from(channels));
        let has_opacity = self.has_opacity();
        for (row, y) in rows.zip(y..) {
            let pixels = row.chunks_exact(usize::from(channels)).map(|pixel| match *pixel {
                [red, green, blue, opacity] if has_opacity => [red, green, blue, opacity],
                [red, green, blue, ..] => [red, green, blue, u8::MAX],
                _ => CLEAR,
            });
            shrink.add(Place { x, y, step: 1 }, pixels);
        }
        Ok(())
    }

    fn has_opacity(&self) -> bool {
        match self.content {
            Content::Lossless { has_opacity, .. } => has_opacity,
            Content::Lossy { opacity, .. } => opacity.is_some(),
        }
    }

    /// The decoder holds all pixels at once, those of a lossy picture before and after their colours are converted,
    /// and their opacity once as a picture of its own.
    fn ensure_fits(&self) -> Result<()> {
        let half_bytes_per_pixel = match self.content {
            Content::Lossless { .. } => 8,
            Content::Lossy { opacity: None, .. } => 9,
            Content::Lossy { opacity: Some(_), .. } => 21,
        };
        ensure_fits(self.size.pixels() * half_bytes_per_pixel / 2)
    }

    /// The parts of a file with nothing but this frame: headers, each followed by bytes that are not copied.
    fn still(&self) -> Vec<(Vec<u8>, &[u8])> {
        // The size of the whole is not looked at: the decoder stops at the end of what there is.
        let head = [b"RIFF".as_slice(), &[0xFF; 4], b"WEBP"].concat();
        match self.content {
            Content::Lossless { bytes, .. } => {
                let (own, pixels) = bytes.split_at(bytes.len().min(LOSSLESS_HEADER_SIZE));
                let mut header = [head, chunk_header(*b"VP8L", bytes), own.to_vec()].concat();
                // Declared opaque, it would be decoded into a copy. What is then read of its opacity is not looked at.
                if let Some(flags) = header.last_mut() {
                    *flags |= 0x10;
                }
                vec![(header, pixels)]
            }
            Content::Lossy { bytes, opacity: None } => {
                vec![([head, chunk_header(*b"VP8 ", bytes)].concat(), bytes)]
            }
            Content::Lossy { bytes, opacity: Some(opacity) } => {
                let sides = extended(u32::from(self.size.width), u32::from(self.size.height), 0, false);
                let header =
                    [head, chunk_header(*b"VP8X", &sides), sides, chunk_header(*b"ALPH", opacity)].concat();
                let padding = vec![0; opacity.len() % 2];
                vec![(header, opacity), ([padding, chunk_header(*b"VP8 ", bytes)].concat(), bytes)]
            }
        }
    }
}
