//! Writes WebP: pixels and, where it matters, a colour profile.

use webp::{Encoder, WebPConfig};

use super::pixels::Pixels;
use super::riff::{chunks, extended, riff};
use super::{NoVariant, Result};

/// At this quality a photo looks like the original at the size at which a variant is shown.
const QUALITY: f32 = 80.0;

const HAS_PROFILE: u8 = 0x20;

/// The pixels as a WebP.
pub(crate) fn webp(pixels: &Pixels, profile: Option<&[u8]>) -> Result<Vec<u8>> {
    let (width, height) = (u32::from(pixels.size.width), u32::from(pixels.size.height));
    let is_opaque = pixels.pixels.iter().all(|[.., opacity]| *opacity == u8::MAX);
    let encoded = if is_opaque {
        let bytes: Vec<u8> =
            pixels.pixels.iter().flat_map(|[red, green, blue, _]| [*red, *green, *blue]).collect();
        encoded(&Encoder::from_rgb(&bytes, width, height))?
    } else {
        encoded(&Encoder::from_rgba(pixels.pixels.as_flattened(), width, height))?
    };
    Ok(match profile {
        Some(profile) => with_profile(&encoded, profile, width, height, is_opaque),
        None => encoded,
    })
}

/// The encoder is C, and only ever sees pixels that were made here, whose number it checks.
fn encoded(encoder: &Encoder<'_>) -> Result<Vec<u8>> {
    let mut config = WebPConfig::new().map_err(|()| NoVariant::Damaged)?;
    config.quality = QUALITY;
    let bytes = encoder.encode_advanced(&config).map_err(|_| NoVariant::Damaged)?;
    Ok(bytes.to_vec())
}

/// The same picture in the extended form, in which a profile has its place.
fn with_profile(encoded: &[u8], profile: &[u8], width: u32, height: u32, is_opaque: bool) -> Vec<u8> {
    let mut parts =
        vec![(*b"VP8X", extended(width, height, HAS_PROFILE, is_opaque)), (*b"ICCP", profile.to_vec())];
    let of_the_picture = chunks(encoded).filter(|(name, _)| *name != b"VP8X");
    parts.extend(of_the_picture.map(|(name, content)| (*name, content.to_vec())));
    riff(&parts)
}
