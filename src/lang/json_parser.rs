//! A JSON parser that keeps places, for configuration in JSON syntax.
//!
//! Invariant: after the first error there is no value; nesting deeper than `NESTING_MAX` is an error, not an overflow.
//! Never: a value is interpreted.

use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::{SourceId, Span};
use crate::syntax::{JsonObject, JsonProperty, JsonString, JsonValue, Name};
use crate::types::Text;

/// How deep objects and arrays may be nested.
const NESTING_MAX: usize = 250;

/// Parses a text that is one JSON value.
pub(crate) fn parse(source: SourceId, text: &str) -> (Option<JsonValue>, Diagnostics) {
    let mut parser = Parser { source, text, at: 0, depth: 0 };
    let parsed = parser.value().and_then(|value| {
        parser.skip_space();
        if parser.at < text.len() {
            let detail = "Extra characters appear after the JSON value.";
            return Err(parser.error("Extraneous data after value", detail, parser.at, parser.at + 1));
        }
        Ok(value)
    });
    match parsed {
        Ok(value) => (Some(value), Vec::new()),
        Err(error) => (None, vec![*error]),
    }
}

type Parsed<T> = Result<T, Box<Diagnostic>>;

struct Parser<'a> {
    source: SourceId,
    text: &'a str,
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.source, start, end.min(self.text.len()))
    }

    fn error(&self, summary: &str, detail: &str, start: usize, end: usize) -> Box<Diagnostic> {
        Box::new(Diagnostic::error(Code::JsonSyntax, summary).detail(detail).at(self.span(start, end)))
    }

    fn skip_space(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn value(&mut self) -> Parsed<JsonValue> {
        self.skip_space();
        let start = self.at;
        match self.peek() {
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::array),
            Some(b'"') => self.string().map(JsonValue::String),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b'a'..=b'z' | b'A'..=b'Z') => self.keyword(),
            Some(_) => {
                Err(self.error("Invalid JSON value", "Expected the start of a JSON value.", start, start + 1))
            }
            None => Err(self.error("Missing JSON value", "The JSON data ends prematurely.", start, start)),
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Parsed<JsonValue>) -> Parsed<JsonValue> {
        if self.depth >= NESTING_MAX {
            let detail = format!("Objects and arrays may be nested at most {NESTING_MAX} deep.");
            return Err(self.error("Nesting too deep", &detail, self.at, self.at + 1));
        }
        self.depth += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn keyword(&mut self) -> Parsed<JsonValue> {
        let rest = &self.text[self.at..];
        let length = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let (start, word) = (self.at, &rest[..length]);
        self.at += length;
        let span = self.span(start, self.at);
        match word {
            "true" => Ok(JsonValue::Bool(true, span)),
            "false" => Ok(JsonValue::Bool(false, span)),
            "null" => Ok(JsonValue::Null(span)),
            _ => Err(self.error(
                "Invalid JSON keyword",
                &format!("\"{word}\" is not a valid JSON keyword."),
                start,
                self.at,
            )),
        }
    }

    fn number(&mut self) -> Parsed<JsonValue> {
        let rest = &self.text[self.at..];
        let length = rest.find(|c: char| !(c.is_ascii_digit() || "+-.eE".contains(c))).unwrap_or(rest.len());
        let (start, digits) = (self.at, &rest[..length]);
        self.at += length;
        if serde_json::from_str::<&serde_json::value::RawValue>(digits).is_err() {
            return Err(self.error(
                "Invalid JSON number",
                "There is a syntax error in this JSON number.",
                start,
                self.at,
            ));
        }
        Ok(JsonValue::Number(Text::from(digits), self.span(start, self.at)))
    }

    fn string(&mut self) -> Parsed<JsonString> {
        let start = self.at;
        let mut end = start + 1;
        let bytes = self.text.as_bytes();
        loop {
            match bytes.get(end) {
                Some(b'"') => break,
                Some(b'\\') => end += 2,
                Some(b'\n') | None => {
                    return Err(self.error(
                        "Unterminated string",
                        "There is no closing quote for this string.",
                        start,
                        end,
                    ));
                }
                Some(_) => end += 1,
            }
        }
        end += 1;
        self.at = end;
        let written = &self.text[start..end];
        match serde_json::from_str::<String>(written) {
            Ok(text) => {
                Ok(JsonString { text: text.into(), span: self.span(start, end), escapes: escapes(written) })
            }
            Err(_) => Err(self.error(
                "Invalid JSON string",
                "There is an invalid escape sequence or control character in this string.",
                start,
                end,
            )),
        }
    }

    fn array(&mut self) -> Parsed<JsonValue> {
        let start = self.at;
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.skip_space();
            if self.peek() == Some(b']') {
                if !items.is_empty() {
                    return Err(self.error(
                        "Trailing comma in array",
                        "JSON does not permit a trailing comma after the final value in an array.",
                        self.at,
                        self.at + 1,
                    ));
                }
                self.at += 1;
                return Ok(JsonValue::Array(items, self.span(start, self.at)));
            }
            items.push(self.value()?);
            self.skip_space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(JsonValue::Array(items, self.span(start, self.at)));
                }
                Some(_) => {
                    return Err(self.error(
                        "Missing attribute separator",
                        "Expected a comma to mark the beginning of the next item.",
                        self.at,
                        self.at + 1,
                    ));
                }
                None => {
                    return Err(self.error(
                        "Unclosed array",
                        "No closing bracket was found for this JSON array.",
                        start,
                        start + 1,
                    ));
                }
            }
        }
    }

    fn object(&mut self) -> Parsed<JsonValue> {
        let start = self.at;
        self.at += 1;
        let mut properties: Vec<JsonProperty> = Vec::new();
        let mut comma: Option<usize> = None;
        loop {
            self.skip_space();
            match (self.peek(), comma) {
                (Some(b'}'), None) => break,
                (Some(b'}'), Some(at)) => {
                    return Err(self.error(
                        "Trailing comma in object",
                        "JSON does not permit a trailing comma after the final property in an object.",
                        at,
                        at + 1,
                    ));
                }
                (Some(b'"'), _) => properties.push(self.property()?),
                (Some(_), _) => {
                    return Err(self.error(
                        "Invalid object property name",
                        "A JSON object property name must be a string in double quotes.",
                        self.at,
                        self.at + 1,
                    ));
                }
                (None, _) => return Err(self.unclosed_object(start)),
            }
            self.skip_space();
            match self.peek() {
                Some(b',') => {
                    comma = Some(self.at);
                    self.at += 1;
                }
                Some(b'}') => break,
                Some(_) => {
                    return Err(self.error(
                        "Missing attribute separator",
                        "A comma is required to separate the properties of a JSON object.",
                        self.at,
                        self.at + 1,
                    ));
                }
                None => return Err(self.unclosed_object(start)),
            }
        }
        self.at += 1;
        Ok(JsonValue::Object(JsonObject { properties, span: self.span(start, self.at) }))
    }

    fn unclosed_object(&self, start: usize) -> Box<Diagnostic> {
        self.error("Unclosed object", "No closing brace was found for this JSON object.", start, start + 1)
    }

    fn property(&mut self) -> Parsed<JsonProperty> {
        let name = self.string()?;
        self.skip_space();
        if self.peek() != Some(b':') {
            let detail = "A colon is required between a JSON property's name and its value.";
            return Err(self.error("Missing property value", detail, self.at, self.at + 1));
        }
        self.at += 1;
        let value = self.value()?;
        Ok(JsonProperty { name: Name { text: name.text, span: name.span }, value })
    }
}

