//! What can be wrong with state: torn, foreign, from another lineage, or refused by the machine.
//!
//! Never: an error holds the content of a state; it may be secret.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why a state could not be read or written.
#[derive(Debug)]
pub enum StateError {
    /// The text ends or breaks off at this byte.
    Torn {
        /// The byte offset at which reading ended.
        byte: usize,
        /// What was wrong there.
        reason: String,
    },
    /// The text is JSON, but no state.
    Foreign {
        /// What speaks against it.
        reason: String,
    },
    /// The state has another format version than 4.
    Version {
        /// The version that it states.
        found: u64,
        /// The version of Terraform that wrote it, if it says so.
        written_by: Option<String>,
    },
    /// The state on disk belongs to another history.
    Lineage {
        /// The lineage on disk.
        found: String,
        /// The lineage that was to be written.
        ours: String,
    },
    /// The state on disk is newer than the one that it would be replaced with.
    Serial {
        /// The serial on disk.
        found: u64,
        /// The serial that the run began with.
        ours: u64,
    },
    /// The state that was handed in has another history than the one that it was to replace.
    Unrelated {
        /// The lineage on disk.
        found: String,
        /// The lineage of what was handed in.
        given: String,
    },
    /// The state that was handed in is older than the one that it was to replace.
    Older {
        /// The serial on disk.
        found: u64,
        /// The serial of what was handed in.
        given: u64,
    },
    /// The state that was handed in differs from one of the same serial.
    SameSerial {
        /// The serial of both.
        serial: u64,
    },
    /// The machine refused.
    Io {
        /// What was being done, such as `read`.
        doing: &'static str,
        /// To which file.
        path: PathBuf,
        /// What the machine said.
        error: io::Error,
    },
}

impl StateError {
    /// An error of the machine.
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StateError {
        let path = path.to_owned();
        move |error| StateError::Io { doing, path, error }
    }

    /// The way out.
    pub fn help(&self) -> &'static str {
        match self {
            StateError::Torn { .. } => {
                "restore the file from version control or from the `.backup` beside it, then run again"
            }
            StateError::Foreign { .. } => "name a Terraform state file, or move this file away",
            StateError::Version { found, .. } if *found < 4 => {
                "bring it to format 4 first: run `terraform apply` of Terraform 0.12 or later on it"
            }
            StateError::Version { .. } => "use a newer aksel, or restore a state of format 4 from the backup",
            StateError::Lineage { .. } => {
                "the two states know nothing of each other: check the folder; to replace one on purpose, move the old file away"
            }
            StateError::Serial { .. } => {
                "another run has written since this one began: run again; nothing has been overwritten"
            }
            StateError::Unrelated { .. } | StateError::Older { .. } | StateError::SameSerial { .. } => {
                "compare the two: `aksel state pull`; to replace the state all the same: `aksel state push -force`"
            }
            StateError::Io { .. } => {
                "check that the folder exists and may be written, and that the disk is not full"
            }
        }
    }
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StateError::Torn { byte, reason } => write!(f, "not valid JSON at byte {byte}: {reason}"),
            StateError::Foreign { reason } => write!(f, "this is no Terraform state: {reason}"),
            StateError::Version { found, written_by: Some(by) } => {
                write!(f, "state format {found} is not supported, only 4 (written by Terraform {by})")
            }
            StateError::Version { found, written_by: None } => {
                write!(f, "state format {found} is not supported, only 4")
            }
            StateError::Lineage { found, ours } => {
                write!(f, "the state on disk has lineage {found}, this run has {ours}")
            }
            StateError::Serial { found, ours } => {
                write!(f, "the state on disk has serial {found}, this run began with {ours}")
            }
            StateError::Unrelated { found, given } => write!(
                f,
                "cannot import state with lineage \"{given}\" over unrelated state with lineage \"{found}\""
            ),
            StateError::Older { found, given } => {
                write!(f, "cannot import state with serial {given} over newer state with serial {found}")
            }
            StateError::SameSerial { serial } => write!(
                f,
                "cannot overwrite existing state with serial {serial} with a different state that has the same serial"
            ),
            StateError::Io { doing, path, error } => {
                write!(f, "could not {doing} {}: {error}", path.display())
            }
        }
    }
}

impl std::error::Error for StateError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        if let StateError::Io { error, .. } = self { Some(error) } else { None }
    }
}
