//! The local state file: loaded once, saved atomically, with a backup of what was there.
//!
//! Invariant: a state of another lineage, or a newer one, is never overwritten.
//! Invariant: the serial rises by one when the content changed, and only then.
//! Invariant: the first save of a run that changes something puts what was there into `.backup`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::disk;
use crate::error::StateError;
use crate::snapshot::{self, Snapshot};

/// A state file and what is known to be in it.
#[derive(Debug)]
pub struct StateFile {
    path: PathBuf,
    backup: Option<PathBuf>,
    /// What the run found: goes to the backup with the first save.
    found: Option<String>,
    /// What was read or written last.
    last: Option<Snapshot>,
}

/// Whether a save had something to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    /// The content was new and is on disk.
    Written,
    /// The content was as on disk already.
    Unchanged,
}

/// What a state may be put over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overwrite {
    /// Only over one that it follows on.
    Older,
    /// Over any.
    Anything,
}

impl Snapshot {
    fn refuse_unless_followed_by(&self, next: &Snapshot) -> Result<(), StateError> {
        if self.lineage != next.lineage && !self.lineage.is_empty() && !next.lineage.is_empty() {
            return Err(StateError::Unrelated { found: self.lineage.clone(), given: next.lineage.clone() });
        }
        if next.serial < self.serial {
            return Err(StateError::Older { found: self.serial, given: next.serial });
        }
        if next.serial == self.serial && !self.same_content(next) {
            return Err(StateError::SameSerial { serial: next.serial });
        }
        Ok(())
    }
}

impl StateFile {
    /// Loads a state file; a file that is missing or empty holds no state.
    ///
    /// # Errors
    /// When it cannot be read or is no state.
    pub fn open(path: impl Into<PathBuf>) -> Result<StateFile, StateError> {
        let path = path.into();
        let mut backup = path.clone().into_os_string();
        backup.push(".backup");
        let found = read_text(&path)?;
        let last = found.as_deref().map(snapshot::read).transpose()?;
        Ok(StateFile { path, backup: Some(backup.into()), found, last })
    }

