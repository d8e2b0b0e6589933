//! `provider`: how a provider is configured.

use crate::blocks::{argument, reserved};
use crate::code::Code;
use crate::content::{BodySchema, Leftovers};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::expression::Expression;
use crate::lower::lower;
use crate::source::Span;
use crate::syntax::{Attribute, Block, Body, Name};
use crate::types::Text;

/// Which configuration of a module's provider: its local name and its alias.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProviderKey {
    /// The local name.
    pub name: Text,
    /// The alias; `None` for the default configuration.
    pub alias: Option<Text>,
}

/// A provider's configuration.
#[derive(Clone, Debug)]
pub struct ProviderBlock {
    /// Name and alias.
    pub key: ProviderKey,
    /// One configuration per element.
    pub for_each: Option<Expression>,
    /// The version that the block asks for; a way of writing that is out of use.
    pub version: Option<(Text, Span)>,
    /// Its arguments, with those of `META` still among them.
    pub body: Body,
    /// The header of the block.
    pub header: Span,
}

/// Names that the language takes out of a provider's body.
pub const META: &[&str] =
    &["alias", "version", "for_each", "count", "depends_on", "source", "locals", "lifecycle", "_"];

impl std::fmt::Display for ProviderKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.alias {
            Some(alias) => write!(f, "{}.{alias}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

fn version_out_of_use(place: Span) -> Diagnostic {
    Diagnostic::warning(
        Code::Deprecated,
        "Version constraints inside provider configuration blocks are deprecated",
    )
    .detail("Since Terraform 0.13 the version of a provider stands in the `required_providers` block.")
    .help("Move it to `required_providers` in the `terraform` block.")
    .at(place)
}

/// The default configuration is used without being named, and so is one.
fn alias_missing(place: Span) -> Diagnostic {
    Diagnostic::error(Code::ProviderConfiguration, "Alias required when using \"for_each\"")
        .detail("The for_each argument is allowed only for provider configurations with an alias.")
        .help("Add an alias, such as `alias = \"by_region\"`; a resource then says `provider = NAME.by_region[each.key]`.")
        .at(place)
}

fn read_alias(attribute: &Attribute, diagnostics: &mut Diagnostics) -> Option<Text> {
    let text = argument::text(attribute, diagnostics)?;
    let name = Name { text, span: attribute.value.span };
    argument::check_name(&name, "provider configuration alias", diagnostics)
}

/// Reads a `provider` block; `None` if it has no valid name.
pub fn read(block: &Block, diagnostics: &mut Diagnostics) -> Option<ProviderBlock> {
    let schema = BodySchema::new(META, &[("lifecycle", &[]), ("locals", &[]), ("_", &[])]);
    let mut content = block.body.content(&schema, Leftovers::Ignore, diagnostics);
    let kept = ["count", "depends_on", "source"].into_iter().filter_map(|name| content.take(name));
    diagnostics.extend(kept.map(|attribute| reserved::argument(&attribute.name, "provider")));
    let kept = content.blocks.iter().filter(|block| &*block.kind.text != "_");
    diagnostics.extend(kept.map(|block| reserved::block(&block.kind, "provider")));
    let name = argument::check_name(block.labels.first()?, "provider", diagnostics)?;
    let alias = content.take("alias").and_then(|attribute| read_alias(&attribute, diagnostics));
    let version = content.take("version");
    let version = version.and_then(|a| Some((argument::text(&a, diagnostics)?, a.value.span)));
    diagnostics.extend(version.iter().map(|(_, place)| version_out_of_use(*place)));
    let for_each = content.take("for_each").map(|attribute| lower(&attribute.value, diagnostics));
    if let (None, Some(for_each)) = (&alias, &for_each) {
        diagnostics.push(alias_missing(for_each.span));
    }
    let key = ProviderKey { name, alias };
    Some(ProviderBlock { key, for_each, version, body: block.body.clone(), header: block.header })
}
