//! A folder with files, for tests that call the binary in it.

use std::path::Path;

/// A folder that holds these files, by their paths in it.
pub(crate) fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder can be made");
    files.iter().for_each(|(name, text)| write(folder.path(), name, text));
    folder
}

/// Writes a file into a folder.
pub(crate) fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().expect("a file stands in a folder")).expect("folders can be made");
    std::fs::write(path, text).expect("a file can be written");
}
