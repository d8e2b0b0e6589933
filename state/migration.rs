//! Migration: the states of one backend are copied to where another has them.
//!
//! Invariant: what is copied stays where it was, too; nothing is lost when a copy fails half-way.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::backend::Local;
use crate::disk;
use crate::snapshot;

/// The usual file of a state.
const FILE: &str = "terraform.tfstate";

/// The usual folder of the states of other workspaces than `default`.
const FOLDER: &str = "terraform.tfstate.d";

/// The workspace that is always there.
const DEFAULT: &str = "default";

/// One state that is to be copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// The workspace.
    pub workspace: String,
    /// Where its state is.
    pub from: PathBuf,
    /// Where it is to be.
    pub to: PathBuf,
    /// Whether another state is there already.
    pub occupied: bool,
}

impl Local {
    /// The state file of a workspace, relative to the folder of the configuration.
    pub fn state_of(&self, workspace: &str) -> PathBuf {
        match workspace {
            DEFAULT => PathBuf::from(self.path.as_deref().filter(|path| !path.is_empty()).unwrap_or(FILE)),
            other => self.workspaces_folder().join(other).join(FILE),
        }
    }

    /// The folder of the states of other workspaces, relative to the folder of the configuration.
    pub fn workspaces_folder(&self) -> PathBuf {
        PathBuf::from(self.workspace_dir.as_deref().filter(|path| !path.is_empty()).unwrap_or(FOLDER))
    }
}

/// The states that have to be copied so that nothing is missing in the new backend. Empty ones are not worth it.
pub fn copies(root: &Path, from: &Local, to: &Local) -> Vec<Copy> {
    let folder = root.join(from.workspaces_folder());
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut workspaces: Vec<String> =
        entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    workspaces.sort();
    workspaces.insert(0, DEFAULT.to_owned());
    let copy = |workspace: String| {
        let (from, to) = (root.join(from.state_of(&workspace)), root.join(to.state_of(&workspace)));
        let wanted = from != to && has_content(&from);
        wanted.then(|| Copy { occupied: has_content(&to), workspace, from, to })
    };
    workspaces.into_iter().filter_map(copy).collect()
}

/// Whether there is a state that knows of anything. One that cannot be read does: nobody may overwrite it.
fn has_content(path: &Path) -> bool {
    match fs::read_to_string(path) {
        Ok(text) if text.is_empty() => false,
        Ok(text) => snapshot::read(&text)
            .map_or(true, |state| state.objects().next().is_some() || !state.outputs.is_empty()),
        Err(error) => error.kind() != io::ErrorKind::NotFound,
    }
}

impl Copy {
    /// Copies the state.
    ///
    /// # Errors
    /// When the machine refuses.
    pub fn carry_out(&self) -> io::Result<()> {
        disk::replace(&self.to, &fs::read(&self.from)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATE: &str = r#"{"version":4,"terraform_version":"1.11.4","serial":1,"lineage":"l","outputs":{"o":{"value":1,"type":"number"}},"resources":[],"check_results":null}"#;

    #[test]
    fn states_with_content_are_copied_and_stay() {
        let root = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("terraform.tfstate", STATE);
        write("terraform.tfstate.d/dev/terraform.tfstate", STATE);
        write("terraform.tfstate.d/empty/terraform.tfstate", "");
        write("w/dev/terraform.tfstate", STATE);
        let to = Local { path: Some("s/a.tfstate".into()), workspace_dir: Some("w".into()) };
        let found = copies(root.path(), &Local::default(), &to);
        let shown: Vec<(&str, bool)> = found.iter().map(|copy| (&*copy.workspace, copy.occupied)).collect();
        assert_eq!(shown, [("default", false), ("dev", true)]);
        found[0].carry_out().unwrap();
        assert_eq!(fs::read_to_string(root.path().join("s/a.tfstate")).unwrap(), STATE);
        assert!(root.path().join("terraform.tfstate").exists());
        assert_eq!(copies(root.path(), &to, &to), []);
    }
}
