//! A directory for the time of a run.

use std::{
    fs,
    path::{Path, PathBuf},
    process,
};

use anyhow::Context as _;

/// A directory of this process; dropping it removes it with all that is in it.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// Makes one below the directory.
    pub(crate) fn below(directory: &Path) -> anyhow::Result<Self> {
        let path = directory.join(format!("bench-{}", process::id()));
        fs::create_dir_all(&path).with_context(|| format!("making {}", path.display()))?;
        Ok(Self(path))
    }

    /// The path of something in it, as a text.
    pub(crate) fn path(&self, name: &str) -> anyhow::Result<String> {
        let path = self.0.join(name).into_os_string().into_string();
        path.map_err(|path| anyhow::anyhow!("{} is no UTF-8; choose another directory", path.display()))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed is of no use to anybody, and in nobody's way.
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_stays() {
        let scratch = Scratch::below(&std::env::temp_dir()).unwrap();
        let file = scratch.path("file").unwrap();
        fs::write(&file, "text").unwrap();
        drop(scratch);
        assert!(!Path::new(&file).exists());
    }
}
