//! Bytes that lie in several places, read as one file. Copies of what was uploaded would count as memory too.

use std::io::{BufRead, Error, Read, Result, Seek, SeekFrom};

/// A file of these parts.
pub(crate) struct Parts<'a> {
    parts: Vec<&'a [u8]>,
    at: u64,
}

impl<'a> Parts<'a> {
    pub(crate) fn new(parts: Vec<&'a [u8]>) -> Self {
        Self { parts, at: 0 }
    }

    fn size(&self) -> u64 {
        self.parts.iter().map(|part| part.len() as u64).sum()
    }

    /// What follows in the part that is being read.
    fn rest(&self) -> &'a [u8] {
        let mut at = usize::try_from(self.at).unwrap_or(usize::MAX);
        for part in &self.parts {
            if let Some(rest) = part.get(at..).filter(|rest| !rest.is_empty()) {
                return rest;
            }
            at = at.saturating_sub(part.len());
        }
        &[]
    }
}

impl Read for Parts<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let read = self.rest().read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

impl BufRead for Parts<'_> {
    fn fill_buf(&mut self) -> Result<&[u8]> {
        Ok(self.rest())
    }

    fn consume(&mut self, amount: usize) {
        self.at += amount as u64;
    }
}

impl Seek for Parts<'_> {
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::End(offset) => self.size().checked_add_signed(offset),
            SeekFrom::Current(offset) => self.at.checked_add_signed(offset),
        };
        self.at = place.ok_or_else(|| Error::other("before the start"))?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn are_read_as_one() {
        let mut parts = Parts::new(vec![b"ab", b"", b"cde", b"f"]);
        let mut all = String::new();
        parts.read_to_string(&mut all).unwrap();
        assert_eq!(all, "abcdef");
        for (place, rest) in [(0, "abcdef"), (1, "bcdef"), (2, "cdef"), (5, "f"), (6, ""), (900, "")] {
            parts.seek(SeekFrom::Start(place)).unwrap();
            let mut read = String::new();
            parts.read_to_string(&mut read).unwrap();
            assert_eq!(read, rest);
        }
        parts.seek(SeekFrom::End(-2)).unwrap();
        assert_eq!(parts.fill_buf().unwrap(), b"e");
        assert!(parts.seek(SeekFrom::Current(-9)).is_err());
    }
}