    /// The file with another backup, or none.
    pub fn with_backup(self, backup: Option<PathBuf>) -> StateFile {
        StateFile { backup, ..self }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What was read or written last; `None` if there is no state yet.
    pub fn snapshot(&self) -> Option<&Snapshot> {
        self.last.as_ref()
    }

    /// The serial that this content will have when it is saved.
    pub fn next_serial(&self, content: &Snapshot) -> u64 {
        match &self.last {
            Some(last) if last.same_content(content) => last.serial,
            Some(last) => last.serial.max(content.serial) + 1,
            None => content.serial + 1,
        }
    }

    /// Saves the content and sets its serial.
    ///
    /// # Errors
    /// When another run has written meanwhile, or the machine refuses. The file is then as it was.
    pub fn save(&mut self, content: &mut Snapshot) -> Result<Saved, StateError> {
        content.serial = self.next_serial(content);
        if self.last.as_ref().is_some_and(|last| last.same_content(content)) {
            return Ok(Saved::Unchanged);
        }
        self.refuse_if_moved_on(content)?;
        self.write(content)?;
        Ok(Saved::Written)
    }

    /// Puts a state in the place of this one, as `state push` does. The serial goes on from that of the new state.
    ///
    /// # Errors
    /// `Lineage`, `Serial` or `SameSerial` where the new state does not follow on this one; not with `Overwrite::Anything`.
    pub fn replace(&mut self, mut content: Snapshot, overwrite: Overwrite) -> Result<(), StateError> {
        if let Some(last) = &self.last {
            if overwrite == Overwrite::Older {
                last.refuse_unless_followed_by(&content)?;
            }
            if *last == content {
                return Ok(());
            }
            content.serial += u64::from(!last.same_content(&content));
        }
        self.write(&mut content)
    }

    /// Writes what was found into the backup, and the content into the file.
    fn write(&mut self, content: &mut Snapshot) -> Result<(), StateError> {
        content.terraform_version = snapshot::TERRAFORM_VERSION.into();
        if let (Some(backup), Some(found)) = (&self.backup, &self.found) {
            disk::replace(backup, found.as_bytes()).map_err(StateError::io("write", backup))?;
        }
        self.found = None;
        let text = snapshot::write(content);
        disk::replace(&self.path, text.as_bytes()).map_err(StateError::io("write", &self.path))?;
        self.last = Some(content.clone());
        Ok(())
    }

    /// Compares with what is on disk now, not with what was there when the run began.
    fn refuse_if_moved_on(&self, content: &Snapshot) -> Result<(), StateError> {
        let Some(text) = read_text(&self.path)? else { return Ok(()) };
        let there = snapshot::read(&text)?;
        let began_with = self.last.as_ref().map_or(0, |last| last.serial);
        if there.lineage != content.lineage && !there.lineage.is_empty() {
            return Err(StateError::Lineage { found: there.lineage, ours: content.lineage.clone() });
        }
        if there.serial > began_with {
            return Err(StateError::Serial { found: there.serial, ours: began_with });
        }
        Ok(())
    }
}

/// The text of the file; `None` if it is missing or empty, as Terraform leaves it when it only locked it.
fn read_text(path: &Path) -> Result<Option<String>, StateError> {
    match fs::read(path) {
        Ok(bytes) if bytes.is_empty() => Ok(None),
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => Ok(Some(text)),
            Err(error) => Err(StateError::Torn {
                byte: error.utf8_error().valid_up_to(),
                reason: "the text is not UTF-8".into(),
            }),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StateError::io("read", path)(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::RawJson;
    use crate::snapshot::Output;

    fn with_output(text: &str) -> Snapshot {
        let json = |value: &str| RawJson::parse(&format!("\"{value}\"")).unwrap();
        let output = Output { value: json(text), ty: json("string"), sensitive: false };
        Snapshot { outputs: [("o".into(), output)].into(), ..Snapshot::new("l") }
    }

    #[test]
    fn the_serial_counts_changes_and_the_backup_keeps_what_the_run_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("terraform.tfstate");
        let mut file = StateFile::open(&path).unwrap();
        assert_eq!(file.save(&mut with_output("a")).unwrap(), Saved::Written);
        assert_eq!(file.save(&mut with_output("a")).unwrap(), Saved::Unchanged);
        let first = fs::read_to_string(&path).unwrap();

        let mut file = StateFile::open(&path).unwrap();
        file.save(&mut with_output("b")).unwrap();
        file.save(&mut with_output("c")).unwrap();
        assert_eq!(file.snapshot().unwrap().serial, 3);
        assert_eq!(fs::read_to_string(folder.path().join("terraform.tfstate.backup")).unwrap(), first);
    }

    #[test]
    fn a_pushed_state_must_follow_unless_forced() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = StateFile::open(folder.path().join("terraform.tfstate")).unwrap();
        let at = |serial: u64, text: &str| Snapshot { serial, ..with_output(text) };
        file.replace(at(5, "a"), Overwrite::Older).unwrap();
        file.replace(at(9, "b"), Overwrite::Older).unwrap();
        assert_eq!(file.snapshot().unwrap().serial, 10);
        let alien = Snapshot { lineage: "other".into(), ..at(20, "c") };
        let refused: Vec<String> = [at(4, "c"), at(10, "c"), alien.clone()]
            .map(|state| file.replace(state, Overwrite::Older).unwrap_err().to_string())
            .into();
        insta::assert_snapshot!(refused.join("\n"), @r#"
        cannot import state with serial 4 over newer state with serial 10
        cannot overwrite existing state with serial 10 with a different state that has the same serial
        cannot import state with lineage "other" over unrelated state with lineage "l"
        "#);
        file.replace(alien, Overwrite::Anything).unwrap();
        assert_eq!(file.snapshot().unwrap().serial, 21);
    }

    #[test]
    fn another_lineage_and_a_newer_state_are_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("terraform.tfstate");
        let mut ours = StateFile::open(&path).unwrap();
        let mut theirs = StateFile::open(&path).unwrap();
        theirs.save(&mut with_output("theirs")).unwrap();
        assert!(matches!(ours.save(&mut with_output("ours")), Err(StateError::Serial { found: 1, ours: 0 })));
        let mut foreign = Snapshot { lineage: "other".into(), ..with_output("x") };
        assert!(matches!(ours.save(&mut foreign), Err(StateError::Lineage { .. })));
        assert_eq!(snapshot::read(&fs::read_to_string(&path).unwrap()).unwrap(), *theirs.snapshot().unwrap());
    }
}
