//! `check`: assertions about what runs, which warn and never stop a run.

use crate::address::{Mode, ResourceName};
use crate::blocks::argument;
use crate::blocks::condition::{self, Condition};
use crate::blocks::resource::{self, Resource};
use crate::code::Code;
use crate::content::{BodySchema, Leftovers};
use crate::diagnostic::{Diagnostic, Diagnostics, has_errors};
use crate::source::Span;
use crate::syntax::{Attribute, Block, Name};

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
    let mut usable = 0;
    let mut assertions = Vec::new();
    for assertion in content.blocks_of("assert") {
        let before = diagnostics.len();
        assertions.extend(condition::read(assertion, diagnostics));
        usable += usize::from(!has_errors(&diagnostics[before..]));
    }
    if usable == 0 {
        diagnostics.push(
            Diagnostic::error(Code::BlockCount, "Zero assert blocks")
                .detail("Check blocks must have at least one assert block that can be judged.")
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
    content.blocks_of("data").for_each(|data| refuse_repetition(data, diagnostics));
    let data = content.blocks_of("data").next().and_then(|b| resource::read(b, Mode::Data, diagnostics));
    let data = data.map(|data| Resource { scope: Some(name.text.clone()), ..data });
    let nested = data.as_ref().map(|data| data.name.clone());
    Some((Check { name, assertions, data: nested, header: block.header }, data))
}

/// A check looks at one object.
fn refuse_repetition(data: &Block, diagnostics: &mut Diagnostics) {
    let repeats = |attribute: &&Attribute| matches!(&*attribute.name.text, "count" | "for_each");
    for attribute in data.body.attributes.iter().filter(repeats) {
        let name = &attribute.name;
        diagnostics.push(
            Diagnostic::error(Code::InvalidRepetition, format!("Invalid \"{}\" attribute", name.text))
                .detail("A data source that is nested in a check block has neither count nor for_each.")
                .help("Declare the data source outside of the check block.")
                .at(name.span),
        );
    }
}
