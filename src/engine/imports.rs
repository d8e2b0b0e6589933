//! Imports: `import` blocks, evaluated to the instances that they are for.
//!
//! Rule: an instance that is in state already is not imported again; an import needs a declared instance and a known id.
//! Never: an object is read here; the plan of the instance does.

use std::collections::HashMap;

use aksel_lang::address::{Address, ConfigAddress, InstanceKey, Mode, ModuleInstance, Target, quoted};
use aksel_lang::blocks::argument::{Hop, Traversal};
use aksel_lang::blocks::import::{self, Import, ImportObject};
use aksel_lang::blocks::moved::target;
use aksel_lang::blocks::resource::{Origin, Repetition};
use aksel_lang::code::Code;
use aksel_lang::configuration::Configuration;
use aksel_lang::convert::convert;
use aksel_lang::diagnostic::{Diagnostic, Diagnostics, has_errors};
use aksel_lang::evaluate::evaluate;
use aksel_lang::expression::{Expression, Kind};
use aksel_lang::lower::lower;
use aksel_lang::parser::parse_file;
use aksel_lang::reference::Subject;
use aksel_lang::source::Span;
use aksel_lang::types::Type;
use aksel_lang::value::{Marks, Value};

use crate::context::Live;
use crate::expand::expand;
use crate::graph::NodeId;
use crate::objects::{Written, write};
use crate::planning::Planning;
use crate::program::ResourceId;
use crate::scope::ModuleScope;
use crate::variables::place;

/// An object that an instance takes over.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) id: String,
    pub(crate) span: Span,
}

/// Adds an import that was asked for on the command line, as if a block for it were written.
///
/// # Errors
/// When the address is not declared, or is not that of a managed resource.
pub fn ask_for(configuration: &mut Configuration, address: &Address, id: &str) -> Result<(), Diagnostic> {
    let refuse =
        |title: String, detail: String| Err(Diagnostic::error(Code::InvalidMove, title).detail(detail));
    if address.resource.mode != Mode::Managed {
        return refuse(
            "A managed resource address is required".into(),
            "Importing into a data resource is not allowed.".into(),
        );
    }
    let Some(module) = configuration.module(&address.module.path()) else {
        return refuse(
            "Import to non-existent module".into(),
            format!(
                "{} is not defined in the configuration. Please add configuration for this module before importing into it.",
                address.module
            ),
        );
    };
    if !module.resources.contains_key(&address.resource) {
        let place = if module.path.is_root() { "the root module".into() } else { module.path.to_string() };
        return refuse(
            format!("Resource address \"{address}\" does not exist in the configuration"),
            format!(
                "Before importing this resource, please create its configuration in {place}. For example:\n\nresource \"{}\" \"{}\" {{\n  # (resource arguments)\n}}",
                address.resource.type_name, address.resource.name
            ),
        );
    }
    let text = format!("import {{\n  to = {address}\n  id = {}\n}}\n", quoted(id));
    let source = configuration.sources.add("<import>", &text);
    let (body, mut diagnostics) = parse_file(source, &text);
    let import = body.blocks.first().and_then(|block| import::read(block, &mut diagnostics));
    configuration.root.imports.extend(import);
    diagnostics.into_iter().find(Diagnostic::is_error).map_or(Ok(()), Err)
}

/// The resource that an import is for, as far as its address is literal.
pub(crate) fn resource_of(import: &Import) -> Option<ConfigAddress> {
    let hops = import.to.traversal.hops.iter().map(|hop| match hop {
        Hop::Computed(expression) => Hop::Index(0, expression.span),
        other => other.clone(),
    });
    let literal = Traversal { hops: hops.collect(), ..import.to.traversal.clone() };
    match target(&literal) {
        Ok(Target::Resource(address)) => Some(address.config()),
        Ok(Target::Module(_)) | Err(_) => None,
    }
}

/// The expressions of an import.
pub(crate) fn expressions(import: &Import) -> Vec<Expression> {
    let keys = import.to.traversal.hops.iter().filter_map(|hop| match hop {
        Hop::Computed(key) => Some(lower(key, &mut Vec::new())),
        Hop::Attribute(_) | Hop::Key(..) | Hop::Index(..) | Hop::Splat(_) => None,
    });
    let (ImportObject::Id(object) | ImportObject::Identity(object)) = &import.object;
    keys.chain([object.clone()]).chain(import.for_each.clone()).collect()
}

/// What can be said of import blocks without evaluating anything.
pub(crate) fn check(configuration: &Configuration, diagnostics: &mut Diagnostics) {
    let mut seen: HashMap<String, Span> = HashMap::new();
    for import in &configuration.root.imports {
        let span = import.to.traversal.span;
        let Some(address) = resource_of(import) else {
            diagnostics.extend(target(&import.to.traversal).err());
            continue;
        };
        if !is_declared(configuration, &address) {
            continue;
        }
        diagnostics.extend(unsuitable(configuration, import, &address));
        let Ok(Target::Resource(literal)) = target(&import.to.traversal) else { continue };
        if let Some(first) = seen.insert(literal.to_string(), import.header) {
            let at = place(&configuration.sources, first);
            diagnostics.push(
                Diagnostic::error(Code::InvalidImport, format!("Duplicate import configuration for \"{literal}\""))
                    .detail(format!("An import block for the resource \"{literal}\" was already declared at {at}. A resource can have only one import block."))
                    .at(span),
            );
        }
    }
    for module in configuration.modules().into_iter().filter(|module| !module.path.is_root()) {
        for import in &module.imports {
            diagnostics.push(
                Diagnostic::error(Code::InvalidImport, "Invalid import configuration")
                    .detail(format!("An import block was detected in \"{}\". Import blocks are only allowed in the root module.", module.path))
                    .at(import.header),
            );
        }
    }
}

