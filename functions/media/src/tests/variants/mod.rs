//! What variants look like from outside.

mod formats;
mod hostile;
mod make;
mod orientations;
mod profiles;
mod sizes;

use file_types::Variant;
use make::Image;

use crate::variants::shrink;

/// The variant, decoded.
fn shown(picture: &[u8], size: Variant) -> Image {
    decoded(&shrink(picture, size).unwrap())
}

fn decoded(webp: &[u8]) -> Image {
    let mut decoder = image_webp::WebPDecoder::new(std::io::Cursor::new(webp)).unwrap();
    let (width, height) = decoder.dimensions();
    let mut bytes = vec![0; decoder.output_buffer_size().unwrap()];
    decoder.read_image(&mut bytes).unwrap();
    let pixels = if decoder.has_alpha() {
        bytes.as_chunks::<4>().0.to_vec()
    } else {
        bytes.as_chunks::<3>().0.iter().map(|[red, green, blue]| [*red, *green, *blue, 255]).collect()
    };
    Image { width: u16::try_from(width).unwrap(), height: u16::try_from(height).unwrap(), pixels }
}

/// How far two pixels are apart. Colours of what cannot be seen do not count.
fn distance(one: [u8; 4], other: [u8; 4]) -> u8 {
    if one[3] < 8 && other[3] < 8 {
        return 0;
    }
    one.into_iter().zip(other).map(|(one, other)| one.abs_diff(other)).max().unwrap()
}

/// Compares the middles of the four quarters.
fn assert_same_quarters(one: &Image, other: &Image, about: &str) {
    for (x, y) in [(1, 1), (3, 1), (1, 3), (3, 3)] {
        let middle =
            |image: &Image| image.at(u32::from(image.width) * x / 4, u32::from(image.height) * y / 4);
        let (one, other) = (middle(one), middle(other));
        assert!(distance(one, other) < 40, "{about}: {one:?} {other:?} at {x} {y}");
    }
}
