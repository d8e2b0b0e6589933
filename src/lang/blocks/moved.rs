//! `moved`: objects whose address in the configuration has changed.

use crate::address::Target;
use crate::blocks::argument::{self, Hop, Traversal};
use crate::code::Code;
use crate::content::{BodySchema, Leftovers};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Span;
use crate::syntax::{Attribute, Block};

/// From where to where something has moved, within the module of the block.
#[derive(Clone, Debug)]
pub struct Move {
    /// The former address.
    pub from: Target,
    /// The new address.
    pub to: Target,
    /// Where the former address stands.
    pub from_span: Span,
    /// Where the new address stands.
    pub to_span: Span,
    /// The header of the block.
    pub header: Span,
}

/// Reads a `moved` block; `None` if an address in it is missing or invalid.
pub fn read(block: &Block, diagnostics: &mut Diagnostics) -> Option<Move> {
    let schema = BodySchema::default().requiring(&["from", "to"]);
    let mut content = block.body.content(&schema, Leftovers::Refuse, diagnostics);
    let from = content.take("from").and_then(|attribute| read_target(&attribute, diagnostics));
    let to = content.take("to").and_then(|attribute| read_target(&attribute, diagnostics));
    let ((from, from_span), (to, to_span)) = (from?, to?);
    if matches!(from, Target::Module(_)) != matches!(to, Target::Module(_)) {
        diagnostics.push(
            Diagnostic::error(Code::InvalidMove, "Invalid \"moved\" addresses")
                .detail("The \"from\" and \"to\" addresses must either both refer to resources or both refer to modules.")
                .at(block.header),
        );
        return None;
    }
    Some(Move { from, to, from_span, to_span, header: block.header })
}

/// Reads an argument that is an address.
pub fn read_target(attribute: &Attribute, diagnostics: &mut Diagnostics) -> Option<(Target, Span)> {
    let traversal = argument::address_item(&attribute.value, diagnostics)?;
    match target(&traversal) {
        Ok(target) => Some((target, traversal.span)),
        Err(error) => {
            diagnostics.push(error);
            None
        }
    }
}

/// Reads a reference as an address.
///
/// # Errors
/// When it is not the address of a module, a resource or an instance.
pub fn target(traversal: &Traversal) -> Result<Target, Diagnostic> {
    let invalid = |detail: String, span: Span| {
        Diagnostic::error(Code::InvalidMove, "Invalid address").detail(detail).at(span)
    };
    let mut text = traversal.root.text.to_string();
    for hop in &traversal.hops {
        match hop {
            Hop::Attribute(name) => text.push_str(&format!(".{}", name.text)),
            Hop::Index(index, _) => text.push_str(&format!("[{index}]")),
            Hop::Key(key, _) => text.push_str(&format!("[{}]", crate::address::quoted(key))),
            Hop::Splat(span) => {
                return Err(invalid("An address must name one thing; `[*]` names many.".into(), *span));
            }
            Hop::Computed(key) => {
                return Err(invalid("An instance key must be a literal here.".into(), key.span));
            }
        }
    }
    if let Some(error) = reserved(traversal) {
        return Err(error);
    }
    text.parse().map_err(|_| {
        if let Some(extra) = extra_name(traversal) {
            return invalid("Resource instance key must be given in square brackets.".into(), extra);
        }
        let detail = "Resource specification must include a resource type and name, as in `azurerm_resource_group.ml`.";
        invalid(detail.into(), traversal.span)
    })
}

/// A name behind the address of a resource.
fn extra_name(traversal: &Traversal) -> Option<Span> {
    let resource = if matches!(&*traversal.root.text, "data" | "ephemeral" | "resource") { 2 } else { 1 };
    match (&*traversal.root.text, traversal.hops.get(resource)) {
        ("module", _) => None,
        (_, Some(Hop::Attribute(name))) => {
            Some(Span { start: name.span.start.saturating_sub(1), ..name.span })
        }
        _ => None,
    }
}

fn reserved(traversal: &Traversal) -> Option<Diagnostic> {
    let word = &traversal.root.text;
    ["var", "local", "each", "count", "self", "path", "terraform", "output"].contains(&&**word).then(|| {
        Diagnostic::error(Code::InvalidMove, "Invalid address")
            .detail(format!(
                "The keyword \"{word}\" is reserved and cannot be used to target a resource address."
            ))
            .help(format!("If it is a resource type of that name, write `resource.{word}`."))
            .at(traversal.span)
    })
}
