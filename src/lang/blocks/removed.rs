//! `removed`: objects that are no longer declared, and whether they are destroyed or only forgotten.

use crate::address::{Mode, Target};
use crate::blocks::argument::{self, Hop};
use crate::blocks::moved::read_target;
use crate::blocks::provisioner::{self, Provisioner, When};
use crate::code::Code;
use crate::content::{BodySchema, Leftovers};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Span;
use crate::syntax::{Block, Expression};

/// What becomes of objects whose declaration is gone.
#[derive(Clone, Debug)]
pub struct Removal {
    /// What was declared: a module or a resource, without instance keys.
    pub from: Target,
    /// Where the address stands.
    pub from_span: Span,
    /// Whether the objects are destroyed; else they are only forgotten.
    pub destroy: bool,
    /// What runs when they are destroyed.
    pub provisioners: Vec<Provisioner>,
    /// The header of the block.
    pub header: Span,
}

/// Reads a `removed` block; `None` if its address is missing or invalid.
pub fn read(block: &Block, diagnostics: &mut Diagnostics) -> Option<Removal> {
    let schema = BodySchema::new(&[], &[("lifecycle", &[]), ("provisioner", &["type"]), ("connection", &[])])
        .requiring(&["from"]);
    let mut content = block.body.content(&schema, Leftovers::Refuse, diagnostics);
    let from = content.take("from");
    let key = from.as_ref().and_then(|attribute| first_key(&attribute.value));
    let from = from.and_then(|attribute| read_target(&attribute, diagnostics));
    let mut destroy = None;
    for lifecycle in content.blocks_of("lifecycle") {
        let schema = BodySchema::new(&["destroy"], &[]);
        let mut content = lifecycle.body.content(&schema, Leftovers::Refuse, diagnostics);
        destroy = content.take("destroy").and_then(|attribute| argument::truth(&attribute, diagnostics));
    }
    let provisioners: Vec<Provisioner> =
        content.blocks_of("provisioner").filter_map(|b| provisioner::read(b, diagnostics)).collect();
    for provisioner in provisioners.iter().filter(|provisioner| provisioner.when == When::Create) {
        diagnostics.push(
            Diagnostic::error(Code::InvalidConfiguration, "Invalid provisioner block")
                .detail("Only destroy-time provisioners are valid in \"removed\" blocks.")
                .help("To declare a destroy-time provisioner, write `when = destroy`.")
                .at(provisioner.header),
        );
    }
    let (from, from_span) = from?;
    check_keys(&from, key.unwrap_or(from_span), diagnostics)?;
    Some(Removal { from, from_span, destroy: destroy.unwrap_or(true), provisioners, header: block.header })
}

/// Where the first instance key of an address stands.
fn first_key(from: &Expression) -> Option<Span> {
    let hops = argument::traversal(from)?.hops;
    hops.iter().find(|hop| matches!(hop, Hop::Index(..) | Hop::Key(..))).map(Hop::span)
}

fn check_keys(from: &Target, span: Span, diagnostics: &mut Diagnostics) -> Option<()> {
    let (module, key) = match from {
        Target::Module(module) => (module, None),
        Target::Resource(address) => (&address.module, address.key.as_ref()),
    };
    let error = if module.0.iter().any(|(_, key)| key.is_some()) {
        Diagnostic::error(Code::InvalidMove, "Module instance keys not allowed")
            .detail("Module address must be a module (e.g. \"module.foo\"), not a module instance (e.g. \"module.foo[1]\").")
    } else if key.is_some() {
        Diagnostic::error(Code::InvalidMove, "Resource instance keys not allowed")
            .detail("Resource address must be a resource (e.g. \"test_instance.foo\"), not a resource instance (e.g. \"test_instance.foo[1]\").")
    } else if matches!(from, Target::Resource(address) if address.resource.mode != Mode::Managed) {
        Diagnostic::error(Code::InvalidMove, "Data source address not allowed")
            .detail("Data sources are never destroyed, so they are not valid targets of removed blocks.")
    } else {
        return Some(());
    };
    diagnostics.push(error.at(span));
    None
}
