//! `output`: what a module gives to its caller, or the root module to people.

use crate::blocks::argument::{self, Traversal};
use crate::blocks::condition::{self, Condition};
use crate::content::{BodySchema, Leftovers};
use crate::diagnostic::Diagnostics;
use crate::expression::Expression;
use crate::lower::lower;
use crate::source::Span;
use crate::syntax::{Block, Name};
use crate::types::Text;

/// What a module gives.
#[derive(Clone, Debug)]
pub struct Output {
    /// The name.
    pub name: Name,
    /// What it is.
    pub value: Expression,
    /// A sentence for people.
    pub description: Option<Text>,
    /// Whether it is marked sensitive.
    pub sensitive: bool,
    /// Whether it may hold what is ephemeral.
    pub ephemeral: bool,
    /// Why it should not be used any more.
    pub deprecated: Option<Text>,
    /// What it waits for besides its value.
    pub depends_on: Vec<Traversal>,
    /// What must hold.
    pub preconditions: Vec<Condition>,
    /// The header of the block.
    pub header: Span,
}

/// What may stand in an `output` block.
pub fn schema() -> BodySchema {
    BodySchema::new(
        &["description", "sensitive", "ephemeral", "deprecated", "depends_on", "type"],
        &[("precondition", &[])],
    )
}

/// Reads an `output` block; `None` if it has no valid name or no value.
pub fn read(block: &Block, diagnostics: &mut Diagnostics) -> Option<Output> {
    let mut content = block.body.content(&schema().requiring(&["value"]), Leftovers::Refuse, diagnostics);
    let name = block.labels.first()?.clone();
    let valid = argument::check_name(&name, "output", diagnostics);
    let value = content.take("value").map(|attribute| lower(&attribute.value, diagnostics));
    let mut text = |name| content.take(name).and_then(|attribute| argument::text(&attribute, diagnostics));
    let (description, deprecated) = (text("description"), text("deprecated"));
    let mut truth = |name| content.take(name).and_then(|attribute| argument::truth(&attribute, diagnostics));
    let (sensitive, ephemeral) = (truth("sensitive"), truth("ephemeral"));
    let depends_on = content.take("depends_on");
    let preconditions =
        content.blocks_of("precondition").filter_map(|b| condition::read(b, diagnostics)).collect();
    valid?;
    Some(Output {
        name,
        value: value?,
        description,
        sensitive: sensitive.unwrap_or(false),
        ephemeral: ephemeral.unwrap_or(false),
        deprecated,
        depends_on: depends_on.map(|a| read_depends_on(&a, diagnostics)).unwrap_or_default(),
        preconditions,
        header: block.header,
    })
}

/// Reads the references of a `depends_on`.
pub fn read_depends_on(
    attribute: &crate::syntax::Attribute,
    diagnostics: &mut Diagnostics,
) -> Vec<Traversal> {
    let items = argument::items(attribute, diagnostics);
    items.iter().filter_map(|item| argument::quotable_reference(item, diagnostics)).collect()
}
