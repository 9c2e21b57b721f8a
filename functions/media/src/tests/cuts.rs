//! What is left of pictures.

use crate::corpus::{animated_png, chunk, gif, jpeg, png, segment, webp, webp_extended};
use crate::{Cut, Malformed, without_metadata};

const PLACE: &[u8] = b"52.5163N 13.3777E";
const PROFILE: &[u8] = b"ICC_PROFILE\0\x01\x01profile";

/// EXIF with a camera, an orientation and a place.
fn exif(orientation: u8, little: bool) -> Vec<u8> {
    let short = |n: u16| if little { n.to_le_bytes() } else { n.to_be_bytes() };
    let long = |n: u32| if little { n.to_le_bytes() } else { n.to_be_bytes() };
    let entry = |tag: u16, kind: u16, count: u32, value: [u8; 4]| {
        [&short(tag)[..], &short(kind), &long(count), &value].concat()
    };
    let mut turned = [0; 4];
    turned[..2].copy_from_slice(&short(orientation.into()));
    let mut bytes = if little { b"II*\0".to_vec() } else { b"MM\0*".to_vec() };
    bytes.extend(long(8));
    bytes.extend(short(3));
    bytes.extend(entry(0x010F, 2, 4, *b"Cam\0"));
    bytes.extend(entry(0x0112, 3, 1, turned));
    bytes.extend(entry(0x8825, 4, 1, long(50)));
    bytes.extend(long(0));
    bytes.extend(PLACE);
    bytes
}

fn changed(content_type: &str, bytes: Vec<u8>) -> Vec<u8> {
    match without_metadata(content_type, bytes).unwrap() {
        Cut::Changed(cut) => {
            assert_eq!(without_metadata(content_type, cut.clone()).unwrap(), Cut::Same);
            cut
        }
        Cut::Same => panic!("nothing was cut"),
    }
}

fn has(bytes: &[u8], sought: &[u8]) -> bool {
    bytes.windows(sought.len()).any(|window| window == sought)
}

fn refused(content_type: &str, bytes: &[u8]) -> Malformed {
    *without_metadata(content_type, bytes.to_vec()).unwrap_err().downcast_ref().unwrap()
}

