//! Imports as they are declared: which resource an `import` block is for, and what can be said of it without its values.
//!
//! Rule: the address of a block is one of its own module, which any module may hold.
//! <https://developer.hashicorp.com/terraform/language/block/import>
//! Never: an expression is evaluated.

use std::collections::{BTreeMap, HashMap};

use aksel_lang::address::{Address, ConfigAddress, Mode, ModulePath, Target, quoted};
use aksel_lang::blocks::argument::{Hop, Traversal};
use aksel_lang::blocks::import::{self, Import, ImportObject};
use aksel_lang::blocks::moved::target;
use aksel_lang::blocks::resource::{Origin, Repetition};
use aksel_lang::code::Code;
use aksel_lang::configuration::Configuration;
use aksel_lang::diagnostic::{Diagnostic, Diagnostics};
use aksel_lang::expression::{Expression, Kind};
use aksel_lang::lower::lower;
use aksel_lang::parser::parse_file;
use aksel_lang::reference::Subject;
use aksel_lang::source::Span;

use crate::program::{ModuleId, Program, ResourceId};
use crate::variables::place;

/// The `import` blocks for each resource, with the modules that they stand in.
pub(crate) type ImportsOf<'c> = BTreeMap<ResourceId, Vec<(ModuleId, &'c Import)>>;

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

/// The resource that an import of a module is for.
pub(crate) fn resource_of(module: &ModulePath, import: &Import) -> Option<ConfigAddress> {
    let hops = import.to.traversal.hops.iter().map(|hop| match hop {
        Hop::Computed(expression) => Hop::Index(0, expression.span),
        other => other.clone(),
    });
    let literal = Traversal { hops: hops.collect(), ..import.to.traversal.clone() };
    match target(&literal) {
        Ok(Target::Resource(address)) => {
            let ConfigAddress { module: below, resource } = address.config();
            Some(ConfigAddress { module: ModulePath([&*module.0, &*below.0].concat()), resource })
        }
        Ok(Target::Module(_)) | Err(_) => None,
    }
}

/// All imports of a configuration, each with the module that it stands in.
fn all(configuration: &Configuration) -> impl Iterator<Item = (&ModulePath, &Import)> {
    let modules = configuration.modules().into_iter();
    modules.flat_map(|module| module.imports.iter().map(|import| (&module.path, import)))
}

/// The imports for each declared resource.
pub(crate) fn by_resource<'c>(program: &Program<'c>) -> ImportsOf<'c> {
    let mut found = ImportsOf::new();
    for (id, node) in program.modules.iter().enumerate() {
        for import in &node.module.imports {
            let address = resource_of(&node.module.path, import);
            if let Some(resource) = address.and_then(|address| program.resource_at(&address)) {
                found.entry(resource).or_default().push((id, import));
            }
        }
    }
    found
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
    for (module, import) in all(configuration) {
        let to = &import.to.traversal;
        let Some(address) = resource_of(module, import) else {
            diagnostics.extend(target(to).err());
            continue;
        };
        if configuration.module(&address.module).is_none() {
            diagnostics.push(missing(&address.to_string(), to.span));
        }
        if !is_declared(configuration, &address) {
            continue;
        }
        diagnostics.extend(unsuitable(configuration, module, import, &address));
        let Ok(Target::Resource(literal)) = target(to) else { continue };
        let literal = if module.is_root() { literal.to_string() } else { format!("{module}.{literal}") };
        if let Some(first) = seen.insert(literal.clone(), import.header) {
            diagnostics.push(duplicate(configuration, &literal, first, to.span));
        }
    }
}

/// The error for a second import of one instance.
pub(crate) fn duplicate(
    configuration: &Configuration,
    address: &str,
    first: Span,
    second: Span,
) -> Diagnostic {
    let at = place(&configuration.sources, first);
    Diagnostic::error(Code::InvalidImport, format!("Duplicate import configuration for \"{address}\""))
        .detail(format!("An import block for the resource \"{address}\" was already declared at {at}. A resource can have only one import block."))
        .at(second)
}

/// What does not fit the resource that an import is for.
fn unsuitable(
    configuration: &Configuration,
    module: &ModulePath,
    import: &Import,
    address: &ConfigAddress,
) -> Diagnostics {
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
    if let Some(detail) = wrong_key(&resource.repetition, to.hops.last()) {
        found.push(error("Invalid import 'to' expression", detail).at(to.span));
    }
    if let Some(span) = import.provider_span.filter(|_| resource.origin == Origin::Written) {
        let detail = "The provider argument is for imports whose configuration is generated. The resource that is declared names its provider itself.";
        found.push(error("Invalid import provider argument", detail).at(span));
    }
    let (ImportObject::Id(object) | ImportObject::Identity(object)) = &import.object;
    let own = Subject::Resource(address.resource.clone());
    if address.module == *module
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

/// Why a key is not one of the instances of a resource.
fn wrong_key(repetition: &Repetition, key: Option<&Hop>) -> Option<&'static str> {
    match (repetition, key) {
        (Repetition::Count(_) | Repetition::ForEach(_), Some(Hop::Attribute(_)) | None) => Some(
            "The resource has several instances, and an import is for one of them: its key has to be named.",
        ),
        (
            Repetition::One | Repetition::Enabled(_),
            Some(Hop::Key(..) | Hop::Index(..) | Hop::Computed(_)),
        ) => Some("The resource has one instance, which has no key."),
        (Repetition::Count(_), Some(Hop::Key(..))) => {
            Some("The resource uses count: the keys of its instances are numbers.")
        }
        (Repetition::ForEach(_), Some(Hop::Index(..))) => {
            Some("The resource uses for_each: the keys of its instances are strings.")
        }
        _ => None,
    }
}

fn is_declared(configuration: &Configuration, address: &ConfigAddress) -> bool {
    let module = configuration.module(&address.module);
    module.is_some_and(|module| module.resources.contains_key(&address.resource))
}

/// Imports that there is no block for. Not a mistake of the configuration alone: the block may be about to be written.
pub(crate) fn undeclared(configuration: &Configuration) -> Diagnostics {
    let targets = all(configuration)
        .filter_map(|(module, import)| Some((resource_of(module, import)?, import.to.traversal.span)));
    let undeclared = targets.filter(|(address, _)| !is_declared(configuration, address));
    undeclared.map(|(address, span)| missing(&address.to_string(), span)).collect()
}

/// The error for an import without a declaration.
pub(crate) fn missing(address: &str, span: Span) -> Diagnostic {
    Diagnostic::error(Code::InvalidImport, "Configuration for import target does not exist")
        .detail(format!("The configuration for the given import target {address} does not exist. All target instances must have an associated configuration to be imported."))
        .help("Write the resource block first.")
        .at(span)
}
