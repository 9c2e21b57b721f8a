//! Reads the first frame of a GIF, row by row.

use file_types::Variant;
use gif::{ColorOutput, DecodeOptions, Decoder, Frame, MemoryLimit};
use std::num::NonZeroU64;

use super::dimensions::Dimensions;
use super::pixels::{CLEAR, Picture, Pixel};
use super::shrink::{Place, Shrink};
use super::{NoVariant, Result};
use crate::fields::le16;

/// For what is read besides pixels: extensions.
const BESIDES_MAX: NonZeroU64 = NonZeroU64::new(4 * 1024 * 1024).unwrap();

/// Where the rows of an interlaced frame begin, and how far they are apart.
const PASSES: [(u16, u16); 4] = [(0, 8), (4, 8), (2, 4), (1, 2)];

/// The first frame, shrunk, in its place on the canvas.
pub(crate) fn shrunk(bytes: &[u8], variant: Variant) -> Result<Picture> {
    let canvas = Dimensions::declared(le16(bytes, 6).map(u32::from), le16(bytes, 8).map(u32::from))?;
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::Indexed);
    options.set_memory_limit(MemoryLimit::Bytes(BESIDES_MAX));
    let mut decoder = options.read_info(bytes).map_err(|_| NoVariant::Damaged)?;
    let frame = decoder.next_frame_info().map_err(|_| NoVariant::Damaged)?.ok_or(NoVariant::Damaged)?.clone();
    let mut shrink = Shrink::new(canvas, variant);
    decode(&mut decoder, &frame, &mut shrink)?;
    let profile = decoder.icc_profile().map(<[u8]>::to_vec);
    Ok(Picture { pixels: shrink.finish(), orientation: None, profile })
}

fn decode(decoder: &mut Decoder<&[u8]>, frame: &Frame<'_>, shrink: &mut Shrink) -> Result<()> {
    let size = Dimensions::declared(Some(frame.width.into()), Some(frame.height.into()))?;
    let colours = colours(decoder.palette().map_err(|_| NoVariant::Damaged)?, frame.transparent);
    let mut row = vec![0; usize::from(size.width)];
    for y in rows(size.height, frame.interlaced) {
        if !decoder.fill_buffer(&mut row).map_err(|_| NoVariant::Damaged)? {
            return Err(NoVariant::Damaged);
        }
        let place = Place { x: frame.left, y: frame.top.saturating_add(y), step: 1 };
        shrink.add(place, row.iter().filter_map(|index| colours.get(usize::from(*index)).copied()));
    }
    Ok(())
}

/// The colour of each index. Those that the palette does not have are transparent, as browsers show them.
fn colours(palette: &[u8], transparent: Option<u8>) -> [Pixel; 256] {
    let mut colours = [CLEAR; 256];
    let (palette, _) = palette.as_chunks::<3>();
    for (colour, [red, green, blue]) in colours.iter_mut().zip(palette) {
        *colour = [*red, *green, *blue, u8::MAX];
    }
    if let Some(index) = transparent {
        colours[usize::from(index)] = CLEAR;
    }
    colours
}

/// Rows in the order in which they are written.
fn rows(height: u16, is_interlaced: bool) -> impl Iterator<Item = u16> {
    let passes: &[(u16, u16)] = if is_interlaced { &PASSES } else { &[(0, 1)] };
    passes.iter().flat_map(move |(first, step)| (*first..height).step_by(usize::from(*step)))
}
