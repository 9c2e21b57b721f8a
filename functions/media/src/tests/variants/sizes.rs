//! How large variants are.

use file_types::Variant;

use crate::variants::shrink;

use super::make::{self, Jpeg, Png};
use super::shown;

fn sides(width: u16, height: u16, size: Variant) -> (u16, u16) {
    let image = make::fields(width, height);
    let kind = Png { colours: 2, depth: 8, is_interlaced: false };
    let shown = shown(&make::png(&image, kind, &[], make::index), size);
    (shown.width, shown.height)
}

#[test]
fn none_is_larger_than_the_original() {
    for (width, height) in [(1, 1), (1, 128), (127, 3), (128, 128)] {
        for size in Variant::ALL {
            assert_eq!(sides(width, height, size), (width, height));
        }
    }
}

#[test]
fn the_shape_is_kept() {
    assert_eq!(sides(400, 200, Variant::Small), (128, 64));
    assert_eq!(sides(200, 400, Variant::Small), (64, 128));
    assert_eq!(sides(1000, 999, Variant::Medium), (512, 511));
    assert_eq!(sides(129, 129, Variant::Small), (128, 128));
    assert_eq!(sides(3000, 2000, Variant::Large), (2048, 1365));
}

#[test]
fn a_side_has_at_least_one_pixel() {
    assert_eq!(sides(40_000, 1, Variant::Small), (128, 1));
    assert_eq!(sides(2, 5000, Variant::Medium), (1, 512));
    assert_eq!(sides(65_535, 1, Variant::Large), (2048, 1));
}

#[test]
fn what_is_not_shrunk_is_the_same_to_the_eye() {
    let image = make::photo(128, 96);
    let kind = Png { colours: 2, depth: 8, is_interlaced: false };
    let shown = shown(&make::png(&image, kind, &[], make::index), Variant::Small);
    let pairs = shown.pixels.iter().zip(&image.pixels);
    let sum: u32 = pairs.map(|(one, other)| u32::from(super::distance(*one, *other))).sum();
    assert!(sum / 128 / 96 < 16, "{sum}");
}

#[test]
fn an_average_is_one_of_all_pixels() {
    let image = make::Image::of(1280, 640, |x, y| if (x + y) % 2 == 0 { [0, 0, 0, 255] } else { [255; 4] });
    let kind = Png { colours: 2, depth: 8, is_interlaced: true };
    let shown = shown(&make::png(&image, kind, &[], make::index), Variant::Small);
    assert!(shown.pixels.iter().all(|pixel| super::distance(*pixel, [128, 128, 128, 255]) < 4));
}

#[test]
fn a_photo_takes_few_bytes() {
    let photo = make::jpeg(&make::photo(1200, 900), Jpeg::Baseline, None, None);
    let lengths = Variant::ALL.map(|size| shrink(&photo, size).unwrap().len());
    assert!(lengths[0] < 10_000 && lengths[1] < 80_000 && lengths[2] < 400_000, "{lengths:?}");
}
