//! Where a command works: the folder, its data, its workspace and its state file.
//!
//! Invariant: the process's own folder is never changed; paths are joined to the folder.

use std::path::{Path, PathBuf};

use aksel_lang::code::Code;
use aksel_lang::diagnostic::Diagnostic;
use aksel_lang::files::{Disk, Files as _};
use aksel_lang::load::is_configuration;
use aksel_state::backend_record::Recorded;
use aksel_state::error::StateError;
use aksel_state::file::StateFile;

use crate::backend;
use crate::screen::Screen;

/// The folder that a command works in.
#[derive(Clone, Debug)]
pub(crate) struct Workplace {
    folder: PathBuf,
    /// The folder that the command was called in.
    pub(crate) called_from: PathBuf,
    /// The name of the workspace.
    pub(crate) workspace: String,
    /// Which backend the folder was initialized for.
    pub(crate) recorded: Recorded,
    /// How text is written.
    pub(crate) screen: Screen,
}

impl Workplace {
    /// Finds out where to work.
    ///
    /// # Errors
    /// When the folder is not there.
    pub(crate) fn enter(chdir: Option<&Path>, screen: Screen) -> Result<Workplace, Diagnostic> {
        let folder = chdir.map_or_else(|| PathBuf::from("."), Path::to_owned);
        if let Err(error) = std::fs::read_dir(&folder) {
            return Err(Diagnostic::error(Code::Usage, "Error handling -chdir option")
                .detail(format!("The folder {} cannot be entered: {error}.", folder.display())));
        }
        let called_from = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
        let mut place = Workplace {
            folder,
            called_from,
            workspace: "default".into(),
            recorded: Recorded::Nothing,
            screen,
        };
        place.recorded = Recorded::read(&place.data_folder()).unwrap_or(Recorded::Nothing);
        place.workspace = place.selected_workspace()?;
        Ok(place)
    }

    /// The same folder, in another workspace.
    pub(crate) fn in_workspace(&self, name: &str) -> Workplace {
        Workplace { workspace: name.into(), ..self.clone() }
    }

    /// The files of the folder.
    pub(crate) fn files(&self) -> Disk {
        Disk { folder: self.folder.clone() }
    }

    /// Whether the folder declares nothing at all.
    pub(crate) fn is_empty(&self) -> bool {
        let names = self.files().names(Path::new("")).unwrap_or_default();
        !names.iter().any(|name| is_configuration(name))
    }

    /// A path that was given relative to the folder.
    pub(crate) fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.folder.join(path)
    }

    /// The folder as it was named with `-chdir`; `None` without.
    pub(crate) fn chdir(&self) -> Option<&Path> {
        (self.folder != Path::new(".")).then_some(&*self.folder)
    }

    /// The folder for what is installed: `.terraform`, or `TF_DATA_DIR`.
    pub(crate) fn data_folder(&self) -> PathBuf {
        self.path(self.data_name())
    }

    /// That folder, relative to the folder of the configuration.
    pub(crate) fn data_name(&self) -> PathBuf {
        std::env::var_os("TF_DATA_DIR").map_or_else(|| ".terraform".into(), PathBuf::from)
    }

    /// The file that `workspace select` writes.
    pub(crate) fn workspace_file(&self) -> PathBuf {
        self.data_folder().join("environment")
    }

    /// The folder of all workspaces but the default one.
    pub(crate) fn workspaces_folder(&self) -> PathBuf {
        self.path(self.recorded.local().workspaces_folder())
    }

    /// `TF_WORKSPACE`, or what `workspace select` wrote.
    fn selected_workspace(&self) -> Result<String, Diagnostic> {
        if let Some(name) = overridden_workspace() {
            workspace_name(&name)?;
            return Ok(name);
        }
        let written = std::fs::read_to_string(self.workspace_file()).unwrap_or_default();
        let name = Some(written.trim().to_owned()).filter(|name| workspace_name(name).is_ok());
        Ok(name.unwrap_or_else(|| "default".into()))
    }

    /// The state file of the workspace, or one that was named.
    pub(crate) fn state_path(&self, named: Option<&Path>) -> PathBuf {
        match named {
            Some(named) => self.path(named),
            None => self.path(self.recorded.local().state_of(&self.workspace)),
        }
    }

    /// Opens the state file; one that is not there yet is empty.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn state(&self, named: Option<&Path>) -> Result<StateFile, Diagnostic> {
        backend::require(self)?;
        let path = self.state_path(named);
        StateFile::open(&path).map_err(|error| state_error(&error, &path))
    }
}

/// The workspace that `TF_WORKSPACE` names, whatever is selected.
pub(crate) fn overridden_workspace() -> Option<String> {
    std::env::var("TF_WORKSPACE").ok().filter(|name| !name.is_empty())
}

/// Checks the name of a workspace: it is part of paths and of URLs.
///
/// # Errors
/// When it cannot be one.
pub(crate) fn workspace_name(name: &str) -> Result<(), Diagnostic> {
    let safe = |c: char| c.is_ascii_alphanumeric() || "-_.~$&+:=@".contains(c);
    if !name.is_empty() && name.chars().all(safe) && !matches!(name, "." | "..") {
        return Ok(());
    }
    Err(Diagnostic::error(Code::Usage, format!("The workspace name \"{name}\" is not allowed"))
        .detail("The name must contain only URL safe characters, and no path separators.")
        .help("Letters, digits, hyphens and underscores always work."))
}

/// A state that cannot be read, as a diagnostic.
pub(crate) fn state_error(error: &StateError, path: &Path) -> Diagnostic {
    Diagnostic::error(Code::State, "Error loading the state")
        .detail(format!("{}: {error}.", path.display()))
        .help(error.help())
}
