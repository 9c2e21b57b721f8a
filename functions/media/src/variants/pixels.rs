//! Pixels of a variant, and what is to be done with them.

use super::dimensions::Dimensions;

/// One pixel: red, green, blue and how opaque it is.
pub(crate) type Pixel = [u8; 4];

/// A pixel that is not there.
pub(crate) const CLEAR: Pixel = [0; 4];

/// Pixels, row by row from the top.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Pixels {
    pub(crate) size: Dimensions,
    pub(crate) pixels: Vec<Pixel>,
}

/// What is left of a picture that was shrunk.
pub(crate) struct Picture {
    pub(crate) pixels: Pixels,
    /// As EXIF counts it, from 2 to 8; none if the picture is upright.
    pub(crate) orientation: Option<u8>,
    /// Its ICC profile.
    pub(crate) profile: Option<Vec<u8>>,
}
