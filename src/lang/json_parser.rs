//! A JSON parser that keeps places, for configuration in JSON syntax.
//!
//! Invariant: what is not understood is an invalid value, and is reported; parsing goes on behind it.
//! Invariant: nesting deeper than `NESTING_MAX` is an error, not an overflow, and the only one then.
//! Never: a value is interpreted.
//!
//! Source: <https://github.com/hashicorp/hcl/blob/main/json/parser.go>, also for where parsing goes on.

use std::ops::Range;

use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::json_escapes::unquote;
use crate::json_scanner::{Kind, Scanner, Word};
use crate::source::{SourceId, Span};
use crate::syntax::{JsonObject, JsonProperty, JsonString, JsonValue, Name};
use crate::types::Text;

/// How deep objects and arrays may be nested.
const NESTING_MAX: usize = 250;

/// Parses a text that is one JSON value.
pub(crate) fn parse(source: SourceId, text: &str) -> (JsonValue, Diagnostics) {
    let words = Scanner::new(text);
    let mut parser = Parser { source, text, words, depth: 0, too_deep: None, diagnostics: Vec::new() };
    let value = parser.value();
    if let Some(only) = parser.too_deep {
        return (value, vec![*only]);
    }
    if parser.diagnostics.is_empty() && parser.words.peek().kind != Kind::End {
        let at = parser.words.peek().range.clone();
        parser.report("Extraneous data after value", "Extra characters appear after the JSON value.", at);
    }
    (value, parser.diagnostics)
}

struct Parser<'a> {
    source: SourceId,
    text: &'a str,
    words: Scanner<'a>,
    depth: usize,
    too_deep: Option<Box<Diagnostic>>,
    diagnostics: Diagnostics,
}

/// What is wrong with an object or an array, and where; the value is invalid then.
struct Wrong {
    summary: &'static str,
    detail: &'static str,
    at: Range<usize>,
}

