//! A file that no object names yet.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::durability::Durability;

/// A file that is removed again unless it is kept.
pub(super) struct NewFile {
    /// Where its bytes go.
    pub(super) file: File,
    path: PathBuf,
    name: String,
    is_kept: bool,
}

impl NewFile {
    /// Makes one whose name tells the key only to who knows it, and differs for each writing of it.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(super) fn create(folder: &Path, key: &str) -> io::Result<Self> {
        let hash = hex::encode(Sha256::digest(key));
        let name = format!("{hash}-{}", Uuid::new_v4().simple());
        let path = folder.join(&name);
        let file = File::create_new(&path)?;
        Ok(Self { file, path, name, is_kept: false })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Waits until the bytes and the name are on the disk. An index must not name what a loss of power takes away.
    ///
    /// # Errors
    /// When the disk refuses.
    pub(super) fn sync(&self, durability: Durability) -> io::Result<()> {
        match (durability, self.path.parent()) {
            (Durability::Disk, Some(folder)) => {
                self.file.sync_all()?;
                File::open(folder)?.sync_all()
            }
            _ => Ok(()),
        }
    }

    /// From now on an object names it.
    pub(super) fn keep(mut self) {
        self.is_kept = true;
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.is_kept
            && let Err(error) = fs::remove_file(&self.path)
        {
            tracing::warn!(cause = %error, "a file of an unfinished write remains until the next start");
        }
    }
}
