//! The smallest pictures, documents and films that follow their rules.

/// A PNG of one pixel, with more chunks before the pixel.
pub(crate) fn png(more: &[u8]) -> Vec<u8> {
    png_of(1, 1, more)
}

/// A PNG that declares frames, each with its pixels.
pub(crate) fn animated_png(frames: u32) -> Vec<u8> {
    let mut more = chunk(*b"acTL", &[frames.to_be_bytes(), [0; 4]].concat());
    for number in 0..frames {
        more.extend(chunk(*b"fcTL", &[&number.to_be_bytes()[..], &[0; 22]].concat()));
    }
    png_of(65_535, 65_535, &more)
}

fn png_of(width: u32, height: u32, more: &[u8]) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 0, 0, 0, 0]].concat();
    let pixels = b"\x78\x01\x63\x60\0\0\0\x02\0\x01";
    [
        b"\x89PNG\r\n\x1A\n",
        &chunk(*b"IHDR", &header)[..],
        more,
        &chunk(*b"IDAT", pixels),
        &chunk(*b"IEND", &[]),
    ]
    .concat()
}

/// A chunk of a PNG.
pub(crate) fn chunk(kind: [u8; 4], data: &[u8]) -> Vec<u8> {
    let content = [&kind, data].concat();
    [&size(data).to_be_bytes()[..], &content, &crc32fast::hash(&content).to_be_bytes()].concat()
}

/// A JPEG with more segments before its frame.
pub(crate) fn jpeg(more: &[u8]) -> Vec<u8> {
    let jfif = segment(0xE0, b"JFIF\0\x01\x02\0\0\x48\0\x48\0\0");
    let table = segment(0xDB, &[0; 65]);
    let frame = segment(0xC0, &[8, 0, 2, 0, 3, 1, 1, 0x11, 0]);
    let scan = segment(0xDA, &[1, 1, 0, 0, 63, 0]);
    [b"\xFF\xD8", &jfif[..], more, &table, &frame, &scan, b"\x12\xFF\0\x34\xFF\xD0\x56\xFF\xD9"].concat()
}

/// A segment of a JPEG.
pub(crate) fn segment(marker: u8, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len() + 2).unwrap_or(u16::MAX);
    [&[0xFF, marker][..], &length.to_be_bytes(), data].concat()
}

/// A GIF of one pixel, with more extensions before it.
pub(crate) fn gif(more: &[u8]) -> Vec<u8> {
    let pixel = b"\x2C\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0";
    [b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xFF\xFF\xFF", more, pixel, b"\x3B"].concat()
}

/// A lossless WebP of one pixel.
pub(crate) fn webp() -> Vec<u8> {
    riff(&riff_chunk(*b"VP8L", b"\x2F\0\0\0\0\x88\x88\x08"))
}

/// A WebP of the extended format, with the features it declares and more chunks behind its pixels.
pub(crate) fn webp_extended(
    features: u8,
    before: &[(&[u8; 4], &[u8])],
    more: &[(&[u8; 4], &[u8])],
) -> Vec<u8> {
    let mut chunks = riff_chunk(*b"VP8X", &[features, 0, 0, 0, 1, 0, 0, 2, 0, 0]);
    for (kind, data) in before.iter().chain(&[(b"VP8L", &b"\x2F\0\0\0\0\x88\x88\x08"[..])]).chain(more) {
        chunks.extend(riff_chunk(**kind, data));
    }
    riff(&chunks)
}

fn riff(chunks: &[u8]) -> Vec<u8> {
    [b"RIFF", &(size(chunks) + 4).to_le_bytes()[..], b"WEBP", chunks].concat()
}

fn riff_chunk(kind: [u8; 4], data: &[u8]) -> Vec<u8> {
    let padding: &[u8] = if data.len().is_multiple_of(2) { &[] } else { &[0] };
    [&kind[..], &size(data).to_le_bytes(), data, padding].concat()
}

/// A PDF with a comment at its start, and more entries in its trailer.
pub(crate) fn pdf(comment: &str) -> Vec<u8> {
    format!("%PDF-1.7\n%{comment}\n1 0 obj<</Type/Catalog>>endobj\nxref\n0 1\ntrailer<</Root 1 0 R>>\nstartxref\n60\n%%EOF\n")
        .into_bytes()
}

/// An MP4 with a free box of any content.
pub(crate) fn mp4(free: &[u8]) -> Vec<u8> {
    let boxed = |kind: [u8; 4], data: &[u8]| [&(size(data) + 8).to_be_bytes()[..], &kind, data].concat();
    [boxed(*b"ftyp", b"isom\0\0\x02\0isommp41"), boxed(*b"free", free), boxed(*b"moov", &[0; 8])].concat()
}

fn size(data: &[u8]) -> u32 {
    u32::try_from(data.len()).unwrap_or(u32::MAX)
}
