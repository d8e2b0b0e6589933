//! Diagnostics as Terraform's JSON has them.
//!
//! Invariant: lines and columns count from 1, columns in grapheme clusters; `end` is behind the last character.
//! Source: <https://developer.hashicorp.com/terraform/internals/machine-readable-ui>

use aksel_lang::diagnostic::{Diagnostic, Severity};
use aksel_lang::source::{Position, Source, Sources, Span};
use serde_json::{Map, Value, json};

/// The diagnostic as a JSON object.
pub fn to_json(diagnostic: &Diagnostic, sources: &Sources) -> Value {
    let mut object = Map::new();
    let severity = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    object.insert("severity".into(), severity.into());
    object.insert("summary".into(), diagnostic.summary.clone().into());
    object.insert("detail".into(), detail(diagnostic).into());
    object.insert("code".into(), diagnostic.code.to_string().into());
    if let Some(address) = &diagnostic.address {
        object.insert("address".into(), address.clone().into());
    }
    if let Some(subject) = &diagnostic.subject {
        let source = sources.get(subject.span.source);
        object.insert("range".into(), range(source, subject.span));
        object.insert("snippet".into(), snippet(diagnostic, source, subject.span));
    }
    Value::Object(object)
}

/// Cause and way out as one text.
fn detail(diagnostic: &Diagnostic) -> String {
    match (&diagnostic.help, diagnostic.detail.is_empty()) {
        (None, _) => diagnostic.detail.clone(),
        (Some(help), true) => help.clone(),
        (Some(help), false) => format!("{}\n\n{help}", diagnostic.detail),
    }
}

fn range(source: &Source, span: Span) -> Value {
    let start = source.position(span.start as usize);
    let mut end = source.position(span.end as usize);
    if span.start == span.end {
        // An empty place is shown as one character wide, so that there is something to see.
        end = Position { column: end.column + 1, byte: end.byte + 1, ..end };
    }
    let position = |at: Position| json!({"line": at.line, "column": at.column, "byte": at.byte});
    json!({"filename": &*source.name, "start": position(start), "end": position(end)})
}

fn snippet(diagnostic: &Diagnostic, source: &Source, span: Span) -> Value {
    let first = source.position(span.start as usize);
    let last = source.position(span.end as usize);
    let lines: Vec<&str> = (first.line..=last.line.max(first.line)).map(|line| source.line(line)).collect();
    let code = lines.join("\n");
    let line_start = source.text[..first.byte].rfind('\n').map_or(0, |at| at + 1);
    let start = (first.byte - line_start).min(code.len());
    let end = (last.byte.saturating_sub(line_start)).clamp(start, code.len());
    let end = if end == start { (start + 1).min(code.len()) } else { end };
    let values: Vec<Value> = diagnostic
        .values
        .iter()
        .map(|note| json!({"traversal": note.expression, "statement": note.statement}))
        .collect();
    json!({
        "context": context(source, span),
        "code": code,
        "start_line": first.line,
        "highlight_start_offset": start,
        "highlight_end_offset": end,
        "values": values,
    })
}

/// The header of the block around a place: the last line before it that begins in the first column and opens a block.
fn context(source: &Source, span: Span) -> Value {
    let line = source.position(span.start as usize).line;
    let header = (1..=line)
        .rev()
        .map(|line| source.line(line))
        .find(|text| text.starts_with(|c: char| !c.is_whitespace()));
    let opened = header.and_then(|text| text.split_once('{')).map(|(header, _)| header.trim().to_owned());
    let block = opened
        .filter(|header| header.chars().next().is_some_and(|c| c.is_alphabetic()) && !header.contains('='));
    block.map_or(Value::Null, Value::String)
}

#[cfg(test)]
mod tests {
    use aksel_lang::code::Code;

    use super::*;

    #[test]
    fn places_are_counted_as_terraform_counts_them() {
        let mut sources = Sources::default();
        let text = "resource \"a\" \"b\" {\n  é = x\n}\n";
        let id = sources.add("main.tf", text);
        let at = text.find('x').unwrap();
        let diagnostic =
            Diagnostic::error(Code::UnknownReference, "Invalid reference").at(Span::new(id, at, at + 1));
        let json = to_json(&diagnostic, &sources);
        assert_eq!(json["range"]["start"], json!({"line": 2, "column": 7, "byte": at}));
        assert_eq!(json["snippet"]["context"], "resource \"a\" \"b\"");
        assert_eq!(json["snippet"]["code"], "  é = x");
        assert_eq!(json["snippet"]["highlight_start_offset"], 7);
    }
}
