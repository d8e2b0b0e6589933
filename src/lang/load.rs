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
use crate::configuration::{Configuration, Extent, Module};
use crate::constants::{Constants, Defaults, GiveConstants};
use crate::declare::Declarations;
use crate::diagnostic::{Diagnostic, Diagnostics, has_errors, unique};
use crate::expression::Expression;
use crate::files::{Files, clean};
use crate::json_syntax;
use crate::module_source::{InvalidSource, ModuleSource, is_local};
use crate::parser;
use crate::source::{SourceId, Sources, Span};
use crate::syntax::Body;
use crate::terms;
use crate::types::Text;
use crate::value::Value;
use crate::version::Constraint;

/// A call that wants its module.
#[derive(Clone, Copy, Debug)]
pub struct ModuleRequest<'a> {
    /// The path of the called module.
    pub path: &'a ModulePath,
    /// The call.
    pub call: &'a ModuleCall,
    /// The folder of the caller.
    pub caller: &'a Path,
    /// Where the module comes from.
    pub source: &'a ModuleSource,
    /// Which versions of a registry module will do.
    pub version: Option<&'a Constraint>,
}

/// Who knows where called modules lie.
pub trait FindModule {
    /// The folder of a called module; `None` if there is none, which is reported.
    fn find(&mut self, request: &ModuleRequest<'_>, diagnostics: &mut Diagnostics) -> Option<PathBuf>;
}

/// Finds local modules where they lie, and the others where they were installed: path of the call, such as
/// `network.subnets`, to folder.
#[derive(Clone, Debug, Default)]
pub struct Folders(pub BTreeMap<String, PathBuf>);

impl FindModule for Folders {
    fn find(&mut self, request: &ModuleRequest<'_>, diagnostics: &mut Diagnostics) -> Option<PathBuf> {
        if let Some(folder) = self.0.get(&request.key()) {
            return Some(folder.clone());
        }
        if let ModuleSource::Local(path) = request.source {
            return Some(clean(&request.caller.join(path)));
        }
        diagnostics.push(request.not_installed("This module is not yet installed."));
        None
    }
}

impl ModuleRequest<'_> {
    /// The path of the call, joined by dots: `network.subnets`.
    pub fn key(&self) -> String {
        self.path.0.join(".")
    }

    /// The module has to be installed first.
    pub fn not_installed(&self, because: &str) -> Diagnostic {
        Diagnostic::error(Code::ModuleNotInstalled, "Module not installed")
            .detail(format!(
                "{because} Run \"aksel init\" to install all modules required by this configuration."
            ))
            .at(self.call.header)
    }

    /// The place of the source.
    pub fn source_span(&self) -> Option<Span> {
        self.call.source.as_ref().map(|source| source.span)
    }
}

/// The deepest nesting of modules. Deeper is a module that calls itself.
const DEPTH_MAX: usize = 100;

/// Loads the module of a folder with all that it calls; nobody has set a variable.
pub fn load(folder: &Path, files: &dyn Files, finder: &mut dyn FindModule) -> (Configuration, Diagnostics) {
    load_with(folder, files, finder, &mut Defaults)
}

/// Loads the module of a folder with all that it calls, where sources of modules may be made of constants.
pub fn load_with(
    folder: &Path,
    files: &dyn Files,
    finder: &mut dyn FindModule,
    constants: &mut dyn GiveConstants,
) -> (Configuration, Diagnostics) {
    let (sources, diagnostics) = (Sources::default(), Vec::new());
    let mut loader = Loader { files, finder, constants, sources, extent: Extent::Whole, diagnostics };
    let root = loader.module(folder, &ModulePath::default(), None).unwrap_or_default();
    let configuration = Configuration { root, sources: loader.sources, extent: loader.extent };
    let diagnostics = unique(loader.diagnostics, &configuration.sources);
    (configuration, diagnostics)
}

struct Loader<'a> {
    files: &'a dyn Files,
    finder: &'a mut dyn FindModule,
    constants: &'a mut dyn GiveConstants,
    sources: Sources,
    extent: Extent,
    diagnostics: Diagnostics,
}

/// Who calls a module.
#[derive(Clone, Copy)]
struct Caller<'a> {
    call: &'a ModuleCall,
    constants: &'a Constants<'a>,
}

