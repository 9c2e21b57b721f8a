//! Smaller variants of pictures that strangers uploaded. A picture is never held whole where that can be helped, what
//! its header declares is checked before anything is decoded, and nothing of its metadata but the colour profile
//! comes out at the other end.

mod dimensions;
mod encode;
mod gif;
mod jpeg;
mod orientation;
mod parts;
mod pixels;
mod png;
mod profile;
mod riff;
mod row;
mod shrink;
mod webp;

use file_types::Variant;

use pixels::Picture;

/// Why there is no variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoVariant {
    /// Its bytes begin like none of the pictures that can be read.
    NotAPicture,
    /// By its header it has more pixels than [`file_types::PIXELS_MAX`] or a side of more than 65,535, or, where it cannot be decoded row
    /// by row, it would take more memory than there is.
    TooLarge,
    /// It does not follow the rules of its type, or ends before its end.
    Damaged,
}

type Result<T> = std::result::Result<T, NoVariant>;

/// Makes a variant, as WebP. It is never larger than the original, and upright: the orientation that metadata declares
/// is carried out.
pub(crate) fn shrink(picture: &[u8], variant: Variant) -> Result<Vec<u8>> {
    let Picture { pixels, orientation, profile } = match picture {
        [0xFF, 0xD8, 0xFF, ..] => jpeg::shrunk(picture, variant)?,
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => png::shrunk(picture, variant)?,
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => gif::shrunk(picture, variant)?,
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => webp::shrunk(picture, variant)?,
        _ => return Err(NoVariant::NotAPicture),
    };
    let pixels = orientation::upright(pixels, orientation);
    let profile = profile.filter(|profile| profile::is_kept(profile));
    encode::webp(&pixels, profile.as_deref())
}
