//! `aksel workspace`

use std::path::{Path, PathBuf};

use aksel_lang::code::Code;
use aksel_lang::diagnostic::Diagnostic;
use aksel_state::file::{Overwrite, StateFile};
use aksel_state::snapshot::Snapshot;

use crate::arguments::WorkspaceCommand;
use crate::custody::{Backup, in_hand};
use crate::exit::Exit;
use crate::operate::block_on;
use crate::state_options::StateOptions;
use crate::usage::{self, Stream};
use crate::workplace::{Workplace, overridden_workspace, state_error, workspace_name};

/// The workspace that is always there.
const DEFAULT: &str = "default";

/// Manages workspaces.
pub(crate) fn run(place: &Workplace, command: &WorkspaceCommand) -> Exit {
    let one = |name: &'static str| {
        usage::refuse(&["workspace", name], "Expected a single argument: NAME.", Stream::Data)
    };
    place.screen.print(match command {
        WorkspaceCommand::New { state, words } => match words.as_slice() {
            [name] => new(place, name, state),
            _ => return one("new"),
        },
        WorkspaceCommand::Select { or_create, words } => match words.as_slice() {
            [name] => select(place, name, if *or_create { Missing::Made } else { Missing::Refused }),
            _ => return one("select"),
        },
        WorkspaceCommand::List => list(place),
        WorkspaceCommand::Show => Ok(format!("{}\n", place.workspace)),
        WorkspaceCommand::Delete { state, force, words } => match words.as_slice() {
            [name] => {
                let objects = if *force { Objects::Forgotten } else { Objects::Protected };
                block_on(async |_| delete(place, name, state, objects).await)
            }
            _ => return one("delete"),
        },
    })
}

/// What becomes of a workspace that is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Missing {
    Made,
    Refused,
}

/// What becomes of a workspace that has objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Objects {
    Protected,
    Forgotten,
}

/// All workspaces: the default one, then the others by name.
fn all(place: &Workplace) -> Result<Vec<String>, Diagnostic> {
    let folder = place.workspaces_folder();
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(vec![DEFAULT.into()]),
        Err(error) => return Err(unusable(&folder, &error)),
    };
    let folders = entries.flatten().filter(|entry| entry.path().is_dir());
    let mut names: Vec<String> = folders.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.retain(|name| name != DEFAULT);
    names.sort();
    names.insert(0, DEFAULT.into());
    Ok(names)
}

fn unusable(path: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error(Code::Io, "The workspace cannot be used")
        .detail(format!("{}: {error}.", path.display()))
}

fn new(place: &Workplace, name: &str, options: &StateOptions) -> Result<String, Diagnostic> {
    workspace_name(name)?;
    if overridden_workspace().is_some_and(|own| own != name) {
        return Err(overridden("You cannot create a new workspace when using this setting."));
    }
    if all(place)?.iter().any(|known| known == name) {
        return Err(Diagnostic::error(Code::Usage, format!("Workspace \"{name}\" already exists"))
            .help(format!("aksel workspace select {name}")));
    }
    let copied = options.state.as_deref().map(|path| place.path(path)).map(read).transpose()?;
    make(place, name)?;
    if let Some(content) = copied {
        let there = place.in_workspace(name);
        let kept = StateOptions { state: None, ..options.clone() };
        block_on(async |_| {
            in_hand(&there, &kept, "WorkspaceNew", Backup::Usual).await?.put(content, Overwrite::Older)
        })?;
    }
    Ok(created(name))
}

fn read(path: PathBuf) -> Result<Snapshot, Diagnostic> {
    let file = StateFile::open(&path).map_err(|error| state_error(&error, &path))?;
    file.snapshot().cloned().ok_or_else(|| {
        Diagnostic::error(Code::State, "No state file was found!")
            .detail(format!("There is no state in {}, so it cannot be copied.", path.display()))
    })
}

/// Makes the folder of a workspace and selects it.
fn make(place: &Workplace, name: &str) -> Result<(), Diagnostic> {
    let folder = place.workspaces_folder().join(name);
    std::fs::create_dir_all(&folder).map_err(|error| unusable(&folder, &error))?;
    remember(place, name)
}

