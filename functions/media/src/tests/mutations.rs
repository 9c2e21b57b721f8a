//! Bytes by chance, from a fixed seed, so that a failure comes again.

use super::found;
use crate::corpus::{animated_png, chunk, gif, jpeg, ole, png, segment, webp_extended, zip_64};
use crate::{Cut, corpus, without_metadata};

const TYPES: [&str; 4] = ["image/jpeg", "image/png", "image/webp", "image/gif"];

struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end.max(1) as u64).unwrap()
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[3]
    }

    fn mutated(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len());
            match self.below(5) {
                0 => bytes.truncate(at),
                1 => bytes.insert(at, self.byte()),
                2 if !bytes.is_empty() => drop(bytes.remove(at)),
                3 => bytes.iter_mut().skip(at).take(4).for_each(|byte| *byte = 0xFF),
                _ => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte = self.byte()),
            }
        }
        bytes
    }
}

fn check_cut(content_type: &str, bytes: &[u8]) -> bool {
    match without_metadata(content_type, bytes.to_vec()) {
        Ok(Cut::Changed(cut)) => {
            assert!(cut.len() <= bytes.len() + 64, "{content_type} {bytes:?}");
            assert_eq!(without_metadata(content_type, cut).unwrap(), Cut::Same, "{content_type} {bytes:?}");
            true
        }
        Ok(Cut::Same) => true,
        Err(_) => false,
    }
}

#[tokio::test]
async fn bytes_by_chance_never_panic() {
    let mut chance = Chance(0x9E37_79B9_7F4A_7C15);
    for _ in 0..5_000 {
        let bytes: Vec<u8> = (0..chance.below(300)).map(|_| chance.byte()).collect();
        found(&bytes).await;
        for content_type in TYPES {
            check_cut(content_type, &bytes);
        }
    }
}

#[tokio::test]
async fn valid_files_with_changes_never_panic_nor_grow_and_are_cut_once_for_all() {
    let mut chance = Chance(0x2545_F491_4F6C_DD1D);
    let exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0";
    let mut files: Vec<Vec<u8>> = corpus().into_iter().map(|file| file.bytes).collect();
    files.retain(|file| file.len() < 10_000);
    files.extend([
        jpeg(&segment(0xE1, exif)),
        png(&chunk(*b"eXIf", &exif[6..])),
        gif(b"\x21\xF9\x04\0\x0A\0\0\0"),
        webp_extended(0x08, &[(b"ICCP", b"odd")], &[(b"EXIF", exif)]),
        animated_png(3),
        ole(&["WordDocument", "Macros"]),
        zip_64(&[("[Content_Types].xml", b""), ("word/document.xml", b"")]),
    ]);
    let mut cuts = 0;
    for round in 0..20_000 {
        let bytes = chance.mutated(&files[round % files.len()]);
        found(&bytes).await;
        cuts += TYPES.iter().filter(|content_type| check_cut(content_type, &bytes)).count();
    }
    assert!(cuts > 500, "only {cuts} were pictures still");
}

#[tokio::test]
async fn the_time_is_linear_in_the_size() {
    let start = std::time::Instant::now();
    let gap = vec![0xFF; 20_000_000];
    for content_type in TYPES {
        for head in [jpeg(&[]), png(&[]), gif(&[]), webp_extended(0, &[], &[])] {
            check_cut(content_type, &[&head[..head.len() - 2], &gap].concat());
        }
    }
    found(&[b"PK\x03\x04", &b"PK\x05\x06".repeat(100_000)[..]].concat()).await;
    found(&[&b"%PDF-1.7 startxref "[..], &b"/EncryptX".repeat(100_000)].concat()).await;
    found(&b"<!---->".repeat(100_000)).await;
    found(&b"<!".repeat(100_000)).await;
    assert!(start.elapsed().as_secs() < 30);
}