#[test]
fn jpeg_loses_place_and_camera_and_keeps_orientation_and_profile() {
    for little in [true, false] {
        let with_prefix = [b"Exif\0\0", &exif(6, little)[..]].concat();
        let more = [
            segment(0xE1, &with_prefix),
            segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>"),
            segment(0xE2, PROFILE),
            segment(0xE2, b"MPF\0preview"),
            segment(0xED, b"Photoshop 3.0\x008BIM"),
            segment(0xFE, b"comment"),
        ];
        let cut = changed("image/jpeg", [&jpeg(&more.concat())[..], b"trailing"].concat());
        for gone in
            [PLACE, b"Cam", b"xmpmeta", b"MPF", b"8BIM", b"comment", b"trailing", b"\x88\x25", b"\x25\x88"]
        {
            assert!(!has(&cut, gone), "{gone:?}");
        }
        let kept = segment(0xE1, b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0");
        assert_eq!(cut, jpeg(&[kept, segment(0xE2, PROFILE)].concat()));
    }
}

#[test]
fn jpeg_loses_what_hides_between_scans_and_the_preview_of_its_header() {
    let plain = jpeg(&[]);
    let scan = plain.windows(2).position(|pair| pair == [0xFF, 0xDA]).unwrap();
    let end = plain.len() - 2;
    let second = [&plain[..end], &segment(0xE1, PLACE), &plain[scan..]].concat();
    let cut = changed("image/jpeg", second);
    assert_eq!(cut, [&plain[..end], &plain[scan..]].concat());

    let preview = [&b"JFIF\0\x01\x02\0\0\x48\0\x48\x01\x01"[..], b"\xAA\xBB\xCC"].concat();
    let with_preview = [b"\xFF\xD8", &segment(0xE0, &preview)[..], &plain[20..]].concat();
    assert_eq!(changed("image/jpeg", with_preview), plain);
}

#[test]
fn png_loses_texts_and_keeps_orientation_profile_and_frames() {
    let profile = chunk(*b"iCCP", b"name\0\0profile");
    let more =
        [chunk(*b"tEXt", PLACE), chunk(*b"eXIf", &exif(6, false)), chunk(*b"prVt", b"x"), profile.clone()];
    let cut = changed("image/png", [&png(&more.concat())[..], b"trailing"].concat());
    let kept = chunk(*b"eXIf", b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0");
    assert_eq!(cut, png(&[kept, profile].concat()));
    assert_eq!(without_metadata("image/png", animated_png(10_000)).unwrap(), Cut::Same);
}

#[test]
fn gif_loses_comments_and_texts_and_keeps_frames_loops_and_their_times() {
    let kept = [b"\x21\xFF\x0BNETSCAPE2.0\x03\x01\0\0\0", &b"\x21\xF9\x04\0\x0A\0\0\0"[..]].concat();
    let gone = [
        &b"\x21\xFE\x03abc\0"[..],
        b"\x21\xFF\x0BXMP DataXMP\x03abc\0",
        b"\x21\xFF\x0BNETSCAPE2.0\x03abc\0",
        b"\x21\xF9\x04\0\x63\0\0\0\x21\x01\x0C\0\0\0\0\0\0\0\0\0\0\0\0\x03abc\0",
    ]
    .concat();
    let cut = changed("image/gif", [&gif(&[&gone[..], &kept].concat())[..], b"trailing"].concat());
    assert_eq!(cut, gif(&kept));
}

#[test]
fn webp_loses_texts_also_in_frames_and_keeps_orientation_and_profile() {
    let before = [(b"ICCP", &b"profile"[..])];
    let turned = exif(6, true);
    let whole = webp_extended(0x2C, &before, &[(b"EXIF", &turned), (b"XMP ", b"<x/>"), (b"priv", PLACE)]);
    let cut = changed("image/webp", [&whole[..], b"trailing"].concat());
    let kept = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    assert_eq!(cut, webp_extended(0x28, &before, &[(b"EXIF", kept)]));

    let frame = |more: &[u8]| [&[0; 16], &b"VP8L\x02\0\0\0\x2F\0"[..], more].concat();
    let hidden = webp_extended(0x02, &[(b"ANMF", &frame(b"priv\x02\0\0\0ab"))], &[]);
    assert_eq!(changed("image/webp", hidden), webp_extended(0x02, &[(b"ANMF", &frame(b""))], &[]));
}

#[test]
fn every_orientation_is_kept_and_upright_is_not_written() {
    for orientation in 0..=9 {
        let picture = png(&chunk(*b"eXIf", &exif(orientation, true)));
        let expected = (2..=8).contains(&orientation);
        assert_eq!(has(&changed("image/png", picture), b"eXIf"), expected, "{orientation}");
    }
}

#[test]
fn clean_pictures_stay_and_each_one_cut_short_is_refused() {
    let pictures =
        [("image/jpeg", jpeg(&[])), ("image/png", png(&[])), ("image/gif", gif(&[])), ("image/webp", webp())];
    for (content_type, picture) in pictures {
        assert_eq!(without_metadata(content_type, picture.clone()).unwrap(), Cut::Same);
        for length in 0..picture.len() {
            let fault = refused(content_type, &picture[..length]);
            assert_eq!(fault, Malformed::Truncated, "{content_type} {length}");
        }
    }
}

#[test]
fn what_breaks_the_rules_is_refused_with_a_word() {
    let mut wrong = png(&[]);
    wrong[29] ^= 1;
    assert_eq!(refused("image/png", &wrong), Malformed::Corrupt);
    assert_eq!(refused("image/png", &png(&chunk(*b"CgBI", b""))), Malformed::Malformed);
    assert_eq!(refused("image/png", &jpeg(&[])), Malformed::Malformed);
    assert_eq!(refused("image/jpeg", b"\xFF\xD8\xFF\xD9"), Malformed::Malformed);
    assert_eq!(refused("image/svg+xml", b"<svg/>"), Malformed::Unsupported);
    assert_eq!(Malformed::Truncated.to_string(), "truncated");
}
