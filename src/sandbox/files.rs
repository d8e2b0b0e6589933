//! Files of the world's folder: written so that a reader sees the old or the new text, never a part.

use std::io::Write as _;
use std::path::Path;

use crate::SandboxError;

/// Replaces a file as a whole. What it holds may be read by its owner only, and is on disk when this returns.
///
/// # Errors
/// When the file cannot be written.
pub(crate) fn replace(path: &Path, text: &[u8]) -> Result<(), SandboxError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let failed = |error| SandboxError::file("write", path, error);
    // A temporary file has mode 0600 from its first byte on, which the key needs.
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    file.write_all(text).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    // The name is on disk only when the folder is.
    std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
}