impl Parser<'_> {
    fn span(&self, at: &Range<usize>) -> Span {
        Span::new(self.source, at.start, at.end)
    }

    fn report(&mut self, summary: &str, detail: &str, at: Range<usize>) {
        let error = Diagnostic::error(Code::JsonSyntax, summary).detail(detail).at(self.span(&at));
        self.diagnostics.push(error);
    }

    fn value(&mut self) -> JsonValue {
        let Word { kind, range } = self.words.peek().clone();
        let start = "A JSON value starts with a brace, a bracket, a quote, a number, or a keyword.";
        let (summary, detail) = match kind {
            Kind::OpenBrace => return self.nested(Self::object),
            Kind::OpenBracket => return self.nested(Self::array),
            Kind::Number => return self.number(),
            Kind::Text => return self.string(),
            Kind::Keyword => return self.keyword(),
            Kind::CloseBrace => ("Missing JSON value", start),
            Kind::CloseBracket => ("Missing array element value", start),
            Kind::End => ("Missing value", "The JSON data ends prematurely."),
            Kind::Comma | Kind::Colon | Kind::Equals | Kind::Invalid => ("Invalid start of value", start),
        };
        let place = self.span(&range);
        self.report(summary, detail, range);
        JsonValue::Invalid(place)
    }

    fn nested(&mut self, read: fn(&mut Self, Word) -> Result<JsonValue, Wrong>) -> JsonValue {
        let open = self.words.read();
        let place = self.span(&open.range);
        if self.depth >= NESTING_MAX {
            let detail = format!("Objects and arrays may be nested at most {NESTING_MAX} deep.");
            let error = Diagnostic::error(Code::JsonSyntax, "Nesting too deep").detail(detail).at(place);
            self.too_deep.get_or_insert(Box::new(error));
            self.words.stop();
            return JsonValue::Invalid(place);
        }
        self.depth += 1;
        let value = read(self, open);
        self.depth -= 1;
        value.unwrap_or_else(|wrong| {
            self.report(wrong.summary, wrong.detail, wrong.at);
            JsonValue::Invalid(place)
        })
    }

    fn keyword(&mut self) -> JsonValue {
        let range = self.words.read().range;
        let (word, span) = (&self.text[range.clone()], self.span(&range));
        match word {
            "true" => JsonValue::Bool(true, span),
            "false" => JsonValue::Bool(false, span),
            "null" => JsonValue::Null(span),
            _ => {
                let detail = format!("\"{word}\" is not a valid JSON keyword.");
                self.report("Invalid JSON keyword", &detail, range);
                JsonValue::Invalid(span)
            }
        }
    }

    fn number(&mut self) -> JsonValue {
        let range = self.words.read().range;
        let (digits, span) = (&self.text[range.clone()], self.span(&range));
        if serde_json::from_str::<&serde_json::value::RawValue>(digits).is_err() {
            self.report("Invalid JSON number", "There is a syntax error in this JSON number.", range);
            return JsonValue::Invalid(span);
        }
        JsonValue::Number(Text::from(digits), span)
    }

    fn string(&mut self) -> JsonValue {
        let range = self.words.read().range;
        let span = self.span(&range);
        match unquote(&self.text[range.clone()]) {
            Ok((text, escapes)) => JsonValue::String(JsonString { text: text.into(), span, escapes }),
            Err(read) => {
                let at = self.text.ceil_char_boundary(range.start + read);
                // At the end of a line or of the text there is no character to point at.
                let end =
                    self.text[at..].chars().next().filter(|c| !c.is_control()).map_or(0, char::len_utf8);
                let detail = "There is an invalid escape sequence or control character in this string, or no quote ends it.";
                self.report("Invalid JSON string", detail, at..at + end);
                JsonValue::Invalid(span)
            }
        }
    }

    /// Skips to behind the next word of that kind that could close what was opened last.
    fn recover(&mut self, mut word: Word, open: Kind, close: Kind) {
        let mut opened = 1;
        loop {
            if word.kind == open {
                opened += 1;
            } else if word.kind == close {
                opened -= 1;
                if opened <= 1 {
                    return;
                }
            } else if word.kind == Kind::End {
                return;
            }
            word = self.words.read();
        }
    }

    fn recover_object(&mut self) -> Range<usize> {
        let word = self.words.read();
        self.recover(word, Kind::OpenBrace, Kind::CloseBrace);
        self.words.peek().range.clone()
    }

    fn recover_array(&mut self) -> Range<usize> {
        let word = self.words.read();
        self.recover(word, Kind::OpenBracket, Kind::CloseBracket);
        self.words.peek().range.clone()
    }

    fn array(&mut self, open: Word) -> Result<JsonValue, Wrong> {
        let mut items = Vec::new();
        while self.words.peek().kind != Kind::CloseBracket {
            items.push(self.value());
            let (summary, detail) = match self.words.peek().kind {
                Kind::CloseBracket => break,
                Kind::Comma => {
                    let at = self.words.read().range;
                    if self.words.peek().kind == Kind::CloseBracket {
                        let detail =
                            "JSON does not permit a trailing comma after the final value in an array.";
                        return Err(Wrong { summary: "Trailing comma in array", detail, at });
                    }
                    continue;
                }
                Kind::End => {
                    let detail = "No closing bracket was found for this JSON array.";
                    return Err(Wrong { summary: "Unclosed array", detail, at: open.range });
                }
                Kind::Colon => {
                    ("Invalid array value", "A colon is not used to introduce values in a JSON array.")
                }
                Kind::CloseBrace => {
                    ("Mismatched brackets", "A JSON array must be closed with a bracket, not a brace.")
                }
                Kind::OpenBrace
                | Kind::OpenBracket
                | Kind::Equals
                | Kind::Text
                | Kind::Number
                | Kind::Keyword
                | Kind::Invalid => {
                    ("Missing attribute separator", "A comma is required between the values of a JSON array.")
                }
            };
            return Err(Wrong { summary, detail, at: self.recover_array() });
        }
        let close = self.words.read();
        Ok(JsonValue::Array(items, self.span(&(open.range.start..close.range.end))))
    }

    fn object(&mut self, open: Word) -> Result<JsonValue, Wrong> {
        let mut properties = Vec::new();
        while self.words.peek().kind != Kind::CloseBrace {
            properties.push(self.property()?);
            match self.words.peek().kind {
                Kind::CloseBrace => break,
                Kind::Comma => {
                    let at = self.words.read().range;
                    if self.words.peek().kind == Kind::CloseBrace {
                        let detail =
                            "JSON does not permit a trailing comma after the final property in an object.";
                        return Err(Wrong { summary: "Trailing comma in object", detail, at });
                    }
                }
                Kind::End => {
                    let detail = "No closing brace was found for this JSON object.";
                    return Err(Wrong { summary: "Unclosed object", detail, at: open.range });
                }
                Kind::CloseBracket => {
                    self.words.read();
                    let detail = "A JSON object must be closed with a brace, not a bracket.";
                    let at = self.words.peek().range.clone();
                    return Err(Wrong { summary: "Mismatched braces", detail, at });
                }
                Kind::OpenBrace
                | Kind::OpenBracket
                | Kind::Colon
                | Kind::Equals
                | Kind::Text
                | Kind::Number
                | Kind::Keyword
                | Kind::Invalid => {
                    let detail = "A comma is required to separate the properties of a JSON object.";
                    let at = self.recover_object();
                    return Err(Wrong { summary: "Missing attribute separator", detail, at });
                }
            }
        }
        let close = self.words.read();
        let span = self.span(&(open.range.start..close.range.end));
        Ok(JsonValue::Object(JsonObject { properties, span }))
    }

    fn property(&mut self) -> Result<JsonProperty, Wrong> {
        let name = match self.value() {
            JsonValue::String(name) => Name { text: name.text, span: name.span },
            other => {
                let detail = "A JSON object property name must be a string in double quotes.";
                let at = other.start_span().range();
                return Err(Wrong { summary: "Invalid object property name", detail, at });
            }
        };
        let colon = self.words.read();
        if colon.kind == Kind::Colon {
            return Ok(JsonProperty { name, value: self.value() });
        }
        let at = colon.range.clone();
        let detail = "A colon is required between a JSON property's name and its value.";
        self.recover(colon, Kind::OpenBrace, Kind::CloseBrace);
        Err(Wrong { summary: "Missing property value", detail, at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;

    fn errors(text: &str) -> Vec<String> {
        let id = Sources::default().add("a.tf.json", "");
        let (_, errors) = parse(id, text);
        let said = |error: &Diagnostic| {
            let at = error.subject.as_ref().map(|label| label.span.range()).unwrap_or_default();
            format!("{at:?} {}", error.summary)
        };
        errors.iter().map(said).collect()
    }

    #[test]
    fn places_are_kept() {
        let id = Sources::default().add("a.tf.json", "");
        let (value, errors) = parse(id, r#"{"a": [1, "x\u0041y"]}"#);
        assert!(errors.is_empty());
        let JsonValue::Object(object) = value else { panic!("an object") };
        assert_eq!(object.properties[0].value.span().range(), 6..21);
    }

    #[test]
    fn parsing_goes_on_behind_an_error() {
        insta::assert_debug_snapshot!(errors(r#"{"a": tru, "b": [1,], "c": {"d" 1}, "e": .5}"#), @r#"
        [
            "6..9 Invalid JSON keyword",
            "18..19 Trailing comma in array",
            "20..21 Mismatched braces",
        ]
        "#);
        insta::assert_debug_snapshot!(errors(r#"{"a": {"b": "\q" "c"}}"#), @r#"
        [
            "15..16 Invalid JSON string",
            "21..22 Missing attribute separator",
        ]
        "#);
        insta::assert_debug_snapshot!(errors(r#"{"a": 1,}"#), @r#"
        [
            "7..8 Trailing comma in object",
        ]
        "#);
        insta::assert_debug_snapshot!(errors("{\"a\": \"x\n\"}"), @r#"
        [
            "8..8 Invalid JSON string",
            "11..11 Missing attribute separator",
        ]
        "#);
        insta::assert_debug_snapshot!(errors(r#"{"a": ["#), @r#"
        [
            "7..7 Missing value",
            "6..7 Unclosed array",
            "0..1 Unclosed object",
        ]
        "#);
    }

    #[test]
    fn too_deep_is_the_only_error() {
        insta::assert_debug_snapshot!(errors(&"[".repeat(100_000)), @r#"
        [
            "250..251 Nesting too deep",
        ]
        "#);
    }
}
