//! A copy of a module to start from: `init -from-module`.
//!
//! Invariant: the folder of the root module is either as it was, or has all of the module.
//! Rule: what is hidden is not copied: it belongs to the repository that the module comes from.

use std::fs;
use std::path::{Path, PathBuf};

use aksel_lang::code::Code;
use aksel_lang::diagnostic::Diagnostic;
use aksel_lang::module_source::{InvalidSource, ModuleSource, RemoteModule};
use url::Url;

use crate::credentials::Surroundings;
use crate::fetch_error::FetchError;
use crate::installer::Place;
use crate::packages::Packages;
use crate::subfolder::find_subfolder;

/// Fills an empty folder with what a source names.
///
/// # Errors
/// When the folder is not empty, the text is no source, or the module cannot be fetched.
pub fn copy_module(written: &str, place: &Place, surroundings: Surroundings) -> Result<(), Diagnostic> {
    let data = place.modules.parent().map(Path::to_path_buf).unwrap_or_default();
    if let Some(found) = first_entry(&place.root, &data) {
        return Err(not_empty(&found));
    }
    let source = written.parse().map_err(|error| no_source(written, &error))?;
    let staging = place.root.join(&place.modules).join(".from-module");
    let copied = fetch(&source, place, surroundings, &staging).and_then(|from| move_in(&from, &place.root));
    // Nothing of it is of use any more; a folder that cannot be removed is replaced by the next copy.
    let _removed = fs::remove_dir_all(&staging);
    copied.map_err(|error| {
        let failed = Diagnostic::error(Code::ModuleSource, "Failed to download module");
        let failed = failed.detail(format!("Could not copy the module from {written}: {error}."));
        Diagnostic { help: error.help, ..failed }
    })
}

/// Anything that is in the folder besides aksel's own data.
fn first_entry(root: &Path, data: &Path) -> Option<String> {
    let names = fs::read_dir(root).ok()?.flatten().map(|entry| entry.file_name());
    let mut names: Vec<_> = names.filter(|name| Path::new(name) != data).collect();
    names.sort();
    names.first().map(|name| name.to_string_lossy().into_owned())
}

fn not_empty(found: &str) -> Diagnostic {
    Diagnostic::error(Code::Usage, "Can't populate non-empty directory")
        .detail(format!(
            "The working directory already contains files, such as {found}. The -from-module option requires an empty directory into which a copy of the module is placed."
        ))
        .help("To initialize the configuration that is already there, leave out -from-module; else choose another folder with -chdir.")
}

fn no_source(written: &str, error: &InvalidSource) -> Diagnostic {
    let refused = Diagnostic::error(Code::ModuleSource, "Invalid module source address");
    match error {
        InvalidSource::Unrecognised(package) => refused
            .detail(format!("It is not clear how to fetch \"{package}\"."))
            .help(format!("If it is a path, write ./{written}.")),
        InvalidSource::Malformed(reason) => {
            refused.detail(format!("Failed to parse module source address: {reason}."))
        }
    }
}

/// Has the module in a folder below the staging folder.
fn fetch(
    source: &ModuleSource,
    place: &Place,
    surroundings: Surroundings,
    staging: &Path,
) -> Result<PathBuf, FetchError> {
    let mut packages = Packages::new(surroundings);
    let module = match source {
        ModuleSource::Local(path) => on_disk(&place.root, path)?,
        ModuleSource::Remote(module) => module.clone(),
        ModuleSource::Registry(module) => packages.resolve(module, None)?.1,
    };
    packages.fetch(&module.package, staging)?;
    find_subfolder(staging, &module.subfolder).map(|below| staging.join(below))
}

/// A folder on this machine. It may not have the one in it that is filled.
fn on_disk(root: &Path, path: &str) -> Result<RemoteModule, FetchError> {
    let folder = fs::canonicalize(root.join(path)).map_err(FetchError::io(path))?;
    let root = fs::canonicalize(root).map_err(FetchError::io(root.display()))?;
    if root.starts_with(&folder) {
        return Err(FetchError::new(format!("{path} contains the folder that is to be filled")));
    }
    let package = Url::from_file_path(&folder).map_err(|()| FetchError::new(format!("{path} is no path")))?;
    Ok(RemoteModule { package: package.into(), subfolder: String::new() })
}

fn move_in(from: &Path, root: &Path) -> Result<(), FetchError> {
    drop_hidden(from)?;
    for entry in fs::read_dir(from).map_err(FetchError::io(from.display()))? {
        let name = entry.map_err(FetchError::io(from.display()))?.file_name();
        let target = root.join(&name);
        fs::rename(from.join(&name), &target).map_err(FetchError::io(target.display()))?;
    }
    Ok(())
}

/// Removes what is hidden, at every depth.
fn drop_hidden(folder: &Path) -> Result<(), FetchError> {
    let mut waiting = vec![folder.to_path_buf()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder).map_err(FetchError::io(folder.display()))? {
            let entry = entry.map_err(FetchError::io(folder.display()))?;
            let (path, hidden) = (entry.path(), entry.file_name().to_string_lossy().starts_with('.'));
            let kind = entry.file_type().map_err(FetchError::io(path.display()))?;
            match (hidden, kind.is_dir()) {
                (true, true) => fs::remove_dir_all(&path).map_err(FetchError::io(path.display()))?,
                (true, false) => fs::remove_file(&path).map_err(FetchError::io(path.display()))?,
                (false, true) => waiting.push(path),
                (false, false) => {}
            }
        }
    }
    Ok(())
}
