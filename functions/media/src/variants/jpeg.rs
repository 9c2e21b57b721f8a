//! Reads JPEG. The decoder writes all pixels at once, and where scans do not each hold whole pixels it keeps all
//! coefficients beside them: the header tells how much that is.

use file_types::Variant;
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use super::dimensions::{Dimensions, ensure_fits};
use super::pixels::Picture;
use super::shrink::{Place, Shrink};
use super::{NoVariant, Result};
use crate::{
    exif,
    fields::{be16, part},
};

const CHANNELS: usize = 3;
const COEFFICIENT_SIZE: u64 = 2;

/// Each scan costs a walk over the whole picture, however few bytes it has. Encoders write a dozen.
const SCANS_MAX: usize = 32;

/// What the header says of the picture.
struct Header {
    size: Dimensions,
    is_progressive: bool,
    /// How many samples each component has in a block, across and down.
    samplings: Vec<(u64, u64)>,
}

/// The picture, shrunk.
pub(crate) fn shrunk(bytes: &[u8], variant: Variant) -> Result<Picture> {
    let dimensions = checked(bytes)?;
    let options = DecoderOptions::default()
        .jpeg_set_out_colorspace(ColorSpace::RGB)
        .jpeg_set_max_scans(SCANS_MAX)
        .set_max_width(usize::from(dimensions.width))
        .set_max_height(usize::from(dimensions.height));
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    let decoded = decoder.decode().map_err(|_| NoVariant::Damaged)?;
    if decoded.len() != dimensions.decoded(CHANNELS as u64)? {
        return Err(NoVariant::Damaged);
    }
    let mut shrink = Shrink::new(dimensions, variant);
    for (row, y) in decoded.chunks_exact(usize::from(dimensions.width) * CHANNELS).zip(0..) {
        let (pixels, _) = row.as_chunks::<CHANNELS>();
        let pixels = pixels.iter().map(|[red, green, blue]| [*red, *green, *blue, u8::MAX]);
        shrink.add(Place { x: 0, y, step: 1 }, pixels);
    }
    let orientation = decoder.exif().and_then(|exif| exif::orientation(exif));
    Ok(Picture { pixels: shrink.finish(), orientation, profile: decoder.icc_profile() })
}

/// The size, if the picture can be decoded in the memory there is.
fn checked(bytes: &[u8]) -> Result<Dimensions> {
    let mut header = None;
    let mut place = 2;
    while let Some([0xFF, marker, ..]) = part(bytes, place, 4) {
        place += match *marker {
            0xFF => 1,
            0x01 | 0xD0..=0xD7 => 2,
            0xC0..=0xC2 if header.is_some() => return Err(NoVariant::Damaged),
            0xDA => {
                let components = bytes.get(place + 4).copied().unwrap_or_default();
                return header
                    .ok_or(NoVariant::Damaged)
                    .and_then(|header: Header| header.checked(components));
            }
            marker => {
                let length = be16(bytes, place + 2).map(usize::from).ok_or(NoVariant::Damaged)?;
                if let 0xC0..=0xC2 = marker {
                    let segment =
                        part(bytes, place + 4, length.saturating_sub(2)).ok_or(NoVariant::Damaged)?;
                    header = Some(Header::read(segment, marker == 0xC2)?);
                }
                2 + length
            }
        };
    }
    Err(NoVariant::Damaged)
}

impl Header {
    fn read(segment: &[u8], is_progressive: bool) -> Result<Self> {
        let side = |at| be16(segment, at).map(u32::from);
        let size = Dimensions::declared(side(3), side(1))?;
        let (components, _) = segment.get(6..).unwrap_or_default().as_chunks::<3>();
        let samplings =
            components.iter().map(|[_, sampling, _]| (u64::from(sampling >> 4), u64::from(sampling & 15)));
        Ok(Self { size, is_progressive, samplings: samplings.collect() })
    }

    fn checked(&self, components_of_first_scan: u8) -> Result<Dimensions> {
        let is_whole = usize::from(components_of_first_scan) == self.samplings.len();
        let kept = if self.is_progressive || !is_whole { self.coefficients() * COEFFICIENT_SIZE } else { 0 };
        ensure_fits(self.size.pixels() * CHANNELS as u64 + kept)?;
        Ok(self.size)
    }

    fn coefficients(&self) -> u64 {
        let across = self.samplings.iter().map(|(across, _)| *across).max().unwrap_or_default().max(1);
        let down = self.samplings.iter().map(|(_, down)| *down).max().unwrap_or_default().max(1);
        let blocks = |side: u16, most: u64| u64::from(side).div_ceil(8 * most);
        let samples: u64 = self.samplings.iter().map(|(across, down)| across * down * 64).sum();
        blocks(self.size.width, across) * blocks(self.size.height, down) * samples
    }
}