impl Loader<'_> {
    /// Loads one module and its calls; `None` if its folder cannot be read.
    fn module(&mut self, folder: &Path, path: &ModulePath, caller: Option<Caller<'_>>) -> Option<Module> {
        let call = caller.map(|caller| caller.call);
        let names = match self.files.names(folder) {
            Ok(names) => names,
            Err(error) => {
                self.diagnostics.push(unreadable(folder, path, call, &error));
                if call.is_none() {
                    self.extent = Extent::Partial;
                }
                return None;
            }
        };
        let mut module = self.declared(folder, path, &names);
        terms::check(&module, path, call, &mut self.diagnostics);
        let mut called = self.called(&module, path, caller);
        for (name, call) in &mut module.calls {
            call.module = called.remove(name);
        }
        Some(module)
    }

    /// A module as it is declared in its files, without the modules that it calls.
    fn declared(&mut self, folder: &Path, path: &ModulePath, names: &[String]) -> Module {
        let (normal, overrides) = configuration_files(names);
        let mut declarations = Declarations::default();
        for name in &normal {
            self.file(folder, name, |body, diagnostics| declarations.add(body, diagnostics));
        }
        for name in &overrides {
            self.file(folder, name, |body, diagnostics| declarations.add_override(body, path, diagnostics));
        }
        let mut module = declarations.into_module(&self.sources, &mut self.diagnostics);
        if let Some(backend) = module.settings.backend.as_ref().filter(|_| !path.is_root()) {
            self.diagnostics.push(backend_ignored(backend.header));
        }
        module.path = path.clone();
        module.directory = clean(folder);
        module
    }

    /// The modules that a module calls, by the name of the call.
    fn called(
        &mut self,
        module: &Module,
        path: &ModulePath,
        caller: Option<Caller<'_>>,
    ) -> BTreeMap<Text, Box<Module>> {
        let constants = Constants::new(module, self.constants_of(module, caller));
        let mut called = BTreeMap::new();
        for (name, call) in &module.calls {
            let child = path.child(call.name.text.clone());
            let caller = Caller { call, constants: &constants };
            let Some(folder) = self.called_folder(&module.directory, caller, &child) else { continue };
            called
                .extend(self.module(&folder, &child, Some(caller)).map(|one| (name.clone(), Box::new(one))));
        }
        called
    }

    /// The values of a module's `const` variables.
    fn constants_of(&mut self, module: &Module, caller: Option<Caller<'_>>) -> BTreeMap<Text, Value> {
        if module.variables.values().all(|variable| !variable.constant) {
            return BTreeMap::new();
        }
        match caller {
            Some(Caller { call, constants }) => constants.handed(call, module, &mut self.diagnostics),
            None => self.constants.give(module, &mut self.sources, &mut self.diagnostics),
        }
    }

    fn file(&mut self, folder: &Path, name: &str, take: impl FnOnce(&Body, &mut Diagnostics)) {
        let path = clean(&folder.join(name));
        let bytes = match self.files.read(&path) {
            Ok(bytes) => bytes,
            Err(error) => {
                let detail = format!("The file {} could not be read: {error}.", path.display());
                self.diagnostics.push(Diagnostic::error(Code::Io, "Failed to read file").detail(detail));
                self.extent = Extent::Partial;
                return;
            }
        };
        let before = self.diagnostics.len();
        let body = parse_file(&path, &bytes, &mut self.sources, &mut self.diagnostics);
        if has_errors(&self.diagnostics[before..]) {
            self.extent = Extent::Partial;
        }
        take(&body, &mut self.diagnostics);
    }

    /// The folder of a called module.
    fn called_folder(&mut self, folder: &Path, caller: Caller<'_>, path: &ModulePath) -> Option<PathBuf> {
        let Caller { call, constants } = caller;
        let span = call.source.as_ref()?.span;
        let source = constants.text(call.source.as_ref()?, "source", &mut self.diagnostics)?;
        let version = match &call.version {
            Some(version) => self.constraint(version, constants)?,
            None => None,
        };
        let source = match source.parse::<ModuleSource>() {
            Ok(ModuleSource::Registry(module)) => ModuleSource::Registry(module),
            Ok(ModuleSource::Local(_) | ModuleSource::Remote(_)) | Err(_) if version.is_some() => {
                self.diagnostics.push(no_registry_address(&source, span));
                return None;
            }
            Ok(other) => other,
            Err(error) => {
                self.diagnostics.push(invalid_source(&error, span));
                return None;
            }
        };
        if path.0.len() > DEPTH_MAX {
            let detail =
                format!("Modules are nested more than {DEPTH_MAX} deep; a module probably calls itself.");
            self.diagnostics.push(
                Diagnostic::error(Code::ModuleSource, "Module nesting too deep").detail(detail).at(span),
            );
            return None;
        }
        let request =
            ModuleRequest { path, call, caller: folder, source: &source, version: version.as_ref() };
        self.finder.find(&request, &mut self.diagnostics)
    }

    /// Which versions a call asks for, if it does; `None` after an error.
    fn constraint(&mut self, argument: &Expression, constants: &Constants<'_>) -> Option<Option<Constraint>> {
        let before = self.diagnostics.len();
        let Some(text) = constants.text(argument, "version", &mut self.diagnostics) else {
            return (!has_errors(&self.diagnostics[before..])).then_some(None);
        };
        let constraint = text.parse();
        if constraint.is_err() {
            self.diagnostics.push(
                Diagnostic::error(Code::ModuleSource, "Invalid version constraint")
                    .detail("This string does not use correct version constraint syntax.")
                    .help("Write versions with operators, separated by commas: \">= 1.2.0, < 2.0.0\".")
                    .at(argument.span),
            );
        }
        constraint.ok().map(Some)
    }
}

