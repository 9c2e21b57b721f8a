//! Where a file's bytes come from.

use std::future::Future;

/// How much of a file's start is looked at.
pub(crate) const HEAD: usize = 64 * 1024;

/// A file of which parts are read.
pub trait Source: Sync {
    /// How many bytes it has.
    fn size(&self) -> u64;

    /// The bytes from a place on: as many as asked for, or fewer where the file ends before.
    fn read(&self, from: u64, length: usize) -> impl Future<Output = anyhow::Result<Vec<u8>>> + Send;
}

impl Source for Vec<u8> {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    async fn read(&self, from: u64, length: usize) -> anyhow::Result<Vec<u8>> {
        let rest = usize::try_from(from).ok().and_then(|from| self.get(from..)).unwrap_or_default();
        Ok(rest.get(..length).unwrap_or(rest).to_vec())
    }
}
