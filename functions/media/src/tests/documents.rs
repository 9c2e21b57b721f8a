//! What documents, archives, streams and texts are found to be.

use std::sync::atomic::{AtomicU64, Ordering};

use file_types::by_extension;

use super::found;
use crate::corpus::{animated_png, ole, pdf, png, segment, zip, zip_64, zip_of};
use crate::{Source, identify};
use file_types::{Finding, Flag, TextKind, UNKNOWN, agrees};

fn fits(name: &str, finding: &Finding) -> bool {
    agrees(by_extension(name).unwrap(), finding)
}

#[tokio::test]
async fn packages_are_told_apart_by_the_names_of_their_members() {
    for (members, name) in [
        (&["[Content_Types].xml", "word/document.xml"][..], "a.docx"),
        (&["[Content_Types].xml", "word/document2.xml"], "a.docx"),
        (&["[Content_Types].xml", "xl/workbook.xml"], "a.xlsx"),
        (&["[Content_Types].xml", "xl/workbook.bin"], "a.xlsb"),
        (&["[Content_Types].xml", "ppt/presentation.xml"], "a.pptx"),
        (&["[Content_Types].xml", "FixedDocSeq.fdseq"], "a.oxps"),
        (&["Index/Document.iwa"], "a.pages"),
        (&["Index/Document.iwa"], "a.numbers"),
        (&["Index/Document.iwa", "Index/Slide-1.iwa"], "a.key"),
    ] {
        let finding = found(&zip(members)).await;
        assert!(fits(name, &finding), "{name} {finding:?}");
        assert!(!fits("a.pdf", &finding) && !fits("a.doc", &finding));
    }
    for members in
        [&["word/document.xml"][..], &["[Content_Types].xml"], &["[Content_Types].xml", "word/styles.xml"]]
    {
        assert_eq!(found(&zip(members)).await.content_type, "application/zip");
    }
    assert_eq!(found(&zip(&[])).await.content_type, "application/zip");
}

#[tokio::test]
async fn an_open_document_says_what_it_is_in_its_first_member() {
    for (kind, name) in [("text", "a.odt"), ("spreadsheet", "a.ods"), ("presentation", "a.odp")] {
        let declared = format!("application/vnd.oasis.opendocument.{kind}");
        let first = ("mimetype", declared.as_bytes());
        let finding = found(&zip_of(&[first, ("content.xml", b"")])).await;
        assert!(fits(name, &finding), "{finding:?}");
        let later = found(&zip_of(&[("content.xml", b""), first])).await;
        assert_eq!(later.content_type, "application/zip");
    }
    let locked =
        zip_of(&[("mimetype", b"application/vnd.oasis.opendocument.text"), ("encrypted-package", b"")]);
    assert_eq!(found(&locked).await.flags, [Flag::Encrypted]);
    assert_eq!(
        found(&zip_of(&[("mimetype", b"application/epub+zip")])).await.content_type,
        "application/epub+zip"
    );
}

/// A file that is only partly there, and counts what is read of it.
struct Far {
    start: Vec<u8>,
    end: Vec<u8>,
    gap: u64,
    read: AtomicU64,
}

impl Source for Far {
    fn size(&self) -> u64 {
        self.start.len() as u64 + self.gap + self.end.len() as u64
    }

    async fn read(&self, from: u64, length: usize) -> anyhow::Result<Vec<u8>> {
        self.read.fetch_add(length as u64, Ordering::Relaxed);
        let to = (from + length as u64).min(self.size());
        let middle = self.start.len() as u64 + self.gap;
        let byte = |at: u64| match usize::try_from(at) {
            Ok(near) if near < self.start.len() => self.start[near],
            _ if at < middle => 0,
            _ => self.end[usize::try_from(at - middle).unwrap()],
        };
        Ok((from..to).map(byte).collect())
    }
}

#[tokio::test]
async fn a_directory_beyond_four_gigabytes_is_found_with_bounded_reads() {
    let members = [("[Content_Types].xml", &b""[..]), ("word/document.xml", b"")];
    let gap = 5_000_000_000_u64;
    let mut whole = zip_64(&members);
    assert!(fits("a.docx", &found(&whole).await));
    let start = whole.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
    let mut end = whole.split_off(start);
    for signature in [&b"PK\x06\x06"[..], b"PK\x06\x07"] {
        let at = end.windows(4).position(|w| w == signature).unwrap();
        let at = at + if signature[3] == 6 { 48 } else { 8 };
        let place = u64::from_le_bytes(end[at..at + 8].try_into().unwrap()) + gap;
        end[at..at + 8].copy_from_slice(&place.to_le_bytes());
    }
    let far = Far { start: whole, end, gap, read: AtomicU64::new(0) };
    assert!(fits("a.docx", &identify(&far).await.unwrap()));
    assert!(far.read.load(Ordering::Relaxed) < 200_000);
}

#[tokio::test]
async fn a_directory_that_is_too_large_or_lies_elsewhere_is_a_bare_zip() {
    let many: Vec<String> = (0..30_000).map(|n| format!("word/document{n}.xml")).collect();
    let names: Vec<&str> =
        ["[Content_Types].xml"].into_iter().chain(many.iter().map(String::as_str)).collect();
    assert_eq!(found(&zip(&names)).await.content_type, "application/zip");
    let whole = zip(&["[Content_Types].xml", "word/document.xml"]);
    assert_eq!(found(&whole[..whole.len() - 1]).await.content_type, "application/zip");
    assert_eq!(found(&[&whole[..], b"x"].concat()).await.content_type, "application/zip");
}

