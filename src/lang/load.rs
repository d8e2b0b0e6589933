//! Loading: the files of a folder become a module, and the modules that it calls hang below it.
//!
//! Invariant: a file that cannot be parsed costs only what could not be read of it; everything else is loaded and checked.
//! Invariant: override files are applied in the order of their names, after all others.
//! Never: nothing is downloaded; a module from elsewhere must have been installed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::address::ModulePath;
use crate::blocks::module_call::ModuleCall;
use crate::code::Code;
use crate::configuration::{Configuration, Module};
use crate::declare::Declarations;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::evaluate;
use crate::files::{Files, clean};
use crate::json_syntax;
use crate::parser;
use crate::source::Sources;
use crate::syntax::Body;
use crate::types::Text;

/// Where modules that are not local have been installed: path of the call, such as `network.subnets`, to folder.
#[derive(Clone, Debug, Default)]
pub struct Installed {
    /// Folder by the call's path, joined by dots.
    pub folders: BTreeMap<String, PathBuf>,
}

/// The deepest nesting of modules. Deeper is a module that calls itself.
const DEPTH_MAX: usize = 100;

/// Loads the module of a folder with all that it calls.
pub fn load(folder: &Path, files: &dyn Files, installed: &Installed) -> (Configuration, Diagnostics) {
    let mut loader = Loader { files, installed, sources: Sources::default(), diagnostics: Vec::new() };
    let root = loader.module(folder, &ModulePath::default(), None);
    (Configuration { root: root.unwrap_or_default(), sources: loader.sources }, loader.diagnostics)
}

struct Loader<'a> {
    files: &'a dyn Files,
    installed: &'a Installed,
    sources: Sources,
    diagnostics: Diagnostics,
}

impl Loader<'_> {
    /// Loads one module and its calls; `None` if its folder cannot be read.
    fn module(&mut self, folder: &Path, path: &ModulePath, call: Option<&ModuleCall>) -> Option<Module> {
        let names = match self.files.names(folder) {
            Ok(names) => names,
            Err(error) => {
                self.diagnostics.push(unreadable(folder, path, call, &error));
                return None;
            }
        };
        let (normal, overrides) = configuration_files(&names);
        let mut declarations = Declarations::default();
        for name in &normal {
            self.file(folder, name, |body, diagnostics| declarations.add(body, diagnostics));
        }
        for name in &overrides {
            self.file(folder, name, |body, diagnostics| declarations.add_override(body, path, diagnostics));
        }
        let mut module = declarations.into_module(&self.sources, &mut self.diagnostics);
        module.path = path.clone();
        module.directory = clean(folder);
        for call in module.calls.values_mut() {
            let child = path.child(call.name.text.clone());
            if let Some(folder) = self.called_folder(&module.directory, call, &child) {
                call.module = self.module(&folder, &child, Some(call)).map(Box::new);
            }
        }
        Some(module)
    }

    fn file(&mut self, folder: &Path, name: &str, take: impl FnOnce(&Body, &mut Diagnostics)) {
        let path = clean(&folder.join(name));
        let bytes = match self.files.read(&path) {
            Ok(bytes) => bytes,
            Err(error) => {
                let detail = format!("The file {} could not be read: {error}.", path.display());
                self.diagnostics.push(Diagnostic::error(Code::Io, "Failed to read file").detail(detail));
                return;
            }
        };
        let body = parse_file(&path, &bytes, &mut self.sources, &mut self.diagnostics);
        take(&body, &mut self.diagnostics);
    }

    /// The folder of a called module.
    fn called_folder(&mut self, caller: &Path, call: &ModuleCall, path: &ModulePath) -> Option<PathBuf> {
        let source = call.source.as_ref()?;
        let span = source.span;
        let value = evaluate::constant(source, &mut self.diagnostics)?;
        let Some(source) = value.as_str().map(str::to_owned) else {
            let error = Diagnostic::error(Code::ModuleSource, "Invalid module source address");
            self.diagnostics.push(error.detail("The source of a module must be a string.").at(span));
            return None;
        };
        if path.0.len() > DEPTH_MAX {
            let detail =
                format!("Modules are nested more than {DEPTH_MAX} deep; a module probably calls itself.");
            self.diagnostics.push(
                Diagnostic::error(Code::ModuleSource, "Module nesting too deep").detail(detail).at(span),
            );
            return None;
        }
        if is_local(&source) {
            return Some(clean(&caller.join(&source)));
        }
        let key = path.0.join(".");
        if let Some(folder) = self.installed.folders.get(&key) {
            return Some(folder.clone());
        }
        self.diagnostics.push(not_installed(&source, call, span));
        None
    }
}

