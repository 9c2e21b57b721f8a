//! PDF: a header at the very start, and at the end where its table of objects begins.

use crate::Source;
use crate::fields::{find, find_last, part};
use crate::source::HEAD;
use file_types::{Finding, Flag};

const TRAILER: usize = 4 * 1024;

pub(crate) fn begins(head: &[u8]) -> bool {
    head.starts_with(b"%PDF-")
}

/// Nothing if there is only a header: then it is text that wants to be called a document.
pub(crate) async fn identify(source: &impl Source, head: &[u8]) -> anyhow::Result<Option<Finding>> {
    let tail = source.read(source.size().saturating_sub(HEAD as u64), HEAD).await?;
    let Some(start) = find_last(&tail, b"startxref") else {
        return Ok(None);
    };
    // A table kept as a stream has the trailer's entries at its own start, which can be far from the end.
    let table = match number_after(&tail, start + b"startxref".len()) {
        Some(place) => source.read(place, TRAILER).await?,
        None => Vec::new(),
    };
    let encrypted = [head, &tail, &table].into_iter().any(declares_encryption);
    Ok(Some(Finding::of("application/pdf").flagged(Flag::Encrypted, encrypted)))
}

fn number_after(bytes: &[u8], at: usize) -> Option<u64> {
    let text = bytes.get(at..)?.trim_ascii_start();
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    std::str::from_utf8(text.get(..end)?).ok()?.parse().ok()
}

/// The entry has a reference or a dictionary as its value; `/EncryptMetadata` is another entry.
fn declares_encryption(bytes: &[u8]) -> bool {
    const NAME: &[u8] = b"/Encrypt";
    let mut rest = bytes;
    while let Some(at) = find(rest, NAME) {
        let after = at + NAME.len();
        if part(rest, after, 1).is_none_or(|next| !next.iter().all(u8::is_ascii_alphanumeric)) {
            return true;
        }
        rest = rest.get(after..).unwrap_or_default();
    }
    false
}
