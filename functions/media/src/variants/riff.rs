//! The container of WebP: a file of chunks, each with a name and a size.

use crate::fields::{le32, length, part};

pub(crate) const HEADER_SIZE: usize = 12;
const HAS_OPACITY: u8 = 0x10;

/// The chunks of a file, each with its name, up to the first that is cut off.
pub(crate) fn chunks(file: &[u8]) -> impl Iterator<Item = (&[u8; 4], &[u8])> {
    chunks_within(file.get(HEADER_SIZE..).unwrap_or_default())
}

pub(crate) fn chunks_within(bytes: &[u8]) -> impl Iterator<Item = (&[u8; 4], &[u8])> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let (name, sized) = rest.split_first_chunk::<4>()?;
        let size = length(le32(sized, 0)?);
        let content = part(sized, 4, size)?;
        rest = sized.get(4 + size + size % 2..).unwrap_or_default();
        Some((name, content))
    })
}

/// The header of the extended form.
pub(crate) fn extended(width: u32, height: u32, flags: u8, is_opaque: bool) -> Vec<u8> {
    let mut header = vec![flags | if is_opaque { 0 } else { HAS_OPACITY }, 0, 0, 0];
    header.extend(width.saturating_sub(1).to_le_bytes().iter().take(3));
    header.extend(height.saturating_sub(1).to_le_bytes().iter().take(3));
    header
}

/// The name and the size of a chunk.
pub(crate) fn chunk_header(name: [u8; 4], content: &[u8]) -> Vec<u8> {
    let size = u32::try_from(content.len()).unwrap_or(u32::MAX);
    [name.as_slice(), &size.to_le_bytes()].concat()
}

pub(crate) fn riff(chunks: &[([u8; 4], Vec<u8>)]) -> Vec<u8> {
    let mut body = b"WEBP".to_vec();
    for (name, content) in chunks {
        body.extend(chunk_header(*name, content));
        body.extend(content);
        body.extend(vec![0; content.len() % 2]);
    }
    [chunk_header(*b"RIFF", &body), body].concat()
}
