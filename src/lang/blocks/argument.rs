//! Arguments that have to be written out: literals, names, references.
//!
//! Never: an argument read here depends on anything that is evaluated.

use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Span;
use crate::syntax::{Attribute, Expression, ExpressionKind, Name, TemplatePart};
use crate::types::Text;

/// The text of a quoted string without interpolation.
pub fn literal_text(expression: &Expression) -> Option<Text> {
    let ExpressionKind::Template(parts) = &expression.kind else { return None };
    match parts.as_slice() {
        [] => Some("".into()),
        [TemplatePart::Literal(text, _)] => Some(text.clone()),
        _ => None,
    }
}

/// An argument that must be a quoted string.
pub fn text(attribute: &Attribute, diagnostics: &mut Diagnostics) -> Option<Text> {
    let text = literal_text(&attribute.value);
    if text.is_none() {
        diagnostics.push(unsuitable(&attribute.value, "a string is required"));
    }
    text
}

/// An argument that must be `true` or `false`.
pub fn truth(attribute: &Attribute, diagnostics: &mut Diagnostics) -> Option<bool> {
    let truth = match &attribute.value.kind {
        ExpressionKind::Bool(truth) => Some(*truth),
        _ => literal_text(&attribute.value).and_then(|text| text.parse().ok()),
    };
    if truth.is_none() {
        diagnostics.push(unsuitable(&attribute.value, "a bool is required"));
    }
    truth
}

/// An argument that must be one of a few bare words. A quoted word counts, with a warning.
pub fn keyword(attribute: &Attribute, diagnostics: &mut Diagnostics) -> Option<Name> {
    let span = attribute.value.span;
    if let ExpressionKind::Variable(word) = &attribute.value.kind {
        return Some(Name { text: word.clone(), span });
    }
    let text = literal_text(&attribute.value)?;
    diagnostics.push(
        Diagnostic::warning(Code::Deprecated, "Quoted keywords are deprecated")
            .detail("In this context, keywords are expected literally rather than in quotes.")
            .help(format!("Remove the quotes: `{} = {text}`.", attribute.name.text))
            .at(span),
    );
    Some(Name { text, span })
}

/// The items of an argument that must be a list written in brackets.
pub fn items<'a>(attribute: &'a Attribute, diagnostics: &mut Diagnostics) -> &'a [Expression] {
    if let ExpressionKind::Tuple(items) = &attribute.value.kind {
        return items;
    }
    diagnostics.push(
        Diagnostic::error(Code::WrongType, "Invalid expression")
            .detail("A static list expression is required.")
            .at(attribute.value.span),
    );
    &[]
}

/// A value that is written where another type is needed.
pub fn unsuitable(value: &Expression, needed: &str) -> Diagnostic {
    let unknown = value_is_computed(value);
    let (summary, reason) = match unknown {
        true => ("Variables not allowed", "Variables may not be used here.".to_owned()),
        false => ("Unsuitable value type", format!("Unsuitable value: {needed}.")),
    };
    Diagnostic::error(Code::WrongType, summary).detail(reason).at(value.span)
}

/// Whether a value is written with a reference or a call anywhere on its way.
fn value_is_computed(value: &Expression) -> bool {
    match &value.kind {
        ExpressionKind::Variable(_)
        | ExpressionKind::Attribute(..)
        | ExpressionKind::Index(..)
        | ExpressionKind::Splat { .. } => true,
        ExpressionKind::Template(parts) => parts
            .iter()
            .any(|part| matches!(part, TemplatePart::Interpolation(inner) if value_is_computed(inner))),
        ExpressionKind::Parentheses(inner) | ExpressionKind::Unary(_, inner) => value_is_computed(inner),
        ExpressionKind::Null
        | ExpressionKind::Bool(_)
        | ExpressionKind::Number(_)
        | ExpressionKind::Tuple(_)
        | ExpressionKind::Object(_)
        | ExpressionKind::SplatElement
        | ExpressionKind::Call(_)
        | ExpressionKind::Conditional(..)
        | ExpressionKind::For(_)
        | ExpressionKind::Binary(..)
        | ExpressionKind::Invalid => false,
    }
}

