//! Shrinks a picture while it is decoded: each pixel of the variant is the average of the area that it covers. Rows may
//! come in any order and in parts, as in an interlaced PNG.

use super::dimensions::Dimensions;
use super::pixels::{Pixel, Pixels};
use super::row::{Row, Sums, add};
use file_types::Variant;

/// A picture that is being shrunk.
pub(crate) struct Shrink {
    from: Dimensions,
    to: Dimensions,
    across: Vec<Share>,
    down: Vec<Share>,
    rows: Vec<Row>,
    line: Vec<Sums>,
}

/// Where the pixels of a row of the picture lie.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub(crate) x: u16,
    pub(crate) y: u16,
    /// From one pixel to the next.
    pub(crate) step: u16,
}

/// How a row or column of the picture falls into those of the variant. As that is never larger, they are two at most.
#[derive(Clone, Copy)]
struct Share {
    cell: usize,
    first: f32,
    second: f32,
}

impl Shrink {
    /// Of a picture with these dimensions.
    pub(crate) fn new(from: Dimensions, variant: Variant) -> Self {
        let to = from.within(variant);
        Self {
            from,
            to,
            across: shares(from.width, to.width),
            down: shares(from.height, to.height),
            rows: (0..to.height).map(|_| Row::Empty).collect(),
            line: Vec::new(),
        }
    }

    /// Adds pixels of one row of the picture. What lies beyond its edges is left out.
    pub(crate) fn add(&mut self, place: Place, pixels: impl IntoIterator<Item = Pixel>) {
        let Some(down) = self.down.get(usize::from(place.y)).copied() else { return };
        self.line.clear();
        self.line.resize(usize::from(self.to.width), [0.0; 4]);
        let columns = self.across.iter().skip(usize::from(place.x)).step_by(usize::from(place.step));
        let mut count = 0;
        for (share, pixel) in columns.zip(pixels) {
            count += 1;
            let Some([first, rest @ ..]) = self.line.get_mut(share.cell..) else { continue };
            let sums = weighted(pixel);
            add(first, sums, share.first);
            if let ([second, ..], true) = (rest, share.second > 0.0) {
                add(second, sums, share.second);
            }
        }
        self.add_line(down.cell, down.first, count);
        if down.second > 0.0 {
            self.add_line(down.cell + 1, down.second, count);
        }
    }

    fn add_line(&mut self, cell: usize, weight: f32, count: u32) {
        let all = self.rows_within(cell) * u32::from(self.from.width);
        if let Some(row) = self.rows.get_mut(cell) {
            row.add(&self.line, weight, count, all);
        }
    }

    /// How many rows of the picture fall into one of the variant, if only in part.
    fn rows_within(&self, cell: usize) -> u32 {
        let [from, to] = [self.from.height, self.to.height].map(u32::from);
        let cell = u32::try_from(cell).unwrap_or(u32::MAX);
        ((cell + 1) * from - 1) / to - cell * from / to + 1
    }

    /// The variant. What never came is transparent.
    pub(crate) fn finish(self) -> Pixels {
        let width = usize::from(self.to.width);
        let mut pixels = Vec::with_capacity(width * usize::from(self.to.height));
        for row in self.rows {
            pixels.extend(row.finish(width));
        }
        Pixels { size: self.to, pixels }
    }
}

/// One side is cut into as many parts as both sides have pixels, multiplied, so that all is counted in whole numbers.
fn shares(from: u16, to: u16) -> Vec<Share> {
    let part = |length: u32| f32::from(u16::try_from(length).unwrap_or(u16::MAX)) / f32::from(from);
    let (from, to) = (u32::from(from), u32::from(to));
    (0..from)
        .map(|at| {
            let (start, cell) = (at * to, at * to / from);
            let first = to.min((cell + 1) * from - start);
            Share { cell: cell as usize, first: part(first), second: part(to - first) }
        })
        .collect()
}

/// Colours count as much as they can be seen, so that those behind what is transparent do not shine through.
#[inline]
fn weighted([red, green, blue, opacity]: Pixel) -> Sums {
    let [red, green, blue, opacity] = [red, green, blue, opacity].map(f32::from);
    let seen = opacity * (1.0 / 255.0);
    [red * seen, green * seen, blue * seen, opacity]
}