fn invalid_source(error: &InvalidSource, span: Span) -> Diagnostic {
    let diagnostic = Diagnostic::error(Code::ModuleSource, "Invalid module source address").at(span);
    match error {
        InvalidSource::Unrecognised(package) => diagnostic
            .detail(format!("It is not clear how to install the remote module package \"{package}\"."))
            .help(format!(
                "If it is a path relative to this module, write \"./{package}\"; the prefix ./ marks a relative path."
            )),
        InvalidSource::Malformed(reason) => {
            diagnostic.detail(format!("Failed to parse module source address: {reason}."))
        }
    }
}

fn no_registry_address(source: &str, span: Span) -> Diagnostic {
    let reason = if is_local(source) {
        format!("a local folder such as \"{source}\" has no versions")
    } else {
        format!("\"{source}\" is not of the form NAMESPACE/NAME/SYSTEM or HOST/NAMESPACE/NAME/SYSTEM")
    };
    Diagnostic::error(Code::ModuleSource, "Invalid registry module source address")
        .detail(format!("Failed to parse module registry address: {reason}. The argument \"version\" applies only to modules of a registry."))
        .help("Remove the argument \"version\", or name a module of a registry.")
        .at(span)
}

fn backend_ignored(header: Span) -> Diagnostic {
    Diagnostic::warning(Code::InvalidConfiguration, "Backend configuration ignored")
        .detail("State is kept where the root module says; a backend block in a called module has no effect.")
        .at(header)
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
    parse_with(json_syntax::parse, path, bytes, sources, diagnostics)
}

/// Parses a file of values for variables.
pub fn parse_values(path: &Path, bytes: &[u8], sources: &mut Sources, diagnostics: &mut Diagnostics) -> Body {
    parse_with(json_syntax::parse_values, path, bytes, sources, diagnostics)
}

fn parse_with(
    parse_json: fn(SourceId, &str) -> (Body, Diagnostics),
    path: &Path,
    bytes: &[u8],
    sources: &mut Sources,
    diagnostics: &mut Diagnostics,
) -> Body {
    let text = String::from_utf8_lossy(bytes);
    let id = sources.add(path.display().to_string(), &text);
    let text = sources.get(id).text.clone();
    let json = path.extension().is_some_and(|extension| extension == "json");
    let (body, mut found) = if json { parse_json(id, &text) } else { parser::parse_file(id, &text) };
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

/// Whether a file of that name belongs to a configuration.
pub fn is_configuration(name: &str) -> bool {
    let (normal, overrides) = configuration_files(&[name.to_owned()]);
    !normal.is_empty() || !overrides.is_empty()
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
