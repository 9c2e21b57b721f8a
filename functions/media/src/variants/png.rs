//! Reads PNG, row by row, and of a moving one the picture that stands for it.

use std::io::Cursor;

use file_types::Variant;
use png::{ColorType, Decoder, Limits, Reader, Transformations};

use super::dimensions::Dimensions;
use super::pixels::{CLEAR, Picture, Pixel};
use super::shrink::{Place, Shrink};
use super::{NoVariant, Result};
use crate::{exif, fields::be32};

/// For what is read besides pixels: palettes, profiles, EXIF.
const BESIDES_MAX: usize = 16 * 1024 * 1024;

/// Where the pixels of an interlaced picture begin, column and row, and how far they are apart.
const PASSES: [Pass; 7] =
    [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];

type Pass = (u16, u16, u16, u16);
type File<'a> = Reader<Cursor<&'a [u8]>>;

/// The picture, shrunk.
pub(crate) fn shrunk(bytes: &[u8], variant: Variant) -> Result<Picture> {
    let dimensions = Dimensions::declared(be32(bytes, 16), be32(bytes, 20))?;
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), Limits { bytes: BESIDES_MAX });
    decoder.set_ignore_text_chunk(true);
    decoder.set_transformations(Transformations::normalize_to_color8());
    let mut file = decoder.read_info().map_err(|_| NoVariant::Damaged)?;
    let mut shrink = Shrink::new(dimensions, variant);
    decode(&mut file, dimensions, &mut shrink)?;
    let profile = file.info().icc_profile.as_deref().map(<[u8]>::to_vec);
    let orientation = metadata(&mut file).and_then(|exif| exif::orientation(&exif));
    Ok(Picture { pixels: shrink.finish(), orientation, profile })
}

fn decode(file: &mut File<'_>, dimensions: Dimensions, shrink: &mut Shrink) -> Result<()> {
    let (color, _) = file.output_color_type();
    let channels = color.samples();
    for place in places(dimensions, file.info().interlaced) {
        let row = file.next_row().map_err(|_| NoVariant::Damaged)?.ok_or(NoVariant::Damaged)?;
        shrink.add(place, row.data().chunks_exact(channels).map(|samples| pixel(color, samples)));
    }
    Ok(())
}

fn pixel(color: ColorType, samples: &[u8]) -> Pixel {
    match (color, samples) {
        (ColorType::Grayscale, [grey]) => [*grey, *grey, *grey, u8::MAX],
        (ColorType::GrayscaleAlpha, [grey, opacity]) => [*grey, *grey, *grey, *opacity],
        (ColorType::Rgb, [red, green, blue]) => [*red, *green, *blue, u8::MAX],
        (ColorType::Rgba, [red, green, blue, opacity]) => [*red, *green, *blue, *opacity],
        _ => CLEAR,
    }
}

/// Where rows lie, in the order in which they are written. A pass that no pixel falls into has none.
fn places(dimensions: Dimensions, is_interlaced: bool) -> impl Iterator<Item = Place> {
    let passes: &[Pass] = if is_interlaced { &PASSES } else { &[(0, 0, 1, 1)] };
    let passes = passes.iter().filter(move |(x, ..)| *x < dimensions.width);
    passes.flat_map(move |(x, first, step, apart)| {
        let rows = (*first..dimensions.height).step_by(usize::from(*apart));
        rows.map(|y| Place { x: *x, y, step: *step })
    })
}

/// EXIF may stand behind the pixels, and what else stands there is no matter.
fn metadata(file: &mut File<'_>) -> Option<Vec<u8>> {
    if file.info().exif_metadata.is_none() {
        file.finish().ok()?;
    }
    file.info().exif_metadata.as_deref().map(<[u8]>::to_vec)
}
