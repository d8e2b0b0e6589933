//! Expressions as they are evaluated: names resolved, functions found, literals made.
//!
//! Invariant: a lowered expression can be evaluated any number of times without looking anything up by name but locals.
//! Never: it holds text of the source; places are spans.

use crate::functions::Function;
use crate::reference::Reference;
use crate::source::Span;
use crate::syntax::{BinaryOperator, Expansion, Grouping, Name, UnaryOperator};
use crate::type_constraint::TypeConstraint;
use crate::types::Text;
use crate::value::Value;

/// An expression with its place.
#[derive(Clone, Debug)]
pub struct Expression {
    /// What it is.
    pub kind: Kind,
    /// Where it stands.
    pub span: Span,
}

/// The forms of lowered expressions.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A value that is written.
    Literal(Value),
    /// A string made of parts.
    Template(Vec<Part>),
    /// `"${a}"`: the value itself, of whatever type.
    Wrapped(Box<Expression>),
    /// A tuple.
    Tuple(Vec<Expression>),
    /// An object.
    Object(Vec<(Expression, Expression)>),
    /// Something outside of the expression.
    Reference(Reference),
    /// A name that a `for` or a `dynamic` block declares around it.
    Local(Text),
    /// `a.name`.
    Attribute(Box<Expression>, Name),
    /// `a[key]`, with the span of the brackets.
    Index(Box<Expression>, Box<Expression>, Span),
    /// `a[*]…`.
    Splat(Box<Expression>, Box<Expression>, Span),
    /// The element of the innermost splat around it.
    SplatElement,
    /// A call of a built-in function.
    Call(&'static Function, Arguments),
    /// A call of a provider's function: local provider name, function name.
    ProviderCall(Text, Text, Arguments),
    /// `condition ? a : b`.
    Conditional(Box<Expression>, Box<Expression>, Box<Expression>),
    /// A `for`.
    For(Box<For>),
    /// `-a`, `!a`.
    Unary(UnaryOperator, Box<Expression>),
    /// `a + b`.
    Binary(Box<Expression>, BinaryOperator, Box<Expression>),
    /// A type, the second argument of `convert`.
    Type(Box<TypeConstraint>),
    /// What could not be lowered; it has been reported.
    Invalid,
}

/// The arguments of a call.
#[derive(Clone, Debug)]
pub struct Arguments {
    /// In order.
    pub values: Vec<Expression>,
    /// Whether the last one is a list of arguments.
    pub expand_last: Expansion,
    /// Where each begins: what a message about it points at.
    pub starts: Vec<Span>,
    /// The name with its place.
    pub name: Name,
    /// The parentheses.
    pub parentheses: Span,
}

impl Arguments {
    /// The name with the opening parenthesis.
    pub fn head(&self) -> Span {
        Span { end: self.parentheses.start + 1, ..self.name.span }
    }
}

/// A `for`.
#[derive(Clone, Debug)]
pub struct For {
    /// The name of the key.
    pub key: Option<Text>,
    /// The name of the value.
    pub value: Text,
    /// What is gone through.
    pub collection: Expression,
    /// The key of an object that is made; `None` makes a tuple.
    pub result_key: Option<Expression>,
    /// The value that is made.
    pub result: Expression,
    /// What becomes of values with the same key.
    pub grouping: Grouping,
    /// Which elements are taken.
    pub condition: Option<Expression>,
}

/// A part of a template.
#[derive(Clone, Debug)]
pub enum Part {
    /// Literal text.
    Text(Text),
    /// `${a}`.
    Value(Expression),
    /// `%{ if }`.
    If(Expression, Vec<Part>, Vec<Part>),
    /// `%{ for }`.
    For {
        /// The name of the key.
        key: Option<Text>,
        /// The name of the value.
        value: Text,
        /// What is gone through.
        collection: Expression,
        /// What is rendered for each.
        body: Vec<Part>,
    },
}

impl Expression {
    /// All references in it, in the order in which they are written.
    pub fn references(&self) -> Vec<&Reference> {
        let mut found = Vec::new();
        self.visit(&mut |expression| {
            if let Kind::Reference(reference) = &expression.kind {
                found.push(reference);
            }
        });
        found
    }

    /// Whether a mistake in it has been reported already.
    pub fn is_invalid(&self) -> bool {
        let mut invalid = false;
        self.visit(&mut |expression| invalid |= matches!(expression.kind, Kind::Invalid));
        invalid
    }

    /// Visits the expression and all in it, outer before inner, left before right.
    pub fn visit<'a>(&'a self, see: &mut dyn FnMut(&'a Expression)) {
        see(self);
        match &self.kind {
            Kind::Literal(_)
            | Kind::Reference(_)
            | Kind::Local(_)
            | Kind::SplatElement
            | Kind::Type(_)
            | Kind::Invalid => {}
            Kind::Template(parts) => visit_parts(parts, see),
            Kind::Wrapped(inner) | Kind::Attribute(inner, _) | Kind::Unary(_, inner) => inner.visit(see),
            Kind::Tuple(items) => items.iter().for_each(|item| item.visit(see)),
            Kind::Object(items) => items.iter().for_each(|(key, value)| {
                key.visit(see);
                value.visit(see);
            }),
            Kind::Index(a, b, _) | Kind::Splat(a, b, _) | Kind::Binary(a, _, b) => {
                a.visit(see);
                b.visit(see);
            }
            Kind::Call(_, arguments) | Kind::ProviderCall(_, _, arguments) => {
                arguments.values.iter().for_each(|value| value.visit(see));
            }
            Kind::Conditional(a, b, c) => [a, b, c].into_iter().for_each(|part| part.visit(see)),
            Kind::For(inner) => {
                inner.collection.visit(see);
                let parts = [inner.result_key.as_ref(), Some(&inner.result), inner.condition.as_ref()];
                parts.into_iter().flatten().for_each(|part| part.visit(see));
            }
        }
    }
}

fn visit_parts<'a>(parts: &'a [Part], see: &mut dyn FnMut(&'a Expression)) {
    for part in parts {
        match part {
            Part::Text(_) => {}
            Part::Value(value) => value.visit(see),
            Part::If(condition, then, otherwise) => {
                condition.visit(see);
                visit_parts(then, see);
                visit_parts(otherwise, see);
            }
            Part::For { collection, body, .. } => {
                collection.visit(see);
                visit_parts(body, see);
            }
        }
    }
}