/// For each escape of a quoted string: the byte of the text behind it, and how much longer the source is up to there.
fn escapes(written: &str) -> Vec<(u32, u32)> {
    let mut found = Vec::new();
    let (mut at, mut shorter) = (1, 0);
    let bytes = written.as_bytes();
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    while at + 1 < bytes.len() {
        if bytes[at] != b'\\' {
            at += 1;
            continue;
        }
        let mut length = if bytes[at + 1] == b'u' { 6 } else { 2 };
        let high = written
            .get(at + 2..at + 4)
            .is_some_and(|h| matches!(h.to_ascii_lowercase().as_str(), "d8" | "d9" | "da" | "db"));
        if length == 6 && high {
            length = 12;
        }
        let Some(text) = written.get(at..at + length) else { break };
        let meaning: String = serde_json::from_str(&format!("\"{text}\"")).unwrap_or_default();
        shorter += length - meaning.len();
        at += length;
        found.push((number(at - 1 - shorter), number(shorter)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;

    #[test]
    fn places_are_kept_and_errors_say_where() {
        let mut sources = Sources::default();
        let id = sources.add("a.tf.json", "");
        let (value, errors) = parse(id, r#"{"a": [1, "x\u0041y"]}"#);
        assert!(errors.is_empty());
        let Some(JsonValue::Object(object)) = value else { panic!("an object") };
        assert_eq!(object.properties[0].value.span().range(), 6..21);
        let (_, errors) = parse(id, r#"{"a": 1,}"#);
        assert_eq!(errors[0].summary, "Trailing comma in object");
    }
}
