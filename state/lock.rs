//! The lock of a local state: one run at a time, and a second one is told who holds it since when.
//!
//! Invariant: the lock ends with the process that holds it, however that ends; a file that was left behind locks nothing.
//! Never: a lock is waited for here; who wants to wait tries again.

use std::fmt;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::disk;

/// Who holds a lock, as Terraform writes it into `.terraform.tfstate.lock.info`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LockInfo {
    /// The id by which `force-unlock` names it.
    #[serde(rename = "ID")]
    pub id: String,
    /// What the holder does: `OperationTypeApply`.
    pub operation: String,
    /// Anything else.
    pub info: String,
    /// User and machine: `ada@forge`.
    pub who: String,
    /// The version of the holder.
    pub version: String,
    /// Since when, as RFC 3339.
    pub created: String,
    /// The state.
    pub path: String,
}

/// A held lock. Ends when it is released or dropped.
#[derive(Debug)]
pub struct StateLock {
    file: File,
    path: PathBuf,
    info: LockInfo,
}

/// Why a state could not be locked.
#[derive(Debug)]
pub enum LockError {
    /// Another run holds it; who it is, if that can be read.
    Held(Option<Box<LockInfo>>),
    /// The lock to be broken has another id, or there is none.
    OtherId {
        /// The id that was given.
        given: String,
        /// The lock that there is.
        found: Option<Box<LockInfo>>,
    },
    /// The machine refused.
    Io {
        /// The lock file.
        path: PathBuf,
        /// What the machine said.
        error: io::Error,
    },
}

impl fmt::Display for LockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LockError::Held(Some(by)) => write!(
                f,
                "the state is locked by {} since {} ({}, lock {})",
                by.who, by.created, by.operation, by.id
            ),
            LockError::Held(None) => f.write_str("the state is locked by a run that has just begun"),
            LockError::OtherId { given, found: Some(found) } => {
                write!(f, "the state is locked under the id {}, not {given}", found.id)
            }
            LockError::OtherId { given, found: None } => write!(f, "there is no lock with the id {given}"),
            LockError::Io { path, error } => write!(f, "could not lock with {}: {error}", path.display()),
        }
    }
}

impl std::error::Error for LockError {}

/// The lock file of a state: `.terraform.tfstate.lock.info` beside `terraform.tfstate`.
pub fn lock_path(state: &Path) -> PathBuf {
    let name = state.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    disk::folder_of(state).join(format!(".{name}.lock.info"))
}

/// Locks a state, or says who holds it.
///
/// # Errors
/// `Held` when another run has it.
pub fn lock(state: &Path, info: LockInfo) -> Result<StateLock, LockError> {
    let path = lock_path(state);
    let failed = |error| LockError::Io { path: path.clone(), error };
    fs::create_dir_all(disk::folder_of(&path)).map_err(failed)?;
    loop {
        let mut file = disk::open_private(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LockError::Held(holder(state).map(Box::new))),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        // The holder before may have removed the file between opening and locking it.
        if !is_still_there(&file, &path) {
            continue;
        }
        let text = serde_json::to_string(&info).map_err(|error| failed(error.into()))?;
        file.set_len(0).and_then(|()| file.write_all(text.as_bytes())).map_err(failed)?;
        return Ok(StateLock { file, path, info });
    }
}

#[cfg(unix)]
fn is_still_there(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let id = |metadata: &fs::Metadata| (metadata.dev(), metadata.ino());
    matches!((file.metadata(), fs::metadata(path)), (Ok(ours), Ok(there)) if id(&ours) == id(&there))
}

/// Elsewhere an open file cannot be removed.
#[cfg(not(unix))]
fn is_still_there(_file: &File, path: &Path) -> bool {
    path.exists()
}

/// Who holds the lock of a state, or held it when it crashed.
pub fn holder(state: &Path) -> Option<LockInfo> {
    serde_json::from_str(&fs::read_to_string(lock_path(state)).ok()?).ok()
}

/// Breaks a lock by its id, even if its holder lives: for locks on file systems that lose track of them.
///
/// # Errors
/// `OtherId` when the lock has another id.
pub fn force_unlock(state: &Path, id: &str) -> Result<LockInfo, LockError> {
    match holder(state) {
        Some(found) if found.id == id => {
            let path = lock_path(state);
            fs::remove_file(&path).map_err(|error| LockError::Io { path, error })?;
            Ok(found)
        }
        found => Err(LockError::OtherId { given: id.into(), found: found.map(Box::new) }),
    }
}

impl StateLock {
    /// What others see of it.
    pub fn info(&self) -> &LockInfo {
        &self.info
    }

    /// Ends the lock.
    ///
    /// # Errors
    /// When the lock file cannot be removed; the lock has ended all the same.
    pub fn release(self) -> Result<(), LockError> {
        let failed = |error| LockError::Io { path: self.path.clone(), error };
        if is_still_there(&self.file, &self.path) {
            fs::remove_file(&self.path).map_err(failed)?;
        }
        self.file.unlock().map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(id: &str) -> LockInfo {
        LockInfo {
            id: id.into(),
            operation: "OperationTypeApply".into(),
            info: String::new(),
            who: "ada@forge".into(),
            version: "1.11.4".into(),
            created: "2026-01-02T03:04:05.6Z".into(),
            path: "terraform.tfstate".into(),
        }
    }

    #[test]
    fn a_second_run_hears_who_holds_it_since_when() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("terraform.tfstate");
        let held = lock(&state, info("1")).unwrap();
        assert_eq!(
            lock(&state, info("2")).unwrap_err().to_string(),
            "the state is locked by ada@forge since 2026-01-02T03:04:05.6Z (OperationTypeApply, lock 1)"
        );
        assert_eq!(
            fs::read_to_string(folder.path().join(".terraform.tfstate.lock.info")).unwrap(),
            r#"{"ID":"1","Operation":"OperationTypeApply","Info":"","Who":"ada@forge","Version":"1.11.4","Created":"2026-01-02T03:04:05.6Z","Path":"terraform.tfstate"}"#
        );
        held.release().unwrap();
        assert!(!lock_path(&state).exists());
        lock(&state, info("3")).unwrap();
    }

    #[test]
    fn a_file_left_behind_locks_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("terraform.tfstate");
        drop(lock(&state, info("1")).unwrap());
        assert_eq!(holder(&state), Some(info("1")));
        lock(&state, info("2")).unwrap();
    }

    #[test]
    fn a_lock_is_broken_only_by_its_id() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("terraform.tfstate");
        let held = lock(&state, info("1")).unwrap();
        assert!(matches!(force_unlock(&state, "2"), Err(LockError::OtherId { .. })));
        assert_eq!(force_unlock(&state, "1").unwrap(), info("1"));
        let other = lock(&state, info("3")).unwrap();
        held.release().unwrap();
        assert_eq!(holder(&state).as_ref(), Some(other.info()), "the broken lock leaves the new one alone");
    }
}
