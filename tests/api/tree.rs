//! The project's own files, as the tests of its rules read them.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The folder of the project.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A file, by its path from the root.
pub(crate) fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).expect(name)
}

/// All files below the folders whose names end so, each with its path from the root, in the order of those.
pub(crate) fn files(folders: &[&str], ending: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open: Vec<_> = folders.iter().map(|folder| root().join(folder)).collect();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.to_string_lossy().ends_with(ending) {
            let name = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
            found.push((name, fs::read_to_string(path).unwrap()));
        }
    }
    found.sort();
    found
}

/// The names of what is in a folder.
pub(crate) fn entries(folder: &str) -> impl Iterator<Item = String> + use<> {
    let entries = fs::read_dir(root().join(folder)).expect(folder);
    entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
}

/// Whether a file in Rust has nothing but tests in it.
pub(crate) fn is_test(name: &str) -> bool {
    name.starts_with("tests/") || name.contains("/tests/") || name.ends_with("/tests.rs")
}

/// The files of a crate but for its tests, each with its path from `src`, without `.rs`.
pub(crate) fn modules(of: &str) -> Vec<(String, String)> {
    let folder = format!("{of}/src");
    let own = files(&[&folder], ".rs").into_iter().filter(|(name, _)| !is_test(name));
    own.map(|(name, text)| (name[folder.len() + 1..name.len() - ".rs".len()].to_owned(), text)).collect()
}
