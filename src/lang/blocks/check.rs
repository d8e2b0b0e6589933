//! `check`: assertions about what runs, which warn and never stop a run.

use crate::address::{Mode, ResourceName};
use crate::blocks::argument;
use crate::blocks::condition::{self, Condition};
use crate::blocks::resource::{self, Resource};
use crate::code::Code;
use crate::content::{BodySchema, Leftovers};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Span;
use crate::syntax::{Block, Name};

/// A group of assertions.
#[derive(Clone, Debug)]
pub struct Check {
    /// The name.
    pub name: Name,
    /// What is asserted.
    pub assertions: Vec<Condition>,
    /// A data source that only this check sees.
    pub data: Option<ResourceName>,
    /// The header of the block.
    pub header: Span,
}

/// Reads a `check` block and the data source nested in it.
pub fn read(block: &Block, diagnostics: &mut Diagnostics) -> Option<(Check, Option<Resource>)> {
    let schema = BodySchema::new(&[], &[("assert", &[]), ("data", &["type", "name"])]);
    let content = block.body.content(&schema, Leftovers::Refuse, diagnostics);
    let name = block.labels.first()?.clone();
    argument::check_name(&name, "check block", diagnostics)?;
    let assertions: Vec<Condition> =
        content.blocks_of("assert").filter_map(|b| condition::read(b, diagnostics)).collect();
    if content.blocks_of("assert").next().is_none() {
        diagnostics.push(
            Diagnostic::error(Code::BlockCount, "Zero assert blocks")
                .detail("Check blocks must have at least one assert block.")
                .at(block.header),
        );
    }
    let mut nested = content.blocks_of("data");
    if let (Some(first), Some(second)) = (nested.next(), nested.next()) {
        diagnostics.push(
            Diagnostic::error(Code::Duplicate, "Multiple data resource blocks")
                .detail("A check block has at most one data source of its own.")
                .help("Declare further data sources outside of the check block.")
                .at(second.header)
                .also(first.header, "the first one"),
        );
    }
    let data = content.blocks_of("data").next().and_then(|b| resource::read(b, Mode::Data, diagnostics));
    let data = data.map(|data| Resource { scope: Some(name.text.clone()), ..data });
    let nested = data.as_ref().map(|data| data.name.clone());
    Some((Check { name, assertions, data: nested, header: block.header }, data))
}
