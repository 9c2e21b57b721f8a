//! What is kept between runs: one directory, used by one process at a time, its secrets readable by its owner only.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{ErrorKind, Read as _, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    process,
};

use anyhow::{Context as _, bail};

const PRIVATE_DIRECTORY: u32 = 0o700;
const PRIVATE_FILE: u32 = 0o600;

/// Where things are kept.
pub(crate) enum Data {
    /// Nowhere: all ends with the process.
    Memory,
    /// In a directory that is locked as long as this lives.
    Directory { path: PathBuf, _lock: File },
}

impl Data {
    /// Opens a directory, made if it is not there.
    ///
    /// # Errors
    /// When it cannot be written or another process uses it.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let made = DirBuilder::new().recursive(true).mode(PRIVATE_DIRECTORY).create(path);
        made.and_then(|()| private().read(true).create(true).truncate(false).open(path.join("lock")))
            .with_context(|| {
                format!("cannot write to {}: choose another directory with --data", path.display())
            })
            .and_then(|lock| locked(lock, path))
            .map(|lock| Self::Directory { path: path.to_owned(), _lock: lock })
    }

    /// A file in the directory, empty at the first start; `None` in memory.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn file(&self, name: &str) -> anyhow::Result<Option<PathBuf>> {
        let Some(file) = self.path(name) else { return Ok(None) };
        let made = private().create(true).truncate(false).open(&file);
        made.with_context(|| format!("cannot write {}", file.display()))?;
        Ok(Some(file))
    }

    /// The text of a file, made at the first start.
    ///
    /// # Errors
    /// When it can be neither read nor made.
    pub(crate) fn kept(
        &self,
        name: &str,
        make: impl FnOnce() -> anyhow::Result<String>,
    ) -> anyhow::Result<String> {
        let Some(file) = self.path(name) else { return make() };
        match fs::read_to_string(&file) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let text = make()?;
                write_whole(&file, &text).with_context(|| format!("cannot write {}", file.display()))?;
                Ok(text)
            }
            outcome => outcome.with_context(|| format!("cannot read {}", file.display())),
        }
    }

    /// A folder in the directory, made at the first start; `None` in memory.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn folder(&self, name: &str) -> anyhow::Result<Option<PathBuf>> {
        let Some(folder) = self.path(name) else { return Ok(None) };
        let made = DirBuilder::new().recursive(true).mode(PRIVATE_DIRECTORY).create(&folder);
        made.with_context(|| format!("cannot write {}", folder.display()))?;
        Ok(Some(folder))
    }

    fn path(&self, name: &str) -> Option<PathBuf> {
        match self {
            Self::Memory => None,
            Self::Directory { path, .. } => Some(path.join(name)),
        }
    }
}

fn locked(mut lock: File, path: &Path) -> anyhow::Result<File> {
    match lock.try_lock() {
        Ok(()) => {
            lock.set_len(0)?;
            write!(lock, "{}", process::id())?;
            Ok(lock)
        }
        Err(TryLockError::WouldBlock) => {
            let mut owner = String::new();
            lock.read_to_string(&mut owner)?;
            bail!(
                "{} is in use by process {owner}: end it, or choose another directory with --data",
                path.display()
            )
        }
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot lock {}", path.display()))
        }
    }
}

/// Either the whole file is there after a crash or none of it.
fn write_whole(file: &Path, text: &str) -> std::io::Result<()> {
    let draft = file.with_extension("new");
    let mut out = private().create(true).truncate(true).open(&draft)?;
    out.write_all(text.as_bytes())?;
    out.sync_all()?;
    fs::rename(&draft, file)
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).mode(PRIVATE_FILE);
    options
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn directory() -> PathBuf {
        std::env::temp_dir().join(format!("engine-data-{}", uuid::Uuid::new_v4()))
    }

    #[test]
    fn one_process_at_a_time() {
        let path = directory();
        let first = Data::open(&path).unwrap();
        let error = Data::open(&path).err().unwrap().to_string();
        assert!(error.contains(&format!("in use by process {}", process::id())), "{error}");
        drop(first);
        assert!(Data::open(&path).is_ok());
        fs::remove_dir_all(path).unwrap();
    }

    #[test]
    fn what_is_kept_is_made_once_and_private() {
        let path = directory();
        let data = Data::open(&path).unwrap();
        assert_eq!(data.kept("key", || Ok("first".to_owned())).unwrap(), "first");
        assert_eq!(data.kept("key", || Ok("second".to_owned())).unwrap(), "first");
        let file = data.file("file").unwrap().unwrap();
        fs::write(&file, "kept").unwrap();
        assert_eq!(data.file("file").unwrap(), Some(file.clone()));
        assert_eq!(fs::read_to_string(&file).unwrap(), "kept");
        let mode = |file: &Path| fs::metadata(file).unwrap().permissions().mode() & 0o777;
        assert_eq!(
            (mode(&path), mode(&path.join("key")), mode(&file)),
            (PRIVATE_DIRECTORY, PRIVATE_FILE, PRIVATE_FILE)
        );
        fs::remove_dir_all(path).unwrap();
    }

    #[test]
    fn what_cannot_be_a_directory_is_refused_with_what_to_do() {
        let error = Data::open(Path::new("/dev/null/engine")).err().unwrap().to_string();
        assert!(error.contains("--data"), "{error}");
    }

    #[test]
    fn memory_keeps_nothing() {
        assert_eq!(Data::Memory.kept("key", || Ok("first".to_owned())).unwrap(), "first");
        assert_eq!(Data::Memory.kept("key", || Ok("second".to_owned())).unwrap(), "second");
        assert_eq!(Data::Memory.file("key").unwrap(), None);
    }
}
