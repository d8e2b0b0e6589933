//! `import`: objects that exist and are to be managed from now on.

use crate::blocks::argument;
use crate::blocks::resource::ProviderReference;
use crate::code::Code;
use crate::content::{BodySchema, Leftovers};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::expression::Expression;
use crate::lower::lower;
use crate::source::Span;
use crate::syntax::{Block, ExpressionKind};

/// An object to be taken over.
#[derive(Clone, Debug)]
pub struct Import {
    /// The address that it gets; its instance key may be an expression.
    pub to: ImportTarget,
    /// Which object it is.
    pub object: ImportObject,
    /// One import per element.
    pub for_each: Option<Expression>,
    /// The provider that reads it.
    pub provider: Option<ProviderReference>,
    /// The `provider` argument as a whole.
    pub provider_span: Option<Span>,
    /// The header of the block.
    pub header: Span,
}

/// Where an imported object goes.
#[derive(Clone, Debug)]
pub struct ImportTarget {
    /// As it is written; `Hop::Computed` keys are evaluated per element.
    pub traversal: argument::Traversal,
}

/// Which object is imported.
#[derive(Clone, Debug)]
pub enum ImportObject {
    /// The one of this id.
    Id(Expression),
    /// The one with these identifying attributes.
    Identity(Expression),
}

/// Reads an `import` block; `None` if a part of it is missing.
pub fn read(block: &Block, diagnostics: &mut Diagnostics) -> Option<Import> {
    let schema = BodySchema::new(&["id", "identity", "for_each", "provider"], &[]).requiring(&["to"]);
    let mut content = block.body.content(&schema, Leftovers::Refuse, diagnostics);
    let to = content.take("to").and_then(|attribute| {
        let to = argument::reference_item(&attribute.value, diagnostics);
        if is_literal(&attribute.value) {
            diagnostics.push(not_managed().at(attribute.span));
        }
        let to = to?;
        is_managed(&to, attribute.span, diagnostics).then_some(to)
    });
    let id = content.take("id").map(|attribute| ImportObject::Id(lower(&attribute.value, diagnostics)));
    let identity = content.take("identity");
    if let (Some(_), Some(identity)) = (&id, &identity) {
        diagnostics.push(
            Diagnostic::error(Code::InvalidImport, "Invalid combination of arguments")
                .detail("An import says by its id or by its identity which object it is for, not by both.")
                .at(identity.span),
        );
    }
    let identity = identity.map(|attribute| ImportObject::Identity(lower(&attribute.value, diagnostics)));
    if id.is_none() && identity.is_none() {
        diagnostics.push(crate::content::missing("id", block.body.missing_item));
    }
    let for_each = content.take("for_each").map(|attribute| lower(&attribute.value, diagnostics));
    let provider = content.take("provider");
    let provider_span = provider.as_ref().map(|attribute| attribute.span);
    let provider = provider.and_then(|a| ProviderReference::read(&a.value, diagnostics));
    let object = id.or(identity)?;
    Some(Import {
        to: ImportTarget { traversal: to? },
        object,
        for_each,
        provider,
        provider_span,
        header: block.header,
    })
}

fn not_managed() -> Diagnostic {
    Diagnostic::error(Code::InvalidMove, "Invalid import address")
        .detail("Only managed resources can be imported.")
        .help("Write the address of a resource, without quotes.")
}

/// Whether an expression is a value that names nothing.
fn is_literal(expression: &crate::syntax::Expression) -> bool {
    matches!(
        expression.kind,
        ExpressionKind::Template(_) | ExpressionKind::Number(_) | ExpressionKind::Bool(_)
    )
}

/// Whether a target can be managed: no data source and no other kind of thing.
fn is_managed(to: &argument::Traversal, whole: Span, diagnostics: &mut Diagnostics) -> bool {
    let root = to.root.text.as_ref();
    let other = matches!(
        root,
        "data" | "ephemeral" | "var" | "local" | "each" | "count" | "self" | "path" | "terraform"
    );
    let alone = root != "module" && !matches!(to.hops.first(), Some(argument::Hop::Attribute(_)));
    diagnostics.push(match (other, alone) {
        (true, _) => not_managed().at(whole),
        (false, true) => Diagnostic::error(Code::InvalidMove, "Invalid import address")
            .detail("Resource specification must include a resource type and name, as in `azurerm_resource_group.ml`.")
            .at(to.span),
        (false, false) => return true,
    });
    false
}
