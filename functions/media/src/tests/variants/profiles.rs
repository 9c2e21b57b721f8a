//! Colour profiles, and that nothing else comes out.

use file_types::Variant;

use crate::variants::shrink;

use super::make::{self, Jpeg, Png, exif, fields, profile};
use super::{assert_same_quarters, decoded};

const KIND: Png = Png { colours: 6, depth: 8, is_interlaced: false };

fn kept(picture: &[u8]) -> Option<Vec<u8>> {
    let webp = shrink(picture, Variant::Small).unwrap();
    assert_same_quarters(&decoded(&webp), &fields(240, 160), "with a profile");
    let mut decoder = image_webp::WebPDecoder::new(std::io::Cursor::new(webp)).unwrap();
    decoder.icc_profile().unwrap()
}

fn with_profile(profile: &[u8]) -> [Vec<u8>; 3] {
    let image = fields(240, 160);
    let packed = [b"name\0\0".as_slice(), &make::zlib(profile)].concat();
    let pixels = make::webp_lossy(&image)[20..].to_vec();
    [
        make::jpeg(&image, Jpeg::Baseline, None, Some(profile)),
        make::png(&image, KIND, &[(b"iCCP", &packed)], make::index),
        make::webp_extended((240, 160), 0x20, &[(b"ICCP", profile.to_vec()), (b"VP8 ", pixels)]),
    ]
}

#[test]
fn one_for_more_colours_is_kept_from_each_type() {
    let profile = profile(*b"RGB ", "Display P3");
    for picture in with_profile(&profile) {
        assert_eq!(kept(&picture), Some(profile.clone()));
    }
}

#[test]
fn one_that_says_what_is_taken_for_granted_is_not() {
    for picture in with_profile(&profile(*b"RGB ", "sRGB IEC61966-2.1")) {
        assert_eq!(kept(&picture), None);
    }
}

#[test]
fn one_for_grey_or_inks_is_not() {
    for space in [*b"GRAY", *b"CMYK"] {
        for picture in with_profile(&profile(space, "Display P3")) {
            assert_eq!(kept(&picture), None);
        }
    }
}

#[test]
fn a_malformed_one_is_no_matter() {
    let whole = profile(*b"RGB ", "Display P3");
    for length in [0, 1, 17, 128, 131, 140, 150] {
        for picture in with_profile(&whole[..length]) {
            kept(&picture);
        }
    }
}

#[test]
fn it_is_kept_beside_what_is_transparent() {
    let mut image = fields(240, 160);
    image.pixels[0][3] = 0;
    let profile = profile(*b"RGB ", "Display P3");
    let packed = [b"name\0\0".as_slice(), &make::zlib(&profile)].concat();
    assert_eq!(kept(&make::png(&image, KIND, &[(b"iCCP", &packed)], make::index)), Some(profile));
}

#[test]
fn no_other_metadata_comes_out() {
    let image = fields(240, 160);
    let exif = exif(3);
    let pixels = make::webp_lossy(&image)[20..].to_vec();
    let more: [(&[u8; 4], &[u8]); 2] = [(b"eXIf", &exif), (b"tEXt", b"Comment\0SECR")];
    let pictures = [
        make::jpeg(&image, Jpeg::Baseline, Some(&exif), None),
        make::png(&image, KIND, &more, make::index),
        make::webp_extended(
            (240, 160),
            0x0C,
            &[(b"VP8 ", pixels), (b"EXIF", exif.clone()), (b"XMP ", b"SECR".to_vec())],
        ),
    ];
    for picture in pictures {
        assert!(picture.windows(4).any(|window| window == b"SECR"));
        let webp = shrink(&picture, Variant::Medium).unwrap();
        assert!(
            !webp.windows(4).any(|window| [b"SECR", b"EXIF", b"XMP "].contains(&window.try_into().unwrap()))
        );
    }
}
