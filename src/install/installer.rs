//! The installer: walks the calls of a configuration and sees to it that each module is there.
//!
//! Invariant: what is recorded and still fits is left alone, unless an upgrade was asked for.
//! Invariant: a module that could not be installed is not recorded.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use aksel_lang::code::Code;
use aksel_lang::diagnostic::{Diagnostic, Diagnostics};
use aksel_lang::files::clean;
use aksel_lang::load::{FindModule, ModuleRequest};
use aksel_lang::module_source::ModuleSource;

use crate::manifest::{Manifest, Record};

/// What becomes of modules that are installed already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upgrade {
    /// They stay.
    Keep,
    /// They are fetched again, in the newest version that fits.
    Newest,
}

/// What an installation does, as it happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// A package is fetched for a call.
    Fetching {
        /// The package.
        package: String,
        /// The path of the call.
        key: String,
    },
    /// A call has its module.
    Installed {
        /// The path of the call.
        key: String,
        /// Its folder, relative to that of the root module.
        folder: PathBuf,
    },
}

/// Where modules are installed.
#[derive(Clone, Debug)]
pub struct Place {
    /// The folder of the root module.
    pub root: PathBuf,
    /// The folder of installed modules, relative to that.
    pub modules: PathBuf,
}

/// Installs the modules of a configuration while it is loaded.
pub struct Installer<'a> {
    place: Place,
    manifest: Manifest,
    upgrade: Upgrade,
    hears: &'a mut dyn FnMut(&Progress),
}

impl<'a> Installer<'a> {
    /// An installer that begins with what is installed.
    ///
    /// # Errors
    /// When the manifest is there and cannot be read.
    pub fn new(
        place: Place,
        upgrade: Upgrade,
        hears: &'a mut dyn FnMut(&Progress),
    ) -> Result<Installer<'a>, Diagnostic> {
        let modules = place.root.join(&place.modules);
        let manifest = Manifest::read(&modules).map_err(|error| {
            Diagnostic::error(Code::Io, "Failed to read the manifest of modules")
                .detail(format!("{}: {error}.", modules.join("modules.json").display()))
                .help("Delete the file and run `aksel init` again.")
        })?;
        Ok(Installer { place, manifest, upgrade, hears })
    }

    /// Records what is installed.
    ///
    /// # Errors
    /// When the machine refuses.
    pub fn finish(self) -> Result<(), Diagnostic> {
        self.manifest.write(&self.place.root.join(&self.place.modules)).map_err(|error| {
            Diagnostic::error(Code::Io, "Failed to update the manifest of modules")
                .detail(format!("{}: {error}.", self.place.modules.join("modules.json").display()))
        })
    }

    /// The folder that is recorded for a call, if it is what the call wants.
    fn recorded(&self, request: &ModuleRequest<'_>) -> Option<PathBuf> {
        let record = self.manifest.0.get(&request.key())?;
        let fits = match (request.version, &record.version) {
            (Some(constraint), Some(version)) => constraint.allows(version),
            (Some(_), None) => false,
            (None, _) => true,
        };
        let there = || self.place.root.join(&record.folder).is_dir();
        let same = self.upgrade == Upgrade::Keep && record.source == request.source.to_string();
        (same && fits && there()).then(|| record.folder.clone())
    }

    /// A module beside the configuration: nothing is fetched.
    fn local(&self, path: &str, request: &ModuleRequest<'_>) -> Result<PathBuf, Diagnostic> {
        let folder = clean(&request.caller.join(path));
        resolved(&self.place.root, &folder).map_err(|error| {
            Diagnostic::error(Code::ModuleSource, "Unreadable module directory")
                .detail(format!(
                    "The directory {} could not be read for module \"{}\": {error}.",
                    folder.display(),
                    request.call.name.text
                ))
                .at_some(request.source_span())
        })
    }
}

impl FindModule for Installer<'_> {
    fn find(&mut self, request: &ModuleRequest<'_>, diagnostics: &mut Diagnostics) -> Option<PathBuf> {
        if let Some(folder) = self.recorded(request) {
            return Some(folder);
        }
        let key = request.key();
        self.manifest.0.remove(&key);
        let installed = match request.source {
            ModuleSource::Local(path) => self.local(path, request).map(|folder| (folder, None)),
            ModuleSource::Registry(_) | ModuleSource::Remote(_) => {
                Err(request.not_installed("This module does not lie beside the configuration."))
            }
        };
        let (folder, version) = match installed {
            Ok(installed) => installed,
            Err(error) => {
                diagnostics.push(error);
                return None;
            }
        };
        (self.hears)(&Progress::Installed { key: key.clone(), folder: folder.clone() });
        let record = Record { source: request.source.to_string(), version, folder: folder.clone() };
        self.manifest.0.insert(key, record);
        Some(folder)
    }
}

/// A folder with links followed; it stays relative if it lies below the root.
fn resolved(root: &Path, folder: &Path) -> io::Result<PathBuf> {
    let full = fs::canonicalize(root.join(folder))?;
    if !full.is_dir() {
        return Err(io::ErrorKind::NotADirectory.into());
    }
    let root = fs::canonicalize(root)?;
    if full == root {
        return Ok(PathBuf::from("."));
    }
    let below = full.strip_prefix(root).map(Path::to_path_buf);
    Ok(below.unwrap_or_else(|_| folder.to_path_buf()))
}
