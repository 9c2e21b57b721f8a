//! Each kind of source, and its odd forms.

use file_types::Variant;

use crate::variants::shrink;

use super::make::{self, Image, Jpeg, Png, fields};
use super::{assert_same_quarters, distance, shown};

/// Fields, of which one is not there.
fn with_hole(width: u16, height: u16) -> Image {
    let mut image = fields(width, height);
    for pixel in image.pixels.iter_mut().filter(|pixel| **pixel == [20, 20, 220, 255]) {
        *pixel = [0; 4];
    }
    image
}

fn grey(image: &Image) -> Image {
    Image { pixels: image.pixels.iter().map(|[_, g, _, a]| [*g, *g, *g, *a]).collect(), ..image.clone() }
}

fn assert_shown(picture: &[u8], expected: &Image, about: &str) {
    for size in Variant::ALL {
        assert_same_quarters(&shown(picture, size), expected, about);
    }
}

#[test]
fn each_jpeg_keeps_its_colours() {
    let image = fields(330, 250);
    for kind in [Jpeg::Baseline, Jpeg::Progressive, Jpeg::Inks, Jpeg::InksApart] {
        assert_shown(&make::jpeg(&image, kind, None, None), &image, &format!("{kind:?}"));
    }
    assert_shown(&make::jpeg(&image, Jpeg::Grey, None, None), &grey(&image), "grey");
}

#[test]
fn each_png_keeps_its_colours_and_its_holes() {
    let image = with_hole(331, 253);
    let opaque = fields(331, 253);
    for is_interlaced in [false, true] {
        for depth in [8, 16] {
            let png =
                |image, colours| make::png(image, Png { colours, depth, is_interlaced }, &[], make::index);
            let about = format!("{depth} bits, interlaced: {is_interlaced}");
            assert_shown(&png(&opaque, 0), &grey(&opaque), &about);
            assert_shown(&png(&opaque, 2), &opaque, &about);
            assert_shown(&png(&image, 4), &grey(&image), &about);
            assert_shown(&png(&image, 6), &image, &about);
        }
        let palette = Png { colours: 3, depth: 8, is_interlaced };
        let opacities = [vec![255; 216], vec![0]].concat();
        let chunks: [(&[u8; 4], &[u8]); 2] = [(b"PLTE", &make::palette()), (b"tRNS", &opacities)];
        assert_shown(&make::png(&image, palette, &chunks, make::index), &image, "palette");
    }
}

#[test]
fn a_png_of_few_bits_is_read() {
    let image = Image::of(301, 211, |x, _| if x < 150 { [0, 0, 0, 255] } else { [255; 4] });
    for depth in [1, 2, 4] {
        for is_interlaced in [false, true] {
            let kind = Png { colours: 0, depth, is_interlaced };
            assert_shown(&make::png(&image, kind, &[], make::index), &image, &format!("{depth} bits"));
        }
    }
    let colours: [(&[u8; 4], &[u8]); 1] = [(b"PLTE", &[9, 9, 9, 200, 50, 50])];
    let kind = Png { colours: 3, depth: 1, is_interlaced: false };
    let expected = Image::of(301, 211, |x, _| if x < 150 { [9, 9, 9, 255] } else { [200, 50, 50, 255] });
    assert_shown(&make::png(&image, kind, &colours, |pixel| pixel[0] & 1), &expected, "palette of one bit");
}

#[test]
fn of_interlaced_rows_all_fall_where_they_belong() {
    for (width, height) in [(1, 1), (2, 3), (5, 1), (1, 9), (9, 9), (700, 5), (3, 650)] {
        let image = make::photo(width, height);
        let png =
            |is_interlaced| make::png(&image, Png { colours: 2, depth: 8, is_interlaced }, &[], make::index);
        let gif = |is_interlaced| make::gif((width, height), &image, (0, 0), is_interlaced);
        assert_eq!(
            shrink(&png(true), Variant::Small),
            shrink(&png(false), Variant::Small),
            "{width} {height}"
        );
        assert_eq!(
            shrink(&gif(true), Variant::Small),
            shrink(&gif(false), Variant::Small),
            "{width} {height}"
        );
    }
}

#[test]
fn a_gif_keeps_its_colours_and_its_holes() {
    let image = with_hole(300, 200);
    for is_interlaced in [false, true] {
        assert_shown(&make::gif((300, 200), &image, (0, 0), is_interlaced), &image, "gif");
    }
}

#[test]
fn a_frame_of_a_gif_lies_in_its_place_and_is_cut_at_the_edges() {
    let frame = Image::of(60, 60, |_, _| [204, 0, 0, 255]);
    let picture = shown(&make::gif((100, 80), &frame, (50, 40), false), Variant::Medium);
    assert_eq!((picture.width, picture.height), (100, 80));
    assert_eq!(picture.at(20, 20)[3], 0);
    assert!(distance(picture.at(80, 60), [204, 0, 0, 255]) < 40);
}

#[test]
fn each_webp_keeps_its_colours_and_its_holes() {
    for image in [fields(320, 240), with_hole(320, 240)] {
        assert_shown(&make::webp_lossless(&image), &image, "lossless");
        assert_shown(&make::webp_lossy(&image), &image, "lossy");
    }
}

#[test]
fn of_a_moving_webp_the_first_frame_is_shown_in_its_place() {
    let frame = |at: (u8, u8), image: &Image, webp: &[u8]| {
        let side = |side: u16| (u32::from(side) - 1).to_le_bytes()[..3].to_vec();
        let place = vec![at.0 / 2, 0, 0, at.1 / 2, 0, 0];
        let pixels = webp[12..].to_vec();
        [place, side(image.width), side(image.height), vec![100, 0, 0, 0], pixels].concat()
    };
    let (red, blue) =
        (Image::of(40, 40, |_, _| [220, 10, 10, 255]), Image::of(40, 40, |_, _| [10, 10, 220, 255]));
    for webp in [make::webp_lossless, make::webp_lossy] {
        let frames = [
            (b"ANIM", vec![0; 6]),
            (b"ANMF", frame((60, 40), &red, &webp(&red))),
            (b"ANMF", frame((0, 0), &blue, &webp(&blue))),
        ];
        let picture = shown(&make::webp_extended((120, 90), 0x12, &frames), Variant::Medium);
        assert_eq!((picture.width, picture.height), (120, 90));
        assert_eq!(picture.at(10, 10)[3], 0);
        assert!(distance(picture.at(80, 60), [220, 10, 10, 255]) < 40);
    }
}

#[test]
fn what_is_half_transparent_stays_so_and_hidden_colours_do_not_shine_through() {
    let image = Image::of(512, 512, |x, _| if x % 4 < 2 { [200, 40, 40, 255] } else { [0, 255, 0, 0] });
    let kind = Png { colours: 6, depth: 8, is_interlaced: false };
    let picture = shown(&make::png(&image, kind, &[], make::index), Variant::Small);
    assert!(picture.pixels.iter().all(|pixel| distance(*pixel, [200, 40, 40, 128]) < 12));
}