fn remember(place: &Workplace, name: &str) -> Result<(), Diagnostic> {
    let path = place.workspace_file();
    let folder = place.data_folder();
    let written = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&path, name));
    written.map_err(|error| unusable(&path, &error))
}

fn created(name: &str) -> String {
    format!(
        "Created and switched to workspace \"{name}\"!\n\nYou're now on a new, empty workspace. Workspaces isolate their state,\nso if you run \"aksel plan\" aksel will not see any existing state\nfor this configuration.\n"
    )
}

fn overridden(what: &str) -> Diagnostic {
    Diagnostic::error(Code::Usage, "The workspace is overridden using the TF_WORKSPACE environment variable")
        .detail(what.to_owned())
        .help("Change or unset TF_WORKSPACE, then run the command again.")
}

fn select(place: &Workplace, name: &str, missing: Missing) -> Result<String, Diagnostic> {
    workspace_name(name)?;
    if overridden_workspace().is_some() {
        return Err(overridden(
            "The selected workspace is currently that of the environment, so none can be selected.",
        ));
    }
    if name == place.workspace {
        return Ok(String::new());
    }
    if all(place)?.iter().any(|known| known == name) {
        remember(place, name)?;
        return Ok(format!("Switched to workspace \"{name}\".\n"));
    }
    match missing {
        Missing::Made => make(place, name).map(|()| created(name)),
        Missing::Refused => Err(unknown(name)),
    }
}

fn unknown(name: &str) -> Diagnostic {
    Diagnostic::error(Code::Usage, format!("Workspace \"{name}\" doesn't exist"))
        .detail("`aksel workspace list` shows the workspaces that there are.")
        .help("Create it with the \"new\" subcommand, or include the \"-or-create\" flag with the \"select\" subcommand.")
}

fn list(place: &Workplace) -> Result<String, Diagnostic> {
    let line = |name: &String| format!("{} {name}\n", if *name == place.workspace { '*' } else { ' ' });
    let lines: String = all(place)?.iter().map(line).collect();
    let note = match overridden_workspace() {
        Some(_) => {
            "\n\nThe active workspace is being overridden using the TF_WORKSPACE environment\nvariable.\n"
        }
        None => "",
    };
    Ok(format!("{lines}\n{note}"))
}

async fn delete(
    place: &Workplace,
    name: &str,
    options: &StateOptions,
    objects: Objects,
) -> Result<String, Diagnostic> {
    if !all(place)?.iter().any(|known| known == name) {
        return Err(unknown(name));
    }
    if name == place.workspace {
        return Err(Diagnostic::error(Code::Usage, format!("Workspace \"{name}\" is your active workspace"))
            .detail("You cannot delete the currently active workspace.")
            .help("Switch to another workspace and try again: aksel workspace select default"));
    }
    let there = place.in_workspace(name);
    let custody = in_hand(&there, options, "WorkspaceDelete", Backup::Usual).await?;
    let tracked: Vec<String> =
        custody.content.objects().map(|entry| format!("  - {}\n", entry.address)).collect();
    if objects == Objects::Protected && !tracked.is_empty() {
        return Err(not_empty(name, &tracked.concat()));
    }
    if name == DEFAULT {
        return Err(Diagnostic::error(Code::Usage, "The default workspace cannot be deleted")
            .detail("It is the one that is always there.")
            .help("`aksel destroy` empties it."));
    }
    drop(custody);
    let folder = place.workspaces_folder().join(name);
    std::fs::remove_dir_all(&folder).map_err(|error| unusable(&folder, &error))?;
    let note = match tracked.is_empty() {
        true => String::new(),
        false => format!(
            "WARNING: \"{name}\" was non-empty.\nThe resources managed by the deleted workspace may still exist,\nbut are no longer manageable by aksel since the state has\nbeen deleted.\n"
        ),
    };
    Ok(format!("Deleted workspace \"{name}\"!\n{note}"))
}

fn not_empty(name: &str, tracked: &str) -> Diagnostic {
    Diagnostic::error(Code::State, "Workspace is not empty")
        .detail(format!(
            "Workspace \"{name}\" is currently tracking the following resource instances:\n{tracked}\nDeleting this workspace would cause aksel to lose track of them: they would have to be deleted by hand."
        ))
        .help("Destroy them with `aksel destroy` in that workspace first, or forget them with -force.")
}
