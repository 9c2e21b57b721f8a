//! One row of a variant while its pixels come in.

use super::pixels::{CLEAR, Pixel};

/// Sums over a pixel's area, weighted by opacity, which has 255 for its largest.
pub(crate) type Sums = [f32; 4];

/// Most rows are not begun or done at any time. Only those between hold sums, which are four times as large as pixels.
pub(crate) enum Row {
    Empty,
    Filling { sums: Vec<Sums>, pixels_left: u32 },
    Done(Vec<Pixel>),
}

impl Row {
    /// Adds what falls into it of a row of the picture, which has so many pixels. When all that will ever come have
    /// come, which are `pixels_all`, it is done.
    pub(crate) fn add(&mut self, line: &[Sums], weight: f32, pixels: u32, pixels_all: u32) {
        if let Self::Empty = self {
            *self = Self::Filling { sums: vec![[0.0; 4]; line.len()], pixels_left: pixels_all };
        }
        let Self::Filling { sums, pixels_left } = self else { return };
        for (sum, more) in sums.iter_mut().zip(line) {
            add(sum, *more, weight);
        }
        *pixels_left = pixels_left.saturating_sub(pixels);
        if *pixels_left == 0 {
            *self = Self::Done(sums.iter().map(pixel).collect());
        }
    }

    /// Its pixels. What never came is transparent.
    pub(crate) fn finish(self, width: usize) -> Vec<Pixel> {
        match self {
            Self::Empty => vec![CLEAR; width],
            Self::Filling { sums, .. } => sums.iter().map(pixel).collect(),
            Self::Done(pixels) => pixels,
        }
    }
}

/// Adds a part of some sums to others.
#[inline]
pub(crate) fn add(sum: &mut Sums, more: Sums, weight: f32) {
    let ([red, green, blue, opacity], [r, g, b, o]) = (sum, more);
    *red += r * weight;
    *green += g * weight;
    *blue += b * weight;
    *opacity += o * weight;
}

fn pixel(sums: &Sums) -> Pixel {
    let [red, green, blue, opacity] = *sums;
    if opacity < 0.5 {
        return CLEAR;
    }
    let colour = |sum: f32| byte(sum * 255.0 / opacity);
    [colour(red), colour(green), colour(blue), byte(opacity)]
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, as it should")]
fn byte(value: f32) -> u8 {
    (value + 0.5) as u8
}
