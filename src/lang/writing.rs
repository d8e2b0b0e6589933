//! Writing: values as texts of the language.
//!
//! Invariant: the attributes of an object stand on lines of their own, their `=` aligned among neighbours of one line each.
//! Invariant: no digit of a number is lost, and what would be a template is escaped.
//! Never: a mark is written; who hands a sensitive value in wants it in the text.

use crate::address::quoted;
use crate::types::Text;
use crate::value::{Content, Value};

/// A value as an expression. What is not known is null.
pub fn expression(value: &Value) -> String {
    let mut out = String::new();
    write_value(&mut out, value, 0);
    out
}

/// Attributes, a line or more each, below so many levels.
pub fn attributes<'a>(attributes: impl Iterator<Item = (&'a Text, &'a Value)>, depth: usize) -> String {
    let mut out = String::new();
    write_attributes(&mut out, attributes, depth);
    out
}

/// Whether a name needs no quotes: a letter first, then letters, digits, `_` and `-`.
pub fn is_identifier(name: &str) -> bool {
    let mut rest = name.chars();
    rest.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && rest.all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

fn write_value(out: &mut String, value: &Value, depth: usize) {
    match value.content() {
        Content::Null(_) | Content::Unknown(..) => out.push_str("null"),
        Content::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Content::Number(number) => out.push_str(&number.to_string()),
        Content::String(text) => out.push_str(&quoted(text)),
        Content::List(_, items) | Content::Set(_, items) | Content::Tuple(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                out.push_str(if place == 0 { "" } else { ", " });
                write_value(out, item, depth);
            }
            out.push(']');
        }
        Content::Map(_, items) | Content::Object(items) if items.is_empty() => out.push_str("{}"),
        Content::Map(_, items) | Content::Object(items) => {
            out.push_str("{\n");
            write_attributes(out, items.iter(), depth + 1);
            out.extend(std::iter::repeat_n("  ", depth));
            out.push('}');
        }
    }
}

fn write_attributes<'a>(
    out: &mut String,
    attributes: impl Iterator<Item = (&'a Text, &'a Value)>,
    depth: usize,
) {
    let name = |name: &Text| if is_identifier(name) { name.to_string() } else { quoted(name) };
    let written = attributes.map(|(attribute, value)| {
        let mut text = String::new();
        write_value(&mut text, value, depth);
        (name(attribute), text)
    });
    let written: Vec<(String, String)> = written.collect();
    for group in written.chunk_by(|(_, a), (_, b)| a.contains('\n') == b.contains('\n')) {
        let aligned = !group[0].1.contains('\n');
        let widest = group.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        for (name, value) in group {
            let width = if aligned { widest } else { 0 };
            out.extend(std::iter::repeat_n("  ", depth));
            out.push_str(&format!("{name:width$} = {value}\n"));
        }
    }
}
