//! Files and index of one folder, and the one way in which both change.
//!
//! A file is complete and on the disk before the index names it, in one transaction; only then is the write
//! acknowledged, and only then is the file removed that the index named before.

use std::{
    collections::HashSet,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use anyhow::Context as _;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use s3s::{S3Error, S3Result, s3_error};
use time::OffsetDateTime;
use tokio::sync::mpsc::UnboundedSender;

use super::{
    conditions::Condition,
    durability::Durability,
    index::{self, Object},
    multipart_index,
    new_file::NewFile,
};

/// The folder.
pub(super) struct Disk {
    objects: PathBuf,
    index: Mutex<Connection>,
    durability: Durability,
    created: UnboundedSender<String>,
}

/// A write that is ready to become visible.
pub(super) struct Commit {
    pub(super) object: Object,
    pub(super) file: NewFile,
    pub(super) condition: Condition,
    /// The upload that it completes.
    pub(super) upload: Option<String>,
}

impl Disk {
    /// Opens a folder, and removes the files that the index does not name: what unfinished writes left when the
    /// process ended.
    ///
    /// # Errors
    /// When the folder cannot be used.
    pub(super) fn open(
        folder: &Path,
        durability: Durability,
        created: UnboundedSender<String>,
    ) -> anyhow::Result<Self> {
        let objects = folder.join("objects");
        fs::create_dir_all(&objects).with_context(|| format!("making {}", objects.display()))?;
        let path = folder.join("objects.sqlite");
        let index = index::open(&path, durability)
            .with_context(|| format!("opening {} (does another process use it?)", path.display()))?;
        remove_unnamed(&objects, &index)?;
        Ok(Self { objects, index: Mutex::new(index), durability, created })
    }

    /// A new file for a key, which goes again unless it is committed.
    pub(super) fn new_file(&self, key: &str) -> S3Result<NewFile> {
        NewFile::create(&self.objects, key).map_err(S3Error::internal_error)
    }

    /// Reads the index.
    pub(super) fn read<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> S3Result<T> {
        read(&self.index()).map_err(S3Error::internal_error)
    }

    /// Changes the index in one transaction. Nothing changes when `write` fails.
    pub(super) fn write<T>(&self, write: impl FnOnce(&Transaction<'_>) -> S3Result<T>) -> S3Result<T> {
        let mut index = self.index();
        let transaction = index
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(S3Error::internal_error)?;
        let written = write(&transaction)?;
        transaction.commit().map_err(S3Error::internal_error)?;
        Ok(written)
    }

    /// The object of a key, open: a write at this moment takes nothing from who reads.
    pub(super) fn object(&self, key: &str) -> S3Result<(Object, File)> {
        let index = self.index();
        let object = index::object(&index, key).map_err(S3Error::internal_error)?;
        let object = object.ok_or_else(|| s3_error!(NoSuchKey))?;
        let file = self.open_file(&object.file).map_err(S3Error::internal_error)?;
        Ok((object, file))
    }

    /// A file that the index names.
    pub(super) fn open_file(&self, name: &str) -> io::Result<File> {
        File::open(self.objects.join(name))
    }

    /// Makes a write visible, tells of it, and removes what it replaces.
    pub(super) fn commit(&self, commit: Commit) -> S3Result<()> {
        let Commit { object, file, condition, upload } = commit;
        self.sync(&file)?;
        let replaced = self.write(|transaction| {
            let there = index::object(transaction, &object.key).map_err(S3Error::internal_error)?;
            condition.check(there.as_ref())?;
            let mut replaced: Vec<String> = there.into_iter().map(|object| object.file).collect();
            if let Some(id) = &upload {
                let there = multipart_index::upload(transaction, id, &object.key);
                there.map_err(S3Error::internal_error)?.ok_or_else(|| s3_error!(NoSuchUpload))?;
                replaced.extend(multipart_index::end(transaction, id).map_err(S3Error::internal_error)?);
            }
            index::put(transaction, &object).map_err(S3Error::internal_error)?;
            Ok(replaced)
        })?;
        file.keep();
        // Nobody may listen any more.
        drop(self.created.send(object.key));
        self.remove(&replaced);
        Ok(())
    }

    /// Waits for the disk as far as this folder has to.
    pub(super) fn sync(&self, file: &NewFile) -> S3Result<()> {
        file.sync(self.durability).map_err(S3Error::internal_error)
    }

    /// Removes objects; it is no error if there are none.
    pub(super) fn delete(&self, keys: &[String]) -> S3Result<()> {
        let files: Vec<String> = self.write(|transaction| {
            let files = keys.iter().filter_map(|key| index::delete(transaction, key).transpose());
            files.collect::<rusqlite::Result<_>>().map_err(S3Error::internal_error)
        })?;
        self.remove(&files);
        Ok(())
    }

    /// Removes files that the index names no more. What cannot be removed goes at the next start.
    pub(super) fn remove(&self, files: &[String]) {
        for file in files {
            if let Err(error) = fs::remove_file(self.objects.join(file)) {
                tracing::warn!(cause = %error, "a file of a replaced object remains until the next start");
            }
        }
    }

    /// Each use is one transaction, which a panic rolls back: the lock says nothing about the index.
    fn index(&self) -> MutexGuard<'_, Connection> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs work that waits for the disk where it holds up no other request. It goes on to its end even if nobody waits for
/// it any more.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> S3Result<T> + Send + 'static,
) -> S3Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(S3Error::internal_error)?
}

/// Now, in milliseconds of Unix.
pub(super) fn now() -> i64 {
    let now = OffsetDateTime::now_utc();
    now.unix_timestamp() * 1_000 + i64::from(now.millisecond())
}

fn remove_unnamed(objects: &Path, index: &Connection) -> anyhow::Result<()> {
    let named: HashSet<String> = index::files(index)?.into_iter().collect();
    let mut removed = 0;
    for entry in fs::read_dir(objects)? {
        let entry = entry?;
        let is_named = entry.file_name().to_str().is_some_and(|name| named.contains(name));
        if !is_named {
            fs::remove_file(entry.path())?;
            removed += 1;
        }
    }
    if removed > 0 {
        tracing::info!(removed, "removed files of unfinished writes");
    }
    Ok(())
}
