//! Arguments that have to be written out: literals, names, references.
//!
//! Never: an argument read here depends on anything that is evaluated.

use std::borrow::Cow;

use crate::code::Code;
use crate::convert::convert;
use crate::diagnostic::{Diagnostic, Diagnostics, has_errors};
use crate::evaluate;
use crate::parser;
use crate::source::Span;
use crate::syntax::{Attribute, Expression, ExpressionKind, Name, TemplatePart};
use crate::types::{Text, Type};
use crate::value::Value;

/// The text of a string in quotes of native syntax, without interpolation.
pub fn quoted_text(expression: &Expression) -> Option<Text> {
    let ExpressionKind::Template(parts) = &expression.kind else { return None };
    match parts.as_slice() {
        [] => Some("".into()),
        [TemplatePart::Literal(text, _)] => Some(text.clone()),
        _ => None,
    }
}

/// The text of a string that is written out, in either syntax.
pub fn literal_text(expression: &Expression) -> Option<Text> {
    match &expression.kind {
        ExpressionKind::JsonString(string) => Some(string.text.clone()),
        _ => quoted_text(expression),
    }
}

/// An expression that is read as it is written: of a JSON string, the expression that its text is.
pub fn written(expression: &Expression) -> Cow<'_, Expression> {
    let ExpressionKind::JsonString(string) = &expression.kind else { return Cow::Borrowed(expression) };
    let (inner, found) = parser::parse_json_expression(string);
    match has_errors(&found) {
        true => Cow::Borrowed(expression),
        false => Cow::Owned(inner),
    }
}

/// An argument that must be a text.
pub fn text(attribute: &Attribute, diagnostics: &mut Diagnostics) -> Option<Text> {
    text_of(&attribute.value, diagnostics)
}

/// A value that must be a text.
pub fn text_of(value: &Expression, diagnostics: &mut Diagnostics) -> Option<Text> {
    literal_of(value, &Type::String, diagnostics).and_then(|text| text.as_str().map(Text::from))
}

/// An argument that must be `true` or `false`.
pub fn truth(attribute: &Attribute, diagnostics: &mut Diagnostics) -> Option<bool> {
    literal_of(&attribute.value, &Type::Bool, diagnostics).and_then(|truth| truth.as_bool())
}

/// A value that must be written out and be of a type.
fn literal_of(expression: &Expression, ty: &Type, diagnostics: &mut Diagnostics) -> Option<Value> {
    let before = diagnostics.len();
    let reason = match evaluate::literal(expression, diagnostics).map(|value| convert(&value, ty)) {
        Some(Ok(converted)) if converted.is_null() => "null is not allowed here".to_owned(),
        Some(Ok(converted)) => return Some(converted),
        Some(Err(error)) => error.to_string(),
        None if has_errors(&diagnostics[before..]) => {
            format!(
                "this setting is read before anything is evaluated, and must be a literal {}",
                ty.friendly_name()
            )
        }
        None => return None,
    };
    diagnostics.push(
        Diagnostic::error(Code::WrongType, "Unsuitable value type")
            .detail(format!("Unsuitable value: {reason}."))
            .at(expression.start())
            .within(expression.span),
    );
    None
}

/// An argument that must be one of a few bare words. A quoted word counts, with a warning.
pub fn keyword(attribute: &Attribute, diagnostics: &mut Diagnostics) -> Option<Name> {
    let span = attribute.value.span;
    if let ExpressionKind::Variable(word) = &written(&attribute.value).kind {
        return Some(Name { text: word.clone(), span });
    }
    let text = quoted_text(&attribute.value)?;
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
            .at(attribute.value.start()),
    );
    &[]
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
    let expression = &*written(expression);
    let mut hops = Vec::new();
    let mut current = expression;
    loop {
        match &current.kind {
            ExpressionKind::Variable(name) => {
                hops.reverse();
                let root = Name { text: name.clone(), span: current.span };
                return Some(Traversal { root, hops, span: expression.span });
            }
            // A provider is called so: `null.west` names one of its configurations.
            ExpressionKind::Null if !hops.is_empty() => {
                hops.reverse();
                let root = Name { text: "null".into(), span: current.span };
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
    match (quoted_text(key), number) {
        (Some(text), _) => Hop::Key(text, brackets),
        (None, Some(index)) => Hop::Index(index, brackets),
        (None, None) => Hop::Computed(key.clone()),
    }
}

/// Reads an item that must be a reference.
pub fn reference_item(item: &Expression, diagnostics: &mut Diagnostics) -> Option<Traversal> {
    let found = traversal(item);
    if found.is_none() {
        diagnostics.push(no_reference(item.span));
    }
    found
}

/// Reads an item that must be a reference; a quoted reference counts, with a warning, as it did once.
pub fn quotable_reference(item: &Expression, diagnostics: &mut Diagnostics) -> Option<Traversal> {
    let Some((unquoted, mut found)) = parser::parse_quoted_expression(item) else {
        return reference_item(item, diagnostics);
    };
    if has_errors(&found) {
        diagnostics.append(&mut found);
        return None;
    }
    diagnostics.push(
        Diagnostic::warning(Code::Deprecated, "Quoted references are deprecated")
            .detail("In this context, references are expected literally rather than in quotes.")
            .help("Remove the quotes surrounding this reference.")
            .at(item.span),
    );
    reference_item(&unquoted, diagnostics)
}

/// Reads an item that must be a reference whose keys are all written out: an address.
pub fn address_item(item: &Expression, diagnostics: &mut Diagnostics) -> Option<Traversal> {
    let found = traversal(item).filter(|found| !found.hops.iter().any(Hop::is_open));
    if found.is_none() {
        diagnostics.push(no_reference(item.span));
    }
    found
}

fn no_reference(span: Span) -> Diagnostic {
    Diagnostic::error(Code::InvalidConfiguration, "Invalid expression")
        .detail("A single static variable reference is required: only attribute access and indexing with constant keys. No calculations, function calls, template expressions, etc are allowed here.")
        .at(span)
}

impl Hop {
    /// Whether it does not name one thing.
    fn is_open(&self) -> bool {
        matches!(self, Hop::Splat(_) | Hop::Computed(_))
    }

    /// Where it stands.
    pub fn span(&self) -> Span {
        match self {
            Hop::Attribute(name) => name.span,
            Hop::Key(_, span) | Hop::Index(_, span) | Hop::Splat(span) => *span,
            Hop::Computed(key) => key.span,
        }
    }
}

/// Checks that a label can be a name.
pub fn check_name(label: &Name, what: &str, diagnostics: &mut Diagnostics) -> Option<Text> {
    let mut chars = label.text.chars();
    let starts = chars.next().is_some_and(|c| c == '_' || unicode_ident::is_xid_start(c));
    if starts && chars.all(|c| c == '-' || unicode_ident::is_xid_continue(c)) {
        return Some(label.text.clone());
    }
    diagnostics.push(
        Diagnostic::error(Code::InvalidName, format!("Invalid {what} name").replace("alias name", "alias"))
            .detail("A name must start with a letter or underscore and may contain only letters, digits, underscores, and dashes.")
            .at(label.span),
    );
    None
}
