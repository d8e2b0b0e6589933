//! `locals`: named values of a module.

use crate::blocks::argument::check_name;
use crate::diagnostic::Diagnostics;
use crate::expression::Expression;
use crate::lower::lower;
use crate::source::Span;
use crate::syntax::{Block, Name};

/// A named value.
#[derive(Clone, Debug)]
pub struct Local {
    /// The name.
    pub name: Name,
    /// What it is.
    pub value: Expression,
    /// From the name to the end of the value.
    pub span: Span,
}

/// Reads the entries of a `locals` block.
pub fn read(block: &Block, diagnostics: &mut Diagnostics) -> Vec<Local> {
    let attributes = block.body.just_attributes(diagnostics);
    let named = attributes.into_values().filter_map(|attribute| {
        check_name(&attribute.name, "local value", diagnostics)?;
        Some(Local {
            value: lower(&attribute.value, diagnostics),
            name: attribute.name,
            span: attribute.span,
        })
    });
    named.collect()
}