/// What does not fit the resource that an import is for.
fn unsuitable(configuration: &Configuration, import: &Import, address: &ConfigAddress) -> Diagnostics {
    let mut found = Vec::new();
    let to = &import.to.traversal;
    let Some(resource) =
        configuration.module(&address.module).and_then(|module| module.resources.get(&address.resource))
    else {
        return found;
    };
    let error = |summary: &str, detail: &str| {
        Diagnostic::error(Code::InvalidImport, summary.to_owned()).detail(detail.to_owned())
    };
    let repeated = matches!(resource.repetition, Repetition::Count(_) | Repetition::ForEach(_));
    if repeated && matches!(to.hops.last(), Some(Hop::Attribute(_)) | None) {
        let detail =
            "The resource has several instances, and an import is for one of them: its key has to be named.";
        found.push(error("Invalid import 'to' expression", detail).at(to.span));
    }
    if let Some(span) = import.provider_span.filter(|_| resource.origin == Origin::Written) {
        let detail = "The provider argument is for imports whose configuration is generated. The resource that is declared names its provider itself.";
        found.push(error("Invalid import provider argument", detail).at(span));
    }
    let (ImportObject::Id(object) | ImportObject::Identity(object)) = &import.object;
    if matches!(import.object, ImportObject::Identity(_)) {
        let detail =
            format!("Nothing says yet how a `{}` is found by its identity.", address.resource.type_name);
        found.push(
            error("Import by identity is not possible", &detail)
                .help("Write its `id` instead.")
                .at(object.span),
        );
    }
    let own = Subject::Resource(address.resource.clone());
    if address.module.is_root()
        && let Some(reference) = object.references().into_iter().find(|reference| reference.subject == own)
    {
        let detail = "The id of an import cannot come from the resource that is imported.";
        found.push(error("Invalid import id argument", detail).at(reference.span));
    }
    if let ImportObject::Id(object) = &import.object
        && matches!(object.kind, Kind::Tuple(_) | Kind::Object(_))
    {
        let detail = "The id of an object is a string.";
        found.push(Diagnostic::error(Code::WrongType, "Incorrect value type").detail(detail).at(object.span));
    }
    found
}

fn is_declared(configuration: &Configuration, address: &ConfigAddress) -> bool {
    let module = configuration.module(&address.module);
    module.is_some_and(|module| module.resources.contains_key(&address.resource))
}

/// Imports that there is no block for. Not a mistake of the configuration alone: the block may be about to be written.
pub(crate) fn undeclared(configuration: &Configuration) -> Diagnostics {
    let imports = configuration.root.imports.iter();
    let targets = imports.filter_map(|import| Some((resource_of(import)?, import.to.traversal.span)));
    let undeclared = targets.filter(|(address, _)| !is_declared(configuration, address));
    undeclared.map(|(address, span)| missing(&address.to_string(), span)).collect()
}

fn missing(address: &str, span: Span) -> Diagnostic {
    Diagnostic::error(Code::InvalidImport, "Configuration for import target does not exist")
        .detail(format!("The configuration for the given import target {address} does not exist. All target instances must have an associated configuration to be imported."))
        .help("Write the resource block first.")
        .at(span)
}