/// One step of a written reference.
#[derive(Clone, Debug, PartialEq)]
pub enum Hop {
    /// `.name`
    Attribute(Name),
    /// `["key"]`
    Key(Text, Span),
    /// `[0]`
    Index(usize, Span),
    /// `[*]` or `.*`
    Splat(Span),
    /// `[any expression]`
    Computed(Expression),
}

/// A reference as it is written: a first name and what follows.
#[derive(Clone, Debug, PartialEq)]
pub struct Traversal {
    /// The first name.
    pub root: Name,
    /// What follows.
    pub hops: Vec<Hop>,
    /// The whole.
    pub span: Span,
}

/// Reads an expression that is nothing but a reference; `None` if it is something else.
pub fn traversal(expression: &Expression) -> Option<Traversal> {
    let mut hops = Vec::new();
    let mut current = expression;
    loop {
        match &current.kind {
            ExpressionKind::Variable(name) => {
                hops.reverse();
                let root = Name { text: name.clone(), span: current.span };
                return Some(Traversal { root, hops, span: expression.span });
            }
            ExpressionKind::Attribute(inner, name) => {
                hops.push(match name.text.parse() {
                    Ok(index) => Hop::Index(index, name.span),
                    Err(_) => Hop::Attribute(name.clone()),
                });
                current = inner;
            }
            ExpressionKind::Index(inner, key, brackets) => {
                hops.push(index_hop(key, *brackets));
                current = inner;
            }
            ExpressionKind::Splat { source, each, marker } if each.kind == ExpressionKind::SplatElement => {
                hops.push(Hop::Splat(*marker));
                current = source;
            }
            _ => return None,
        }
    }
}

fn index_hop(key: &Expression, brackets: Span) -> Hop {
    let number = if let ExpressionKind::Number(digits) = &key.kind { digits.parse().ok() } else { None };
    match (literal_text(key), number) {
        (Some(text), _) => Hop::Key(text, brackets),
        (None, Some(index)) => Hop::Index(index, brackets),
        (None, None) => Hop::Computed(key.clone()),
    }
}

/// Reads an item that must be a reference; a quoted reference counts, with a warning.
pub fn reference_item(item: &Expression, diagnostics: &mut Diagnostics) -> Option<Traversal> {
    if let Some(found) = traversal(item) {
        return Some(found);
    }
    let quoted = literal_text(item).and_then(|text| dotted_names(&text, item.span));
    diagnostics.push(match &quoted {
        Some(_) => Diagnostic::warning(Code::Deprecated, "Quoted references are deprecated")
            .detail("In this context, references are expected literally rather than in quotes.")
            .help("Remove the quotes surrounding this reference.")
            .at(item.span),
        None => Diagnostic::error(Code::InvalidConfiguration, "Invalid expression")
            .detail("A single static variable reference is required: only attribute access and indexing with constant keys. No calculations, function calls, template expressions, etc are allowed here.")
            .at(item.span),
    });
    quoted
}

/// `a.b.c` in quotes. What is not plain names is left to the caller's error.
fn dotted_names(text: &str, span: Span) -> Option<Traversal> {
    let valid = |name: &&str| {
        let mut chars = name.chars();
        chars.next().is_some_and(|c| c == '_' || unicode_ident::is_xid_start(c))
            && chars.all(|c| c == '-' || unicode_ident::is_xid_continue(c))
    };
    let mut names = text.split('.');
    let root = names.next().filter(valid)?;
    let hops = names.map(|name| valid(&name).then(|| Hop::Attribute(Name { text: name.into(), span })));
    let hops = hops.collect::<Option<Vec<Hop>>>()?;
    Some(Traversal { root: Name { text: root.into(), span }, hops, span })
}

/// Checks that a label can be a name.
pub fn check_name(label: &Name, what: &str, diagnostics: &mut Diagnostics) -> Option<Text> {
    let mut chars = label.text.chars();
    let starts = chars.next().is_some_and(|c| c == '_' || unicode_ident::is_xid_start(c));
    if starts && chars.all(|c| c == '-' || unicode_ident::is_xid_continue(c)) {
        return Some(label.text.clone());
    }
    diagnostics.push(
        Diagnostic::error(Code::InvalidName, format!("Invalid {what} name"))
            .detail("A name must start with a letter or underscore and may contain only letters, digits, underscores, and dashes.")
            .at(label.span),
    );
    None
}
