//! `variable`: what a module takes from its caller, or the root module from people.
//!
//! Invariant: a default is of the variable's type.

use crate::blocks::argument;
use crate::blocks::condition::{self, Condition};
use crate::code::Code;
use crate::content::{BodySchema, Leftovers};
use crate::convert::convert;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::evaluate;
use crate::reference::Subject;
use crate::source::Span;
use crate::syntax::{Attribute, Block, Name, Override};
use crate::type_constraint::TypeConstraint;
use crate::types::Text;
use crate::value::Value;

/// What a module takes.
#[derive(Clone, Debug)]
pub struct Variable {
    /// The name.
    pub name: Name,
    /// The type, with defaults of optional attributes; any type if none is written.
    pub constraint: TypeConstraint,
    /// Whether a type is written.
    pub typed: bool,
    /// What it is if nobody says.
    pub default: Option<Value>,
    /// Where the default stands.
    pub default_span: Option<Span>,
    /// A sentence for people.
    pub description: Option<Text>,
    /// Whether null is a value of its own (else it means the default).
    pub nullable: bool,
    /// Whether it is marked sensitive.
    pub sensitive: bool,
    /// Whether it may hold what is ephemeral.
    pub ephemeral: bool,
    /// Whether it must be known before anything is installed or planned.
    pub constant: bool,
    /// Why it should not be used any more.
    pub deprecated: Option<Text>,
    /// What must hold.
    pub validations: Vec<Condition>,
    /// The header of the block.
    pub header: Span,
    /// The whole block.
    pub span: Span,
}

/// Names that mean something else within `module` blocks.
const RESERVED: &[&str] =
    &["source", "version", "providers", "count", "for_each", "lifecycle", "depends_on", "locals", "provider"];

/// What may stand in a `variable` block.
pub fn schema() -> BodySchema {
    BodySchema::new(
        &["type", "default", "description", "nullable", "sensitive", "ephemeral", "const", "deprecated"],
        &[("validation", &[])],
    )
}

/// Reads a `variable` block; `None` if it has no valid name.
pub fn read(block: &Block, diagnostics: &mut Diagnostics) -> Option<Variable> {
    let mut content = block.body.content(&schema(), Leftovers::Refuse, diagnostics);
    let name = block.labels.first()?.clone();
    argument::check_name(&name, "variable", diagnostics)?;
    check_reserved(&name, diagnostics);
    let ty = content.take("type");
    let default = content.take("default");
    let mut text = |name| content.take(name).and_then(|attribute| argument::text(&attribute, diagnostics));
    let (description, deprecated) = (text("description"), text("deprecated"));
    let mut truth = |name| content.take(name).and_then(|attribute| argument::truth(&attribute, diagnostics));
    let (nullable, sensitive) = (truth("nullable"), truth("sensitive"));
    let (ephemeral, constant) = (truth("ephemeral"), truth("const"));
    let constraint = ty.as_ref().map(|ty| TypeConstraint::read(&ty.value, diagnostics)).unwrap_or_default();
    let default_span = default.as_ref().map(|attribute| attribute.value.span);
    let default =
        default.and_then(|attribute| read_default(&attribute, &constraint, override_of(block), diagnostics));
    let validations: Vec<Condition> =
        content.blocks_of("validation").filter_map(|b| condition::read(b, diagnostics)).collect();
    validations.iter().for_each(|validation| check_own(&name.text, validation, diagnostics));
    let nullable = nullable.unwrap_or(true);
    if !nullable && default.as_ref().is_some_and(Value::is_null) {
        diagnostics.push(null_default(default_span));
    }
    Some(Variable {
        name,
        constraint,
        typed: ty.is_some(),
        default,
        default_span,
        description,
        nullable,
        sensitive: sensitive.unwrap_or(false),
        ephemeral: ephemeral.unwrap_or(false),
        constant: constant.unwrap_or(false),
        deprecated,
        validations,
        header: block.header,
        span: block.span,
    })
}

fn check_reserved(name: &Name, diagnostics: &mut Diagnostics) {
    if RESERVED.contains(&&*name.text) {
        let detail = format!(
            "The variable name \"{}\" is reserved due to its special meaning inside module blocks.",
            name.text
        );
        diagnostics
            .push(Diagnostic::error(Code::InvalidName, "Invalid variable name").detail(detail).at(name.span));
    }
}

fn read_default(
    attribute: &Attribute,
    constraint: &TypeConstraint,
    changed: Option<Span>,
    diagnostics: &mut Diagnostics,
) -> Option<Value> {
    let value = evaluate::literal(&attribute.value, diagnostics)?;
    match convert_default(&value, constraint) {
        Ok(value) => Some(value),
        Err(reason) => {
            let error = Diagnostic::error(Code::WrongType, "Invalid default value for variable");
            let span = attribute.value.span;
            diagnostics.push(match changed {
                None => error
                    .detail(format!(
                        "This default value is not compatible with the variable's type constraint: {reason}."
                    ))
                    .at(span),
                Some(header) => error
                    .detail(format!(
                        "This override has made the default value incompatible with the variable's type constraint: {reason}."
                    ))
                    .at(header)
                    .also(span, "the default value"),
            });
            None
        }
    }
}

/// The last override that changes the type or the default.
fn override_of(block: &Block) -> Option<Span> {
    let schema = BodySchema::new(&["type", "default"], &[]);
    let changes = |one: &&Override| {
        let content = one.body.content(&schema, Leftovers::Ignore, &mut Vec::new());
        !content.attributes.is_empty()
    };
    block.body.overrides.iter().rev().find(changes).map(|one| one.header)
}

/// Brings a default to the variable's type.
///
/// # Errors
/// Says why it cannot be.
pub fn convert_default(value: &Value, constraint: &TypeConstraint) -> Result<Value, String> {
    let complete = constraint.apply_defaults(value);
    convert(&complete, &constraint.ty).map_err(|error| error.to_string())
}

/// A validation that does not look at its own variable judges nothing.
fn check_own(name: &Text, validation: &Condition, diagnostics: &mut Diagnostics) {
    let condition = &validation.condition;
    let own = Subject::Variable(name.clone());
    if !condition.is_invalid() && !condition.references().iter().any(|reference| reference.subject == own) {
        diagnostics.push(
            Diagnostic::error(Code::InvalidCondition, "Invalid variable validation condition")
                .detail(format!(
                    "The condition for variable \"{name}\" must refer to var.{name} in order to test incoming values."
                ))
                .at(condition.span),
        );
    }
}

fn null_default(span: Option<Span>) -> Diagnostic {
    Diagnostic::error(Code::WrongType, "Invalid default value for variable")
        .detail("A null default value is not valid when nullable=false.")
        .at_some(span)
}
