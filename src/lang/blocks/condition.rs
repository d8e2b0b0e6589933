//! Conditions: `validation`, `precondition`, `postcondition` and `assert` blocks.

use crate::code::Code;
use crate::content::{BodySchema, Leftovers};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::expression::Expression;
use crate::lower::lower;
use crate::source::Span;
use crate::syntax::Block;

/// Something that must hold, and what to say when it does not.
#[derive(Clone, Debug)]
pub struct Condition {
    /// What must hold.
    pub condition: Expression,
    /// What is said when it does not.
    pub error_message: Expression,
    /// The header of the block.
    pub header: Span,
}

/// Reads a condition block; `None` if a part of it is missing.
pub fn read(block: &Block, diagnostics: &mut Diagnostics) -> Option<Condition> {
    let schema = BodySchema::default().requiring(&["condition", "error_message"]);
    let mut content = block.body.content(&schema, Leftovers::Refuse, diagnostics);
    let condition = content.take("condition").map(|attribute| lower(&attribute.value, diagnostics));
    if let Some(condition) = condition.as_ref().filter(|condition| !condition.is_invalid())
        && condition.references().is_empty()
    {
        diagnostics.push(
            Diagnostic::error(Code::InvalidCondition, format!("Invalid {} expression", &*block.kind.text))
                .detail("The condition expression must refer to at least one object from elsewhere in the configuration, or else its result would not be checking anything.")
                .at(condition.span),
        );
    }
    let error_message = content.take("error_message").map(|attribute| lower(&attribute.value, diagnostics));
    Some(Condition { condition: condition?, error_message: error_message?, header: block.header })
}