impl Planning<'_> {
    /// What an instance takes over, if anything.
    pub(crate) fn wanted_import(
        &mut self,
        resource: ResourceId,
        address: &Address,
    ) -> Result<Option<Wanted>, ()> {
        if !self.imports.contains_key(&resource) {
            let found = self.imports_of(resource);
            self.imports.insert(resource, found);
        }
        match self.imports.get_mut(&resource) {
            Some(Ok(wanted)) => Ok(wanted.remove(address)),
            Some(Err(())) => Err(()),
            None => Ok(None),
        }
    }

    /// All imports for instances of a resource.
    fn imports_of(&mut self, resource: ResourceId) -> Result<HashMap<Address, Wanted>, ()> {
        let program = self.context.program;
        let config = program.config_address(resource);
        let mut all = HashMap::new();
        let mut found = Vec::new();
        for import in &program.configuration.root.imports {
            if resource_of(import).as_ref() == Some(&config) {
                self.evaluate_import(import, resource, &mut all, &mut found);
            }
        }
        let failed = has_errors(&found);
        self.evaluator.diagnostics.append(&mut found);
        if failed { Err(()) } else { Ok(all) }
    }

    fn evaluate_import(
        &self,
        import: &Import,
        resource: ResourceId,
        all: &mut HashMap<Address, Wanted>,
        diagnostics: &mut Diagnostics,
    ) {
        let root = ModuleInstance::default();
        let repetition = import.for_each.clone().map_or(Repetition::One, Repetition::ForEach);
        let Some(keys) = expand(&repetition, &self.evaluator.scope(0, &root), diagnostics) else { return };
        for repeated in keys.instances() {
            let scope = self.evaluator.scope(0, &root).repeated(&repeated);
            let Some(address) = address_of(import, &scope, diagnostics) else { continue };
            if self.live.contains_key(&(address.clone(), None)) {
                continue;
            }
            let (ImportObject::Id(object) | ImportObject::Identity(object)) = &import.object;
            let Some(id) = id_of(object, &scope, diagnostics) else { continue };
            if self.context.program.resources[resource].typed.is_none() {
                continue;
            }
            all.insert(address, Wanted { id, span: import.to.traversal.span });
        }
    }

    /// Reports imports that no instance has taken.
    pub(crate) fn check_imports(&mut self, node: NodeId, resource: ResourceId) {
        if !self.imports.contains_key(&resource) {
            let found = self.imports_of(resource);
            self.imports.insert(resource, found);
        }
        let Some(Ok(left)) = self.imports.get(&resource) else { return };
        let selected = |address: &Address| self.selection.instance(Some(node), address);
        let errors: Vec<Diagnostic> = left
            .iter()
            .filter(|(address, _)| selected(address) && !self.planned.contains_key(*address))
            .map(|(address, wanted)| missing(&address.to_string(), wanted.span))
            .collect();
        self.failed[node] |= !errors.is_empty();
        self.evaluator.diagnostics.extend(errors);
    }

    /// Takes in an object that an import has found.
    pub(crate) fn take_imported(&mut self, address: &Address, imported: Live) {
        let program = self.context.program;
        let typed =
            program.resource_at(&address.config()).and_then(|found| program.resources[found].typed.as_ref());
        let Some(typed) = typed else { return };
        let written = write(&Written {
            value: &imported.value,
            schema: &typed.schema,
            status: imported.status,
            private: imported.private.clone(),
            dependencies: Vec::new(),
            remembered: imported.remembered,
        });
        self.refreshed.put(address, None, &imported.provider, written);
        self.live.insert((address.clone(), None), imported);
    }
}

fn address_of(import: &Import, scope: &ModuleScope<'_>, diagnostics: &mut Diagnostics) -> Option<Address> {
    let mut hops = Vec::new();
    for hop in &import.to.traversal.hops {
        hops.push(match hop {
            Hop::Computed(expression) => {
                let value = evaluate(&lower(expression, diagnostics), scope, diagnostics);
                match key_of(&value) {
                    Some(InstanceKey::Key(key)) => Hop::Key(key, expression.span),
                    Some(InstanceKey::Index(index)) => Hop::Index(index, expression.span),
                    None => {
                        diagnostics.push(
                            Diagnostic::error(Code::InvalidImport, "Invalid import 'to' expression")
                                .detail("The key of an import address must be a known string or number.")
                                .at(expression.span),
                        );
                        return None;
                    }
                }
            }
            other => other.clone(),
        });
    }
    let literal = Traversal { hops, ..import.to.traversal.clone() };
    match target(&literal) {
        Ok(Target::Resource(address)) => Some(address),
        Ok(Target::Module(_)) => None,
        Err(error) => {
            diagnostics.push(error);
            None
        }
    }
}

/// An instance key out of a value.
pub(crate) fn key_of(value: &Value) -> Option<InstanceKey> {
    let (value, _) = value.unmark_deep();
    if let Some(text) = value.as_str() {
        return Some(InstanceKey::Key(text.into()));
    }
    value.as_number().and_then(|number| number.to_usize()).map(InstanceKey::Index)
}

fn id_of(object: &Expression, scope: &ModuleScope<'_>, diagnostics: &mut Diagnostics) -> Option<String> {
    let mut found = Vec::new();
    let value = evaluate(object, scope, &mut found);
    let failed = has_errors(&found);
    diagnostics.append(&mut found);
    if failed {
        return None;
    }
    let refused = |detail: String| {
        Diagnostic::error(Code::InvalidImport, "Invalid import id argument").detail(detail).at(object.span)
    };
    let (value, marks) = value.unmark_deep();
    let problem = if value.is_null() {
        "The import ID cannot be null.".to_owned()
    } else if !value.is_wholly_known() {
        "The import block \"id\" argument depends on resource attributes that cannot be determined until apply, so it cannot be planned to import this resource.".into()
    } else if marks.contains(Marks::EPHEMERAL) {
        "The import ID cannot be an ephemeral value.".into()
    } else {
        match convert(&value, &Type::String) {
            Ok(text) => match text.as_str() {
                Some("") | None => {
                    "The import ID value evaluates to an empty string, please provide a non-empty value."
                        .into()
                }
                Some(id) => return Some(id.to_owned()),
            },
            Err(error) => format!("The import ID value is unsuitable: {error}."),
        }
    };
    diagnostics.push(refused(problem));
    None
}
