//! Pictures that were made to do harm, or came to harm.

use file_types::Variant;

use crate::variants::{NoVariant, shrink};

use super::make::{self, Image, Jpeg, Png, fields};

const KIND: Png = Png { colours: 6, depth: 8, is_interlaced: false };

fn of_all_types() -> Vec<Vec<u8>> {
    let image = make::photo(160, 120);
    let mut clear = image.clone();
    clear.pixels.iter_mut().step_by(7).for_each(|pixel| pixel[3] = 100);
    let jpegs = [Jpeg::Baseline, Jpeg::Progressive, Jpeg::Grey, Jpeg::Inks, Jpeg::InksApart];
    let mut all: Vec<_> = jpegs.map(|kind| make::jpeg(&image, kind, Some(&make::exif(6)), None)).into();
    all.push(make::png(&clear, KIND, &[], make::index));
    all.push(make::png(&clear, Png { is_interlaced: true, depth: 16, ..KIND }, &[], make::index));
    all.push(make::gif((160, 120), &clear, (0, 0), true));
    all.extend([make::webp_lossless(&clear), make::webp_lossy(&clear), make::webp_lossy(&image)]);
    all
}

#[test]
fn what_is_no_picture_is_refused() {
    for bytes in [b"".as_slice(), b"GIF", b"%PDF-1.7", b"RIFF\0\0\0\0WAVEfmt ", b"\0\0\0\x1CftypavifAAAA"] {
        assert_eq!(shrink(bytes, Variant::Small), Err(NoVariant::NotAPicture));
    }
}

#[test]
fn a_picture_that_ends_early_never_panics() {
    for picture in of_all_types() {
        assert!(shrink(&picture, Variant::Small).is_ok());
        for length in (0..picture.len()).step_by(97) {
            let answer = shrink(&picture[..length], Variant::Small);
            assert!(answer.is_ok() || length < 16 || answer == Err(NoVariant::Damaged), "{answer:?}");
        }
    }
}

#[test]
fn a_picture_with_a_wrong_byte_never_panics() {
    for picture in of_all_types() {
        let headers = (0..picture.len().min(100)).step_by(3);
        for at in headers.chain((100..picture.len()).step_by(picture.len() / 25 + 1)) {
            for wrong in [0, picture[at] ^ 0x81] {
                let mut picture = picture.clone();
                picture[at] = wrong;
                let _ = shrink(&picture, Variant::Small);
            }
        }
    }
}

#[test]
fn headers_that_declare_too_much_are_not_believed() {
    let png = |width, height| {
        let mut file = make::png_head(width, height, KIND);
        make::chunk(&mut file, *b"IDAT", &make::zlib(&[0; 1000]));
        make::chunk(&mut file, *b"IEND", &[]);
        file
    };
    for (width, height) in
        [(65_535, 65_535), (u32::MAX >> 1, 1), (65_536, 1), (10_000, 5001), (u32::MAX, u32::MAX)]
    {
        assert_eq!(shrink(&png(width, height), Variant::Small), Err(NoVariant::TooLarge), "{width} {height}");
    }
    for (width, height) in [(0, 1), (1, 0), (10_000, 5000), (65_535, 700)] {
        assert_eq!(shrink(&png(width, height), Variant::Large), Err(NoVariant::Damaged), "{width} {height}");
    }
    let small = fields(64, 64);
    for sides in [[0xFF; 4], [0x60, 0xEA, 0x60, 0xEA]] {
        let mut gif = make::gif((64, 64), &small, (0, 0), false);
        gif[6..10].copy_from_slice(&sides);
        assert_eq!(shrink(&gif, Variant::Small), Err(NoVariant::TooLarge));
        let mut jpeg = make::jpeg(&small, Jpeg::Baseline, None, None);
        let frame = jpeg.windows(2).position(|window| window == [0xFF, 0xC0]).unwrap();
        jpeg[frame + 5..frame + 9].copy_from_slice(&sides);
        assert_eq!(shrink(&jpeg, Variant::Small), Err(NoVariant::TooLarge));
    }
    let webp =
        make::webp_extended((1 << 24, 1 << 24), 2, &[(b"ANIM", vec![0; 6]), (b"ANMF", still_frame(&small))]);
    assert_eq!(shrink(&webp, Variant::Small), Err(NoVariant::TooLarge));
}