#[tokio::test]
async fn compound_files_are_told_apart_by_the_names_in_their_root() {
    for (names, name, flags) in [
        (&["WordDocument"][..], "a.doc", &[][..]),
        (&["WordDocument", "Macros"], "a.doc", &[Flag::Macro]),
        (&["Workbook"], "a.xls", &[]),
        (&["Book", "_VBA_PROJECT_CUR"], "a.xls", &[Flag::Macro]),
        (&["Current User", "PowerPoint Document"], "a.pps", &[]),
        (&["EncryptionInfo", "EncryptedPackage"], "a.xlsx", &[Flag::Encrypted]),
    ] {
        let finding = found(&ole(names)).await;
        assert!(fits(name, &finding), "{name} {finding:?}");
        assert_eq!(finding.flags, flags);
        assert!(!fits("a.pdf", &finding) && !fits("a.png", &finding));
    }
    assert_eq!(found(&ole(&["WordDocument", "Workbook"])).await.content_type, UNKNOWN);
    assert_eq!(found(&ole(&["MsiDatabase"])).await.content_type, UNKNOWN);
}

#[tokio::test]
async fn an_encrypted_pdf_is_flagged_and_encrypted_metadata_alone_is_not() {
    let with = |entry: &str| String::from_utf8(pdf("")).unwrap().replace("/Root", &format!("{entry}/Root"));
    assert_eq!(found(with("/Encrypt 5 0 R").as_bytes()).await.flags, [Flag::Encrypted]);
    assert_eq!(found(with("/EncryptMetadata true").as_bytes()).await.flags, []);
}

#[tokio::test]
async fn text_is_text_in_every_encoding_and_only_if_it_is_whole() {
    let wide: Vec<u8> = "\u{feff}a,é\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let cut = [vec![b'a'; 64 * 1024 - 1], "é".into(), vec![b'b'; 9]].concat();
    for text in [
        &b"a,b\n"[..],
        "é".as_bytes(),
        b"\xEF\xBB\xBFa",
        &wide,
        &cut,
        b"{\"a\": 1}",
        b"# a <b>",
        b"caf\xE9;1\r\n",
    ] {
        let finding = found(text).await;
        assert_eq!(finding.text, Some(TextKind::Plain));
        for name in ["a.csv", "a.txt", "a.md", "a.json", "a.tsv"] {
            assert!(fits(name, &finding));
        }
        assert!(!fits("a.html", &finding) && !fits("a.pdf", &finding));
    }
    for binary in [&b"a\0b"[..], b"\xFF\xFEa", b"a\x01", b""] {
        assert_eq!(found(binary).await.content_type, UNKNOWN, "{binary:?}");
    }
}

#[tokio::test]
async fn sizes_are_read_from_headers_however_far_and_whatever_they_declare() {
    let large = found(&animated_png(10_000)).await;
    assert_eq!((large.width, large.height, large.frames), (Some(65_535), Some(65_535), Some(10_000)));
    assert_eq!(found(&png(&[])).await.width, Some(1));
    let far = crate::corpus::jpeg(&segment(0xE1, &vec![0; 60_000]).repeat(5));
    assert_eq!((found(&far).await.width, found(&far).await.height), (Some(3), Some(2)));
    let webp = found(&crate::corpus::webp_extended(0, &[], &[])).await;
    assert_eq!((webp.width, webp.height), (Some(2), Some(3)));
}

#[tokio::test]
async fn a_finding_is_the_same_after_it_was_kept() {
    for finding in [found(&png(&[])).await, found(b"<svg/>").await, found(&ole(&["EncryptedPackage"])).await]
    {
        let kept = serde_json::to_string(&finding).unwrap();
        assert_eq!(serde_json::from_str::<Finding>(&kept).unwrap(), finding);
    }
}

#[tokio::test]
async fn sound_and_films_are_told_by_what_stands_behind_their_signatures() {
    let mp3 = [b"\xFF\xFB\x90\0", &[0; 413][..]].concat().repeat(3);
    let tagged = [b"ID3\x04\0\0\0\x06\0\0", &vec![0; 6 << 14][..], &mp3].concat();
    let aac = b"\xFF\xF1\x50\x80\x01\x1F\xFC\0".repeat(3);
    for (bytes, name) in [
        (mp3, "a.mp3"),
        (tagged, "a.mp3"),
        (aac, "a.aac"),
        (b"\x1A\x45\xDF\xA3\x87\x42\x82\x84webm\x18\x53\x80\x67".to_vec(), "a.webm"),
        (b"\x1A\x45\xDF\xA3\x01\0\0\0\0\0\0\x0B\x42\x82\x88matroska\xEC".to_vec(), "a.mka"),
        (b"OggS\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x13OpusHead".to_vec(), "a.ogg"),
        (b"RIFF\xFF\xFF\xFF\xFFWAVEJUNK\x01\0\0\0\0\0fmt \x10\0\0\0".to_vec(), "a.wav"),
        (b"fLaC\0\0\0\x22".to_vec(), "a.flac"),
        (b"FORM\0\0\0\x04AIFF".to_vec(), "a.aif"),
        (b"\0\0\0\x14ftypM4A \0\0\0\0isom\0\0\0\x08mdat".to_vec(), "a.m4a"),
        (b"\0\0\0\x14ftypheic\0\0\0\0mif1\0\0\0\x08mdat".to_vec(), "a.heic"),
        (b"\0\0\x01\xBA\x44\0".to_vec(), "a.mpg"),
    ] {
        let finding = found(&bytes).await;
        assert!(fits(name, &finding), "{name} {finding:?}");
    }
    assert_eq!(found(b"\xFF\xFB\x90\0once").await.content_type, UNKNOWN);
}
