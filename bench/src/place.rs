//! Where a database of one size and the engines on it keep their files.

use std::{fs, path::PathBuf};

use anyhow::Context as _;

use crate::scratch::Scratch;

/// The directory of one size.
pub(crate) struct Place(String);

impl Place {
    pub(crate) fn new(scratch: &Scratch, size: usize) -> anyhow::Result<Self> {
        Ok(Self(scratch.path(&size.to_string())?))
    }

    /// The directory of that name, which is there then.
    pub(crate) fn directory(&self, name: &str) -> anyhow::Result<String> {
        let directory = format!("{}/{name}", self.0);
        fs::create_dir_all(&directory).with_context(|| format!("making {directory}"))?;
        Ok(directory)
    }

    /// The directory of the database.
    pub(crate) fn files(&self) -> anyhow::Result<PathBuf> {
        Ok(self.directory("database")?.into())
    }

    /// The file that the database is in.
    pub(crate) fn file(&self) -> anyhow::Result<PathBuf> {
        Ok(fs::canonicalize(self.files()?)?.join("bench.db"))
    }

    /// The file with the keys that all engines have.
    pub(crate) fn keys(&self) -> anyhow::Result<String> {
        Ok(format!("{}/keys", self.directory("keys")?))
    }

    /// The bytes of the database.
    pub(crate) fn bytes(&self) -> anyhow::Result<u64> {
        let files = fs::read_dir(self.files()?)?.map(|file| Ok(file?.metadata()?.len()));
        files.sum::<std::io::Result<u64>>().context("looking at the size of the database")
    }
}
