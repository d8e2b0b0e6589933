//! What is installed, as every command but `init` and `get` sees it.
//!
//! Rule: a module is used only as it was installed: same source, a version that still fits, a folder that is there.
//! Never: nothing is installed here.

use std::collections::BTreeMap;
use std::path::PathBuf;

use aksel_lang::code::Code;
use aksel_lang::diagnostic::{Diagnostic, Diagnostics};
use aksel_lang::files::clean;
use aksel_lang::load::{FindModule, ModuleRequest};
use aksel_lang::module_source::ModuleSource;

use crate::manifest::{Manifest, Record};

/// What becomes of a local module that `init` has not seen yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unseen {
    /// It has to be installed first.
    Refused,
    /// It is used where it lies.
    Used,
}

/// The modules that are installed in a folder.
#[derive(Clone, Debug)]
pub struct Installed {
    /// The folder of the root module.
    pub root: PathBuf,
    /// What is installed.
    pub manifest: Manifest,
    /// What becomes of others.
    pub unseen: Unseen,
    /// The folders that were found, by the path of the call.
    pub found: BTreeMap<String, PathBuf>,
}

impl Installed {
    /// What a manifest says of the folder of a root module.
    pub fn new(root: PathBuf, manifest: Manifest, unseen: Unseen) -> Installed {
        Installed { root, manifest, unseen, found: BTreeMap::new() }
    }
}

impl FindModule for Installed {
    fn find(&mut self, request: &ModuleRequest<'_>, diagnostics: &mut Diagnostics) -> Option<PathBuf> {
        let key = request.key();
        if let (ModuleSource::Local(path), Unseen::Used) = (request.source, self.unseen) {
            let folder = clean(&request.caller.join(path));
            self.found.insert(key, folder.clone());
            return Some(folder);
        }
        let Some(record) = self.manifest.0.get(&key) else {
            diagnostics.push(request.not_installed("This module is not yet installed."));
            return None;
        };
        if let Some(error) = outdated(record, request) {
            diagnostics.push(error);
            return None;
        }
        if !self.root.join(&record.folder).is_dir() {
            let because =
                format!("This module's local cache directory {} could not be read.", record.folder.display());
            diagnostics.push(request.not_installed(&because));
            return None;
        }
        self.found.insert(key, record.folder.clone());
        Some(record.folder.clone())
    }
}

/// Whether the call wants something else than what was installed for it.
fn outdated(record: &Record, request: &ModuleRequest<'_>) -> Option<Diagnostic> {
    let again = "Run \"aksel init\" to install all modules required by this configuration.";
    if record.source != request.source.to_string() {
        return Some(
            Diagnostic::error(Code::ModuleSource, "Module source has changed")
                .detail(format!("The source address was changed since this module was installed. {again}"))
                .at_some(request.source_span()),
        );
    }
    let constraint = request.version?;
    let version = record.version.as_ref()?;
    (!constraint.allows(version)).then(|| {
        Diagnostic::error(Code::ModuleSource, "Module version requirements have changed")
            .detail(format!(
                "The version requirements have changed since this module was installed and the installed version ({version}) is no longer acceptable. {again}"
            ))
            .at_some(request.call.version.as_ref().map(|version| version.span))
    })
}
