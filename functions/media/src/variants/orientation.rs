//! Turns a picture the way it is to be seen.

use super::pixels::{CLEAR, Pixels};

/// The pixels as they are to be seen.
pub(crate) fn upright(pixels: Pixels, orientation: Option<u8>) -> Pixels {
    let Some(orientation) = orientation else { return pixels };
    let size = if orientation < 5 { pixels.size } else { pixels.size.swapped() };
    let [width, height] = [pixels.size.width, pixels.size.height].map(usize::from);
    let source = |x: usize, y: usize| match orientation {
        2 => (width - 1 - x, y),
        3 => (width - 1 - x, height - 1 - y),
        4 => (x, height - 1 - y),
        5 => (y, x),
        6 => (y, height - 1 - x),
        7 => (width - 1 - y, height - 1 - x),
        8 => (width - 1 - y, x),
        _ => (x, y),
    };
    let places =
        (0..usize::from(size.height)).flat_map(|y| (0..usize::from(size.width)).map(move |x| (x, y)));
    let turned = places.map(|(x, y)| source(x, y)).map(|(x, y)| pixels.pixels.get(y * width + x));
    Pixels { size, pixels: turned.map(|pixel| pixel.copied().unwrap_or(CLEAR)).collect() }
}
