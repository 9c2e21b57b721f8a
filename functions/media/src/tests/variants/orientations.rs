//! Which way up.

use file_types::Variant;

use super::make::{self, Image, Jpeg, Png, exif, fields};
use super::{assert_same_quarters, shown};

/// What EXIF says of each orientation: where the first row and the first column of the file are to be seen.
fn upright(image: &Image, orientation: u8) -> Image {
    let (w, h) = (u32::from(image.width) - 1, u32::from(image.height) - 1);
    let (width, height) =
        if orientation < 5 { (image.width, image.height) } else { (image.height, image.width) };
    let mut upright = Image { width, height, pixels: vec![[0; 4]; image.pixels.len()] };
    for row in 0..=h {
        for column in 0..=w {
            let (x, y) = match orientation {
                1 => (column, row),         // top, left
                2 => (w - column, row),     // top, right
                3 => (w - column, h - row), // bottom, right
                4 => (column, h - row),     // bottom, left
                5 => (row, column),         // left, top
                6 => (h - row, column),     // right, top
                7 => (h - row, w - column), // right, bottom
                _ => (row, w - column),     // left, bottom
            };
            upright.pixels[y as usize * usize::from(width) + x as usize] = image.at(column, row);
        }
    }
    upright
}

fn assert_upright(picture: &[u8], image: &Image, orientation: u8) {
    let expected = upright(image, orientation);
    for size in [Variant::Small, Variant::Large] {
        let shown = shown(picture, size);
        assert_eq!(shown.width > shown.height, expected.width > expected.height, "{orientation}");
        assert_same_quarters(&shown, &expected, &format!("orientation {orientation}"));
    }
}

#[test]
fn all_eight_are_carried_out_in_each_type() {
    let image = fields(240, 160);
    let kind = Png { colours: 2, depth: 8, is_interlaced: false };
    for orientation in 1..=8 {
        let exif = exif(orientation);
        assert_upright(&make::jpeg(&image, Jpeg::Baseline, Some(&exif), None), &image, orientation);
        assert_upright(&make::png(&image, kind, &[(b"eXIf", &exif)], make::index), &image, orientation);
        let pixels = make::webp_lossy(&image)[20..].to_vec();
        let webp = make::webp_extended((240, 160), 8, &[(b"VP8 ", pixels), (b"EXIF", exif)]);
        assert_upright(&webp, &image, orientation);
    }
}

#[test]
fn pixels_are_turned_one_by_one() {
    let image =
        Image::of(64, 32, |x, y| [u8::try_from(x * 3).unwrap(), u8::try_from(y * 7).unwrap(), 128, 255]);
    let kind = Png { colours: 2, depth: 8, is_interlaced: false };
    for orientation in 1..=8 {
        let picture = make::png(&image, kind, &[(b"eXIf", &exif(orientation))], make::index);
        let (shown, expected) = (shown(&picture, Variant::Small), upright(&image, orientation));
        assert_eq!((shown.width, shown.height), (expected.width, expected.height));
        let pairs = shown.pixels.iter().zip(&expected.pixels);
        assert!(pairs.clone().all(|(one, other)| super::distance(*one, *other) < 24), "{orientation}");
    }
}

#[test]
fn a_png_may_declare_it_behind_its_pixels() {
    let image = fields(240, 160);
    let kind = Png { colours: 2, depth: 8, is_interlaced: false };
    let mut picture = make::png(&image, kind, &[], make::index);
    let end = picture.split_off(picture.len() - 12);
    make::chunk(&mut picture, *b"eXIf", &exif(6));
    picture.extend(end);
    assert_upright(&picture, &image, 6);
}

#[test]
fn what_is_no_orientation_is_none() {
    let image = fields(240, 160);
    for exif in [exif(0), exif(9), exif(255), b"MM\0*".to_vec(), b"II*\0\xFF\xFF\xFF\xFF".to_vec(), vec![]] {
        assert_upright(&make::jpeg(&image, Jpeg::Baseline, Some(&exif), None), &image, 1);
    }
}
