//! `module`: a call of another module.

use std::collections::BTreeMap;

use crate::blocks::argument::{self, Traversal};
use crate::blocks::output::read_depends_on;
use crate::blocks::provider::ProviderKey;
use crate::blocks::reserved;
use crate::blocks::resource::{self, ProviderReference, Repetition, read_repetition};
use crate::code::Code;
use crate::configuration::Module;
use crate::content::{BodySchema, Content, Leftovers};
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
    pub providers: Vec<PassedProvider>,
    /// The called module, once it is loaded.
    pub module: Option<Box<Module>>,
    /// The header of the block.
    pub header: Span,
    /// The empty place where a missing argument belongs.
    pub missing_item: Span,
}

/// A provider configuration that a call hands on.
#[derive(Clone, Debug)]
pub struct PassedProvider {
    /// What the module calls it.
    pub theirs: ProviderKey,
    /// Where that stands.
    pub theirs_name: Span,
    /// What the caller calls it.
    pub ours: ProviderReference,
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

/// Blocks of a `module` block that mean something, now or later.
const BLOCKS: &[(&str, &[&str])] =
    &[("lifecycle", &[]), ("locals", &[]), ("provider", &["type"]), ("_", &[])];

/// Reads a `module` block; `None` if it has no valid name.
pub fn read(block: &Block, diagnostics: &mut Diagnostics) -> Option<ModuleCall> {
    let mut content = block.body.content(&BodySchema::new(META, BLOCKS), Leftovers::Ignore, diagnostics);
    refuse_blocks(block, diagnostics);
    for kept in content.blocks.iter().filter(|block| &*block.kind.text != "_" && !only_enabled(block)) {
        diagnostics.push(reserved::block(&kept.kind, "module"));
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
        arguments: read_arguments(block, &content, diagnostics),
        repetition,
        depends_on,
        providers,
        module: None,
        header: block.header,
        missing_item: block.body.missing_item,
    })
}

fn only_enabled(lifecycle: &Block) -> bool {
    &*lifecycle.kind.text == "lifecycle"
        && lifecycle.body.blocks.is_empty()
        && !lifecycle.body.attributes.is_empty()
        && lifecycle.body.attributes.iter().all(|attribute| &*attribute.name.text == "enabled")
}

fn read_enabled(content: &Content, diagnostics: &mut Diagnostics) -> Option<Expression> {
    let lifecycle = content.blocks_of("lifecycle").find(|block| only_enabled(block))?;
    lifecycle.body.attributes.first().map(|attribute| lower(&attribute.value, diagnostics))
}

/// Everything that is not the language's own; in the block `_` nothing is.
fn read_arguments(
    block: &Block,
    content: &Content,
    diagnostics: &mut Diagnostics,
) -> BTreeMap<Text, Argument> {
    resource::refuse_second_escape(content, diagnostics);
    let mut all = block.body.just_attributes(&mut Vec::new());
    all.retain(|name, _| !META.contains(&&**name) && !BLOCKS.iter().any(|(kind, _)| *kind == &**name));
    for escaping in content.blocks_of("_") {
        all.extend(escaping.body.just_attributes(diagnostics));
    }
    all.into_iter()
        .map(|(name, a)| (name, Argument { value: lower(&a.value, diagnostics), name: a.name }))
        .collect()
}

/// Blocks that do not belong into a call.
fn refuse_blocks(block: &Block, diagnostics: &mut Diagnostics) {
    let unknown =
        block.body.blocks.iter().filter(|block| !BLOCKS.iter().any(|(kind, _)| *kind == &*block.kind.text));
    for block in unknown {
        diagnostics.push(
            Diagnostic::error(Code::UnsupportedBlock, "Unsupported block type")
                .detail(format!("Blocks of type \"{}\" are not expected here.", block.kind.text))
                .help(format!(
                    "A variable of the module is set with the equals sign: `{} = ...`.",
                    block.kind.text
                ))
                .at(block.kind.span),
        );
    }
}

/// Reads `providers = { theirs = ours.alias }`.
fn read_providers(attribute: &Attribute, diagnostics: &mut Diagnostics) -> Vec<PassedProvider> {
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
            let length = u32::try_from(theirs.name.len()).unwrap_or(0);
            let theirs_name = Span { end: theirs.span.start + length, ..theirs.span };
            let theirs = ProviderKey { name: theirs.name, alias: theirs.alias };
            passed.push(PassedProvider { theirs, theirs_name, ours });
        }
    }
    passed
}
