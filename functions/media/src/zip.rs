//! The directory of a zip, which is at its end. Members are never read.

use crate::Source;
use crate::fields::{find_last, le16, le32, le64, length, part};

const END: &[u8] = b"PK\x05\x06";
const END_SIZE: usize = 22;
const LOCATOR: &[u8] = b"PK\x06\x07";
const LOCATOR_SIZE: usize = 20;
const END_64: &[u8] = b"PK\x06\x06";
const END_64_SIZE: usize = 56;
const MEMBER: &[u8] = b"PK\x01\x02";
const MEMBER_SIZE: usize = 46;
const COMMENT_MAX: usize = 65_535;
const DIRECTORY_MAX: u64 = 1024 * 1024;

/// One member, as the directory says.
pub(crate) struct Member<'a> {
    pub(crate) name: &'a [u8],
    pub(crate) encrypted: bool,
    /// Not compressed.
    pub(crate) stored: bool,
    pub(crate) size: usize,
    /// Where its own header is.
    pub(crate) place: u32,
}

/// The bytes of the directory, or nothing if it is not where it should be, or is larger than is looked at.
pub(crate) async fn directory(source: &impl Source) -> anyhow::Result<Option<Vec<u8>>> {
    let longest = LOCATOR_SIZE + END_SIZE + COMMENT_MAX;
    let from = source.size().saturating_sub(longest as u64);
    let tail = source.read(from, longest).await?;
    let Some(end) = end(&tail) else {
        return Ok(None);
    };
    let place = match locator(&tail, end) {
        Some(place) => place_64(&source.read(place, END_64_SIZE).await?),
        None => place_32(&tail, end),
    };
    let Some((place, size)) = place else {
        return Ok(None);
    };
    let fits = place.checked_add(size).is_some_and(|stop| stop <= from.saturating_add(end as u64));
    if !fits || size > DIRECTORY_MAX {
        return Ok(None);
    }
    let directory = source.read(place, usize::try_from(size)?).await?;
    Ok(directory.starts_with(MEMBER).then_some(directory))
}

/// The members of a directory, until its end or the first that is not one.
pub(crate) fn members(directory: &[u8]) -> impl Iterator<Item = Member<'_>> {
    let mut rest = directory;
    std::iter::from_fn(move || {
        let (member, size) = member(rest)?;
        rest = rest.get(size..)?;
        Some(member)
    })
}

fn member(bytes: &[u8]) -> Option<(Member<'_>, usize)> {
    if !bytes.starts_with(MEMBER) {
        return None;
    }
    let name_size = usize::from(le16(bytes, 28)?);
    let size = MEMBER_SIZE + name_size + usize::from(le16(bytes, 30)?) + usize::from(le16(bytes, 32)?);
    let member = Member {
        name: part(bytes, MEMBER_SIZE, name_size)?,
        encrypted: le16(bytes, 8)? & 1 == 1,
        stored: le16(bytes, 10)? == 0,
        size: length(le32(bytes, 20)?),
        place: le32(bytes, 42)?,
    };
    Some((member, size))
}

/// Where the record of the end is: its comment has to reach to the end of the file exactly.
fn end(tail: &[u8]) -> Option<usize> {
    let mut before = tail;
    while let Some(at) = find_last(before, END) {
        if le16(tail, at + 20).is_some_and(|comment| at + END_SIZE + usize::from(comment) == tail.len()) {
            return Some(at);
        }
        // The next candidate may overlap this one only by its first three bytes, which differ.
        before = tail.get(..at)?;
    }
    None
}

fn locator(tail: &[u8], end: usize) -> Option<u64> {
    let at = end.checked_sub(LOCATOR_SIZE)?;
    part(tail, at, 4).filter(|signature| *signature == LOCATOR)?;
    le64(tail, at + 8)
}

fn place_64(end: &[u8]) -> Option<(u64, u64)> {
    if !end.starts_with(END_64) {
        return None;
    }
    Some((le64(end, 48)?, le64(end, 40)?))
}

fn place_32(tail: &[u8], end: usize) -> Option<(u64, u64)> {
    Some((le32(tail, end + 16)?.into(), le32(tail, end + 12)?.into()))
}
