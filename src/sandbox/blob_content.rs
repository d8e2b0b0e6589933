//! The bytes of blobs and images: files named by their digest.
//!
//! Invariant: bytes are on disk before anything in the world names them; what nothing names is swept when it opens.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::{SandboxError, files};

/// Parts of what is being uploaded, which nothing names yet.
const STAGED: &str = "staged-";
/// Parts of images; manifests name them.
const LAYER: &str = "layer-";

/// The folder of all bytes.
#[derive(Debug)]
pub(crate) struct Contents {
    folder: PathBuf,
}

impl Contents {
    pub(crate) fn open(folder: &Path) -> Result<Self, SandboxError> {
        let folder = folder.join("contents");
        std::fs::create_dir_all(&folder).map_err(|error| SandboxError::file("make", &folder, error))?;
        Ok(Self { folder })
    }

    /// Removes what neither is in `named` nor belongs to an image.
    pub(crate) fn sweep(&self, named: &BTreeSet<String>) -> Result<(), SandboxError> {
        let failed = |error| SandboxError::file("read", &self.folder, error);
        for entry in std::fs::read_dir(&self.folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if !named.contains(&name) && !name.starts_with(LAYER) {
                let path = entry.path();
                std::fs::remove_file(&path).map_err(|error| SandboxError::file("remove", &path, error))?;
            }
        }
        Ok(())
    }

    /// Keeps bytes and returns their digest, in hexadecimal digits.
    pub(crate) fn keep(&self, bytes: &[u8]) -> Result<String, SandboxError> {
        let digest = digest(bytes);
        self.write(&digest, bytes)?;
        Ok(digest)
    }

    /// Keeps a part of an image.
    pub(crate) fn keep_layer(&self, bytes: &[u8]) -> Result<String, SandboxError> {
        let digest = digest(bytes);
        self.write(&format!("{LAYER}{digest}"), bytes)?;
        Ok(digest)
    }

    /// Keeps a part of what is being uploaded under a name of its own.
    pub(crate) fn stage(&self, name: &str, bytes: &[u8]) -> Result<(), SandboxError> {
        self.write(&staged(name), bytes)
    }

    pub(crate) fn read(&self, digest: &str) -> Option<Vec<u8>> {
        std::fs::read(self.folder.join(digest)).ok()
    }

    pub(crate) fn layer(&self, digest: &str) -> Option<Vec<u8>> {
        let known = digest.chars().all(|c| c.is_ascii_hexdigit());
        known.then(|| self.read(&format!("{LAYER}{digest}"))).flatten()
    }

    pub(crate) fn staged(&self, name: &str) -> Option<Vec<u8>> {
        self.read(&staged(name))
    }

    pub(crate) fn unstage(&self, name: &str) {
        // What stays is swept when the world is opened next.
        drop(std::fs::remove_file(self.folder.join(staged(name))));
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), SandboxError> {
        files::replace(&self.folder.join(name), bytes)
    }
}

fn staged(name: &str) -> String {
    format!("{STAGED}{}", digest(name.as_bytes()))
}

/// SHA-256 in hexadecimal digits.
pub(crate) fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
