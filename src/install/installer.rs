//! The installer: walks the calls of a configuration and sees to it that each module is there.
//!
//! Invariant: what is recorded and still fits is left alone, unless an upgrade was asked for.
//! Invariant: only a module that is there is recorded.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use aksel_lang::address::ModulePath;
use aksel_lang::code::Code;
use aksel_lang::diagnostic::{Diagnostic, Diagnostics};
use aksel_lang::files::clean;
use aksel_lang::load::{FindModule, ModuleRequest};
use aksel_lang::module_source::{ModuleSource, RegistryModule, RemoteModule, is_local};

use crate::credentials::Surroundings;
use crate::fetch_error::{FetchError, without_password};
use crate::manifest::{Manifest, Record};
use crate::packages::Packages;
use crate::subfolder::find_subfolder;

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
    packages: Packages,
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
        surroundings: Surroundings,
        hears: &'a mut dyn FnMut(&Progress),
    ) -> Result<Installer<'a>, Diagnostic> {
        let modules = place.root.join(&place.modules);
        let manifest = Manifest::read(&modules).map_err(|error| {
            Diagnostic::error(Code::Io, "Failed to read the manifest of modules")
                .detail(format!("{}: {error}.", modules.join("modules.json").display()))
                .help("Delete the file and run `aksel init` again.")
        })?;
        Ok(Installer { place, manifest, upgrade, packages: Packages::new(surroundings), hears })
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

    fn install(&mut self, request: &ModuleRequest<'_>) -> Result<Record, Diagnostic> {
        let source = request.source.to_string();
        match request.source {
            ModuleSource::Local(path) => {
                Ok(Record { source, version: None, folder: self.local(path, request)? })
            }
            ModuleSource::Remote(module) => {
                let package = without_password(&module.package);
                let folder = self.fetch(module, &package, request)?;
                Ok(Record { source, version: None, folder })
            }
            ModuleSource::Registry(module) => {
                let (version, location) = self
                    .packages
                    .resolve(module, request.version)
                    .map_err(|error| no_answer(module, request, error))?;
                let bare = RegistryModule { subfolder: String::new(), ..module.clone() };
                let folder = self.fetch(&location, &format!("{bare} {version}"), request)?;
                Ok(Record { source, version: Some(version), folder })
            }
        }
    }

    /// A module beside its caller: nothing is fetched.
    fn local(&self, path: &str, request: &ModuleRequest<'_>) -> Result<PathBuf, Diagnostic> {
        let folder = clean(&request.caller.join(path));
        let found = resolved(&self.place.root, &folder).map_err(|error| {
            Diagnostic::error(Code::ModuleSource, "Unreadable module directory")
                .detail(format!(
                    "The directory {} could not be read for module \"{}\": {error}.",
                    folder.display(),
                    request.call.name.text
                ))
                .at_some(request.source_span())
        })?;
        match self.package_of(request.path) {
            Some(package) if !self.lies_in(&found, &package) => Err(leaves_package(request, &package)),
            Some(_) | None => Ok(found),
        }
    }

    /// The folder of the package that the caller belongs to; `None` for what lies beside the root module.
    fn package_of(&self, called: &ModulePath) -> Option<PathBuf> {
        let callers = (1..called.0.len()).rev().map(|length| called.0[..length].join("."));
        let fetched = |key: &String| self.manifest.0.get(key).is_some_and(|record| !is_local(&record.source));
        callers.into_iter().find(fetched).map(|key| self.place.modules.join(key))
    }

    fn lies_in(&self, folder: &Path, package: &Path) -> bool {
        let full = |path: &Path| fs::canonicalize(self.place.root.join(path));
        match (full(folder), full(package)) {
            (Ok(folder), Ok(package)) => folder.starts_with(package),
            _ => false,
        }
    }

    /// Fetches a package for a call and finds the module's folder in it.
    fn fetch(
        &mut self,
        module: &RemoteModule,
        shown: &str,
        request: &ModuleRequest<'_>,
    ) -> Result<PathBuf, Diagnostic> {
        let key = request.key();
        (self.hears)(&Progress::Fetching { package: shown.to_owned(), key: key.clone() });
        let target = self.place.modules.join(&key);
        let full = self.place.root.join(&target);
        let fetched = self.packages.fetch(&module.package, &full);
        let found = fetched.and_then(|()| find_subfolder(&full, &module.subfolder));
        let place = |below: PathBuf| {
            if below.as_os_str().is_empty() { target.clone() } else { target.join(below) }
        };
        found.map(place).map_err(|error| {
            let detail = format!("Could not download module \"{key}\" from {shown}: {error}.");
            failed("Failed to download module", detail, error, request)
        })
    }
}

/// An error of a call, with what else can be done.
fn failed(summary: &str, detail: String, error: FetchError, request: &ModuleRequest<'_>) -> Diagnostic {
    let mut diagnostic =
        Diagnostic::error(Code::ModuleSource, summary.to_owned()).detail(detail).at(request.call.header);
    if let Some(source) = request.source_span() {
        diagnostic = diagnostic.also(source, "from here");
    }
    Diagnostic { help: error.help, ..diagnostic }
}

fn no_answer(module: &RegistryModule, request: &ModuleRequest<'_>, error: FetchError) -> Diagnostic {
    let detail =
        format!("Failed to find a version of module \"{}\" at {}: {error}.", request.key(), module.host);
    failed("Error accessing remote module registry", detail, error, request)
}

fn leaves_package(request: &ModuleRequest<'_>, package: &Path) -> Diagnostic {
    Diagnostic::error(Code::ModuleSource, "Local module path escapes module package")
        .detail(format!(
            "The source of module \"{}\" would be outside of its containing package {}. A source that begins with \"../\" must stay within the package that the calling module belongs to.",
            request.call.name.text,
            package.display()
        ))
        .at_some(request.source_span())
}

impl FindModule for Installer<'_> {
    fn find(&mut self, request: &ModuleRequest<'_>, diagnostics: &mut Diagnostics) -> Option<PathBuf> {
        if let Some(folder) = self.recorded(request) {
            return Some(folder);
        }
        match self.install(request) {
            Ok(record) => {
                let (key, folder) = (request.key(), record.folder.clone());
                (self.hears)(&Progress::Installed { key: key.clone(), folder: folder.clone() });
                self.manifest.0.insert(key, record);
                Some(folder)
            }
            Err(error) => {
                diagnostics.push(error);
                None
            }
        }
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
