//! `module`: a call of another module.

use std::collections::BTreeMap;

use crate::blocks::argument::{self, Traversal};
use crate::blocks::output::read_depends_on;
use crate::blocks::provider::ProviderKey;
use crate::blocks::resource::{ProviderReference, Repetition, read_repetition};
use crate::code::Code;
use crate::configuration::Module;
use crate::content::{BodySchema, Leftovers};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::expression::Expression;
use crate::lower::lower;
use crate::source::Span;
use crate::syntax::{Attribute, Block, ExpressionKind, Name};
use crate::types::Text;

/// A call of another module.
#[derive(Clone, Debug)]
pub struct ModuleCall {
    /// The name.
    pub name: Name,
    /// Where the module comes from; an expression of constant values.
    pub source: Option<Expression>,
    /// Which version of a registry module.
    pub version: Option<Expression>,
    /// Its arguments.
    pub arguments: BTreeMap<Text, Argument>,
    /// How many instances there are.
    pub repetition: Repetition,
    /// What it waits for besides its references.
    pub depends_on: Vec<Traversal>,
    /// Which of the caller's provider configurations are which of the module's.
    pub providers: Vec<(ProviderKey, ProviderReference)>,
    /// The called module, once it is loaded.
    pub module: Option<Box<Module>>,
    /// The header of the block.
    pub header: Span,
    /// The empty place where a missing argument belongs.
    pub missing_item: Span,
}

/// An argument of a call.
#[derive(Clone, Debug)]
pub struct Argument {
    /// The name with its place.
    pub name: Name,
    /// What it is set to.
    pub value: Expression,
}

/// Names of a `module` block that are not arguments of the module.
const META: &[&str] = &["source", "version", "count", "for_each", "depends_on", "providers"];

/// Reads a `module` block; `None` if it has no valid name.
pub fn read(block: &Block, diagnostics: &mut Diagnostics) -> Option<ModuleCall> {
    let blocks: &[(&str, &[&str])] =
        &[("lifecycle", &[]), ("locals", &[]), ("provider", &["type"]), ("_", &[])];
    let mut content = block.body.content(&BodySchema::new(META, blocks), Leftovers::Ignore, diagnostics);
    for reserved in
        content.blocks.iter().filter(|block| &*block.kind.text != "lifecycle" || !only_enabled(block))
    {
        let summary = "Reserved block type name in module block";
        let detail = format!(
            "The block type name \"{}\" is reserved for a future version of the language.",
            reserved.kind.text
        );
        diagnostics.push(
            Diagnostic::error(Code::InvalidConfiguration, summary).detail(detail).at(reserved.kind.span),
        );
    }
    let name = block.labels.first()?.clone();
    argument::check_name(&name, "module instance", diagnostics)?;
    let enabled = read_enabled(&content, diagnostics);
    let repetition = read_repetition(&mut content, enabled, diagnostics);
    let source = content.take("source").map(|attribute| lower(&attribute.value, diagnostics));
    if source.is_none() {
        diagnostics.push(crate::content::missing("source", block.body.missing_item));
    }
    let version = content.take("version").map(|attribute| lower(&attribute.value, diagnostics));
    let depends_on = content.take("depends_on").map(|a| read_depends_on(&a, diagnostics)).unwrap_or_default();
    let providers = content.take("providers").map(|a| read_providers(&a, diagnostics)).unwrap_or_default();
    Some(ModuleCall {
        name,
        source,
        version,
        arguments: read_arguments(block, diagnostics),
        repetition,
        depends_on,
        providers,
        module: None,
        header: block.header,
        missing_item: block.body.missing_item,
    })
}

fn only_enabled(lifecycle: &Block) -> bool {
    lifecycle.body.blocks.is_empty()
        && !lifecycle.body.attributes.is_empty()
        && lifecycle.body.attributes.iter().all(|attribute| &*attribute.name.text == "enabled")
}

fn read_enabled(content: &crate::content::Content, diagnostics: &mut Diagnostics) -> Option<Expression> {
    let lifecycle = content.blocks_of("lifecycle").find(|block| only_enabled(block))?;
    lifecycle.body.attributes.first().map(|attribute| lower(&attribute.value, diagnostics))
}

fn read_arguments(block: &Block, diagnostics: &mut Diagnostics) -> BTreeMap<Text, Argument> {
    let mut quiet = Vec::new();
    let all = block.body.just_attributes(&mut quiet);
    let known: &[&str] = &["lifecycle", "locals", "provider", "_"];
    let unknown = block.body.blocks.iter().filter(|block| !known.contains(&&*block.kind.text));
    for block in unknown {
        diagnostics.push(
            Diagnostic::error(Code::UnsupportedBlock, "Unsupported block type")
                .detail(format!("Blocks of type \"{}\" are not expected here.", block.kind.text))
                .at(block.kind.span),
        );
    }
    let own = all.into_iter().filter(|(name, _)| !META.contains(&&**name));
    own.map(|(name, a)| (name, Argument { value: lower(&a.value, diagnostics), name: a.name })).collect()
}

/// Reads `providers = { theirs = ours.alias }`.
fn read_providers(
    attribute: &Attribute,
    diagnostics: &mut Diagnostics,
) -> Vec<(ProviderKey, ProviderReference)> {
    let ExpressionKind::Object(items) = &attribute.value.kind else {
        diagnostics.push(
            Diagnostic::error(Code::WrongType, "Invalid expression")
                .detail("A static map expression is required, such as `{ azurerm = azurerm.west }`.")
                .at(attribute.value.span),
        );
        return Vec::new();
    };
    let mut passed = Vec::new();
    for item in items {
        let theirs = ProviderReference::read(&item.key, diagnostics);
        let ours = ProviderReference::read(&item.value, diagnostics);
        if let (Some(theirs), Some(ours)) = (theirs, ours) {
            passed.push((ProviderKey { name: theirs.name, alias: theirs.alias }, ours));
        }
    }
    passed
}
