//! Writing files so that a crash leaves either the old content or the new.
//!
//! Invariant: when `replace` returns, content and name are on the disk.
//! Never: a reader sees a file half-written.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// The folder that a file stands in.
pub(crate) fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        Some(_) | None => PathBuf::from("."),
    }
}

/// Writes a file beside its place, syncs it, moves it there, and syncs the folder.
///
/// An existing file keeps its permissions; a new one is for its owner alone, since state holds secrets.
/// A symbolic link stays one: what it leads to is replaced.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = folder_of(&path);
    fs::create_dir_all(&folder)?;
    let mut written = tempfile::NamedTempFile::new_in(&folder)?;
    if let Ok(existing) = fs::metadata(&path) {
        written.as_file().set_permissions(existing.permissions())?;
    }
    written.write_all(content)?;
    written.as_file().sync_all()?;
    written.persist(&path).map_err(|error| error.error)?;
    sync_folder(&folder)
}

/// Makes the names in a folder durable. Where folders cannot be opened (Windows), the system does it by itself.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    match File::open(folder) {
        Ok(folder) => folder.sync_all(),
        Err(error) if cfg!(windows) && error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        Err(error) => Err(error),
    }
}

/// Opens a file for its owner alone, makes it if need be, and leaves its content.
pub(crate) fn open_private(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