/// Whether a module source is a path in the same package.
pub fn is_local(source: &str) -> bool {
    let local = |prefix: &str| source.starts_with(prefix);
    local("./") || local("../") || local(".\\") || local("..\\") || source == "." || source == ".."
}

fn not_installed(source: &str, call: &ModuleCall, span: crate::source::Span) -> Diagnostic {
    let named = source.split(['/', ':']).all(|part| !part.contains('.')) && !source.contains("://");
    if named && source.split('/').count() < 3 {
        return Diagnostic::error(Code::ModuleSource, "Invalid module source address")
            .detail(format!("\"{source}\" is neither a path, an address of a registry, nor a URL."))
            .help(format!("If it is a folder beside this file, write \"./{source}\"."))
            .at(span);
    }
    Diagnostic::error(Code::ModuleSource, "Module not installed")
        .detail(format!("The module \"{}\" is not installed yet.", call.name.text))
        .help("Run `aksel init` to install all modules that this configuration needs.")
        .at(call.header)
}

fn unreadable(
    folder: &Path,
    path: &ModulePath,
    call: Option<&ModuleCall>,
    error: &std::io::Error,
) -> Diagnostic {
    match call {
        Some(call) => Diagnostic::error(Code::ModuleSource, "Unreadable module directory")
            .detail(format!("The directory {} could not be read for {path}: {error}.", folder.display()))
            .at_some(call.source.as_ref().map(|source| source.span)),
        None => Diagnostic::error(Code::Io, "Unreadable module directory")
            .detail(format!("The directory {} could not be read: {error}.", folder.display())),
    }
}

/// Parses a file by its name: JSON or native notation.
pub fn parse_file(path: &Path, bytes: &[u8], sources: &mut Sources, diagnostics: &mut Diagnostics) -> Body {
    let text = String::from_utf8_lossy(bytes);
    let id = sources.add(path.display().to_string(), &text);
    let text = sources.get(id).text.clone();
    let json = path.extension().is_some_and(|extension| extension == "json");
    let (body, mut found) = if json { json_syntax::parse(id, &text) } else { parser::parse_file(id, &text) };
    if let Err(error) = std::str::from_utf8(bytes) {
        let place = crate::source::Span::new(id, error.valid_up_to(), error.valid_up_to() + 1);
        found.insert(
            0,
            Diagnostic::error(Code::Syntax, "Invalid character encoding")
                .detail("All input files must be UTF-8 encoded. Ensure that UTF-8 encoding is selected in your editor.")
                .at(place),
        );
    }
    diagnostics.extend(found);
    body
}

/// The configuration files among the names of a folder, and the override files.
fn configuration_files(names: &[String]) -> (Vec<String>, Vec<String>) {
    let hidden = |name: &str| {
        name.starts_with('.') || name.ends_with('~') || (name.starts_with('#') && name.ends_with('#'))
    };
    let base = |name: &str| -> Option<String> {
        [".tofu.json", ".tf.json", ".tofu", ".tf"]
            .iter()
            .find_map(|end| name.strip_suffix(end))
            .map(str::to_owned)
    };
    // A `.tofu` file stands in for the `.tf` file of the same name, so that a module can serve both tools.
    let superseded = |name: &str| {
        let tofu = name.replace(".tf", ".tofu");
        name.contains(".tf") && names.contains(&tofu)
    };
    let mut chosen: Vec<(String, String)> = names
        .iter()
        .filter(|name| !hidden(name) && !superseded(name))
        .filter_map(|name| Some((base(name)?, name.clone())))
        .collect();
    chosen.sort_by(|a, b| a.1.cmp(&b.1));
    let (overrides, normal): (Vec<_>, Vec<_>) =
        chosen.into_iter().partition(|(base, _)| base == "override" || base.ends_with("_override"));
    let names = |files: Vec<(String, String)>| files.into_iter().map(|(_, name)| name).collect();
    (names(normal), names(overrides))
}

/// The names of the variable files that are read without being asked for, in the order in which they count.
pub fn automatic_variable_files(names: &[String]) -> Vec<Text> {
    let plain = ["terraform.tfvars", "terraform.tfvars.json"]
        .into_iter()
        .filter(|name| names.iter().any(|n| n == name));
    let mut automatic: Vec<&str> = names
        .iter()
        .map(String::as_str)
        .filter(|n| n.ends_with(".auto.tfvars") || n.ends_with(".auto.tfvars.json"))
        .collect();
    automatic.sort_unstable();
    plain.chain(automatic).map(Text::from).collect()
}