fn still_frame(image: &Image) -> Vec<u8> {
    [vec![0; 6], vec![63, 0, 0, 63, 0, 0, 1, 0, 0, 0], make::webp_lossy(image)[12..].to_vec()].concat()
}

#[test]
fn a_large_jpeg_that_would_be_held_twice_is_refused_before_it_is_decoded() {
    for (kind, about) in [(Jpeg::Baseline, NoVariant::Damaged), (Jpeg::Progressive, NoVariant::TooLarge)] {
        let mut jpeg = make::jpeg(&fields(64, 64), kind, None, None);
        let frame = jpeg.windows(2).position(|window| matches!(window, [0xFF, 0xC0 | 0xC2])).unwrap();
        jpeg[frame + 5..frame + 9].copy_from_slice(&[0x1B, 0x58, 0x1B, 0x58]);
        let answer = shrink(&jpeg, Variant::Small);
        assert!(answer.is_ok() && kind == Jpeg::Baseline || answer == Err(about), "{answer:?}");
    }
}

#[test]
fn a_jpeg_has_few_scans() {
    let jpeg = make::jpeg(&make::photo(1000, 1000), Jpeg::Progressive, None, None);
    let last = jpeg.windows(2).rposition(|window| window == [0xFF, 0xDA]).unwrap();
    let (before, scan) = jpeg[..jpeg.len() - 2].split_at(last);
    let of_scans = |count| shrink(&[before, &scan.repeat(count)].concat(), Variant::Small);
    assert!(of_scans(1).is_ok());
    assert_eq!(of_scans(10_000), Err(NoVariant::Damaged));
}

#[test]
fn the_screen_of_a_gif_may_be_large_and_its_frame_tiny() {
    let dot = Image::of(1, 1, |_, _| [255, 0, 0, 255]);
    let gif = make::gif((7000, 7000), &dot, (6999, 6999), false);
    assert!(shrink(&gif, Variant::Large).unwrap().len() < 100_000);
    assert!(shrink(&make::gif((4, 4), &fields(300, 300), (9, 9), false), Variant::Small).is_ok());
}

#[test]
fn of_ten_thousand_frames_one_is_decoded() {
    let image = fields(200, 200);
    let control = |number: u32| {
        let sides = [200_u32, 200, 0, 0].map(u32::to_be_bytes).concat();
        [number.to_be_bytes().to_vec(), sides, vec![0, 1, 0, 1, 0, 0]].concat()
    };
    let first = control(0);
    let declared = [10_000_u32, 0].map(u32::to_be_bytes).concat();
    let mut png = make::png(&image, KIND, &[(b"acTL", &declared), (b"fcTL", &first)], make::index);
    png.truncate(png.len() - 12);
    // Whoever reads one of them fails.
    let pixels = b"not compressed";
    for frame in 1..10_000 {
        make::chunk(&mut png, *b"fcTL", &control(frame * 2 - 1));
        make::chunk(&mut png, *b"fdAT", &[(frame * 2).to_be_bytes().as_slice(), pixels].concat());
    }
    make::chunk(&mut png, *b"IEND", &[]);
    super::assert_same_quarters(&super::shown(&png, Variant::Small), &image, "of many frames");
}

#[test]
fn what_a_profile_or_a_text_unpacks_to_is_limited() {
    let bomb = [b"name\0\0".as_slice(), &make::zlib(&vec![0; 100 << 20])].concat();
    let chunks: [(&[u8; 4], &[u8]); 2] = [(b"iCCP", &bomb), (b"zTXt", &bomb)];
    let png = make::png(&fields(64, 64), KIND, &chunks, make::index);
    assert!(matches!(shrink(&png, Variant::Small), Ok(_) | Err(NoVariant::Damaged)));
}
