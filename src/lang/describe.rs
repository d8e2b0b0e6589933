//! What a printed snippet says of the values in it.
//!
//! Invariant: of a sensitive or ephemeral value only that is said; of an unknown one only its type.

use crate::diagnostic::ValueNote;
use crate::evaluate::Evaluation;
use crate::expression::{Expression, Kind};
use crate::reference::Reference;
use crate::value::{Content, Marks, Value};

/// Notes on the references in an expression, each once.
pub(crate) fn notes(within: &Expression, evaluation: &mut Evaluation<'_>) -> Vec<ValueNote> {
    let mut found: Vec<ValueNote> = Vec::new();
    let mut expressions: Vec<&Expression> = Vec::new();
    outermost(within, &mut expressions);
    for expression in expressions {
        let Some(written) = written(expression) else { continue };
        if found.iter().any(|note| note.expression == written) {
            continue;
        }
        let Some(value) = evaluation.quietly(expression) else { continue };
        found.push(ValueNote { expression: written, statement: describe(&value) });
    }
    found.sort_by(|a, b| a.expression.cmp(&b.expression));
    found
}

/// The longest references in an expression.
fn outermost<'a>(expression: &'a Expression, found: &mut Vec<&'a Expression>) {
    if written(expression).is_some() {
        found.push(expression);
        return;
    }
    let mut inner: Vec<&Expression> = Vec::new();
    let mut depth = 0;
    expression.visit(&mut |part| {
        if depth > 0 && written(part).is_some() {
            inner.push(part);
        }
        depth += 1;
    });
    // A part of a longer reference is no reference of its own.
    let covered = |part: &&Expression| {
        inner.iter().any(|other| {
            !std::ptr::eq(*other, *part)
                && other.span.start <= part.span.start
                && other.span.end >= part.span.end
                && other.span != part.span
        })
    };
    found.extend(inner.iter().copied().filter(|part| !covered(part)));
}

/// The text of a reference with literal steps; `None` for anything else.
fn written(expression: &Expression) -> Option<String> {
    match &expression.kind {
        Kind::Reference(Reference { subject, .. }) => Some(subject.to_string()),
        Kind::Local(name) => Some(name.to_string()),
        Kind::Attribute(inner, name) => Some(format!("{}.{}", written(inner)?, name.text)),
        Kind::Index(inner, key, _) => {
            let Kind::Literal(key) = &key.kind else { return None };
            let key = match key.content() {
                Content::Number(number) => number.to_string(),
                Content::String(text) => crate::address::quoted(text),
                _ => return None,
            };
            Some(format!("{}[{key}]", written(inner)?))
        }
        _ => None,
    }
}

/// What a value is, in words: `is 3`, `is null`, `is list of string with 2 elements`.
pub(crate) fn describe(value: &Value) -> String {
    if value.marks().contains(Marks::SENSITIVE) {
        return "has a sensitive value".into();
    }
    if value.marks().contains(Marks::EPHEMERAL) {
        return "has an ephemeral value".into();
    }
    match value.content() {
        Content::Null(_) => "is null".into(),
        Content::Unknown(crate::types::Type::Dynamic, _) => "will be known only after apply".into(),
        Content::Unknown(ty, _) => format!("is a {}, known only after apply", ty.friendly_name()),
        Content::Bool(truth) => format!("is {truth}"),
        Content::Number(number) => format!("is {number}"),
        Content::String(text) => format!("is {}", crate::address::quoted(text)),
        Content::List(..) | Content::Set(..) | Content::Tuple(_) => {
            let count = value.as_slice().map_or(0, <[Value]>::len);
            counted(&value.ty().friendly_name(), count, "element")
        }
        Content::Map(_, items) => counted(&value.ty().friendly_name(), items.len(), "element"),
        Content::Object(items) => counted("object", items.len(), "attribute"),
    }
}

fn counted(ty: &str, count: usize, what: &str) -> String {
    match count {
        0 => format!("is empty {ty}").replace("empty object", "object with no attributes"),
        1 => format!("is {ty} with 1 {what}"),
        count => format!("is {ty} with {count} {what}s"),
    }
}
