//! How wide and high pictures are, and how large they may be.

use file_types::{PIXELS_MAX, Variant};

use super::{NoVariant, Result};

/// How many bytes a decoder may hold at once. What comes out of it is shrunk as it is read, so that with the file, at
/// most 67 MB, and the rows of the variant, at most 17 MB, everything stays under 256 MB.
const DECODED_MAX: u64 = 170_000_000;

/// Width and height in pixels, neither of which is zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dimensions {
    pub(crate) width: u16,
    pub(crate) height: u16,
}

impl Dimensions {
    /// Those that a header declares.
    pub(crate) fn declared(width: Option<u32>, height: Option<u32>) -> Result<Self> {
        let (width, height) = (width.ok_or(NoVariant::Damaged)?, height.ok_or(NoVariant::Damaged)?);
        if width == 0 || height == 0 {
            return Err(NoVariant::Damaged);
        }
        let side = |side| u16::try_from(side).map_err(|_| NoVariant::TooLarge);
        let dimensions = Self { width: side(width)?, height: side(height)? };
        if dimensions.pixels() > PIXELS_MAX { Err(NoVariant::TooLarge) } else { Ok(dimensions) }
    }

    pub(crate) fn pixels(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    /// How many bytes a picture of this size takes, if a decoder may hold that many at once.
    pub(crate) fn decoded(self, bytes_per_pixel: u64) -> Result<usize> {
        let bytes = self.pixels() * bytes_per_pixel;
        ensure_fits(bytes)?;
        usize::try_from(bytes).map_err(|_| NoVariant::TooLarge)
    }

    /// Those of a variant: of the same shape, never larger, and never less than one pixel.
    pub(crate) fn within(self, variant: Variant) -> Self {
        let longest = self.width.max(self.height);
        if longest <= variant.side_max() {
            return self;
        }
        let [side, max, longest] = [self.width.min(self.height), variant.side_max(), longest].map(u32::from);
        let shortest = u16::try_from((side * max + longest / 2) / longest).unwrap_or(u16::MAX).max(1);
        if self.width >= self.height {
            Self { width: variant.side_max(), height: shortest }
        } else {
            Self { width: shortest, height: variant.side_max() }
        }
    }

    /// The other way round.
    pub(crate) fn swapped(self) -> Self {
        Self { width: self.height, height: self.width }
    }
}

/// Whether a decoder may hold so many bytes at once.
pub(crate) fn ensure_fits(bytes: u64) -> Result<()> {
    if bytes > DECODED_MAX { Err(NoVariant::TooLarge) } else { Ok(()) }
}
