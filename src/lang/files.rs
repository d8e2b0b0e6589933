//! Where configuration files come from.
//!
//! Never: nothing is written.

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};

/// A place with files in folders.
pub trait Files {
    /// The names of the files in a folder.
    ///
    /// # Errors
    /// When the folder is not there or cannot be read.
    fn names(&self, folder: &Path) -> io::Result<Vec<String>>;

    /// The bytes of a file.
    ///
    /// # Errors
    /// When the file is not there or cannot be read.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;
}

/// The machine's file system; relative paths are relative to a folder.
#[derive(Clone, Debug)]
pub struct Disk {
    /// What relative paths are relative to.
    pub folder: PathBuf,
}

impl Files for Disk {
    fn names(&self, folder: &Path) -> io::Result<Vec<String>> {
        let entries = std::fs::read_dir(self.folder.join(folder))?;
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry?;
            // Followed, so that a link to a file counts as a file.
            if std::fs::metadata(entry.path()).is_ok_and(|found| found.is_file()) {
                names.extend(entry.file_name().into_string());
            }
        }
        names.sort();
        Ok(names)
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        std::fs::read(self.folder.join(path))
    }
}

/// Files that are held in memory, by path; a plan file carries its configuration so.
#[derive(Clone, Debug, Default)]
pub struct Memory(pub BTreeMap<PathBuf, Vec<u8>>);

impl Files for Memory {
    fn names(&self, folder: &Path) -> io::Result<Vec<String>> {
        let inside =
            self.0.keys().filter(|path| clean(path.parent().unwrap_or(Path::new(""))) == clean(folder));
        // A folder of which nothing is held had no files: an empty module is one, too.
        Ok(inside.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect())
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.0.get(&clean(path)).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

/// The path without `.` and without `..` that can be resolved by its text; `.` itself becomes empty.
pub fn clean(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => {
                out.pop();
            }
            Component::ParentDir | Component::Normal(_) | Component::RootDir | Component::Prefix(_) => {
                out.push(part);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned_by_their_text() {
        for (path, cleaned) in
            [("./a/../b", "b"), ("../a/./b", "../a/b"), (".", ""), ("/a/../b", "/b"), ("a/../../b", "../b")]
        {
            assert_eq!(clean(Path::new(path)), Path::new(cleaned), "{path}");
        }
    }
}
