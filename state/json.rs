//! JSON kept as text, so that no digit of a number is lost between reading and writing.
//!
//! Invariant: a `RawJson` is valid JSON without blanks between its tokens.
//! Never: `Debug` shows the text; it may hold secrets.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// One JSON value as text; cheap to clone.
#[derive(Clone)]
pub struct RawJson(Arc<RawValue>);

impl RawJson {
    /// Takes a text as JSON.
    ///
    /// # Errors
    /// When it is not exactly one JSON value.
    pub fn parse(text: &str) -> Result<RawJson, serde_json::Error> {
        // Checked before it is laid out, since laying out trusts the text.
        serde_json::from_str::<&RawValue>(text)?;
        RawValue::from_string(laid_out(text, Layout::Compact)).map(|raw| RawJson(raw.into()))
    }

    /// The text, without blanks between tokens.
    pub fn as_str(&self) -> &str {
        self.0.get()
    }
}

impl From<&serde_json::Value> for RawJson {
    fn from(value: &serde_json::Value) -> RawJson {
        let raw = RawValue::from_string(value.to_string()).expect("a JSON value prints as valid JSON");
        RawJson(raw.into())
    }
}

impl PartialEq for RawJson {
    fn eq(&self, other: &RawJson) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for RawJson {}

impl fmt::Debug for RawJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawJson({} bytes)", self.as_str().len())
    }
}

impl Serialize for RawJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for RawJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<RawJson, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let compact = RawValue::from_string(laid_out(raw.get(), Layout::Compact));
        compact.map(|raw| RawJson(raw.into())).map_err(serde::de::Error::custom)
    }
}

/// How JSON text is laid out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// No blanks between tokens.
    Compact,
    /// As Go's encoder indents by two blanks and escapes, which is how Terraform writes files.
    Indented,
}

/// Lays valid JSON text out anew. Numbers and escapes stay as they are written.
pub(crate) fn laid_out(text: &str, layout: Layout) -> String {
    let mut writer = Writer { out: String::with_capacity(text.len() * 2), depth: 0, layout, opened: false };
    let mut rest = text;
    while let Some(first) = rest.bytes().next() {
        let length = match first {
            b'"' => string_length(rest),
            b' ' | b'\n' | b'\r' | b'\t' | b'{' | b'}' | b'[' | b']' | b',' | b':' => 1,
            _ => rest.find([',', '}', ']', ' ', '\n', '\r', '\t', ':']).unwrap_or(rest.len()),
        };
        writer.token(&rest[..length]);
        rest = &rest[length..];
    }
    writer.out
}

/// The bytes of the string literal with which the text begins, quotes included.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

struct Writer {
    out: String,
    depth: usize,
    layout: Layout,
    /// Whether a bracket has just been opened: its line break comes with the first element.
    opened: bool,
}

impl Writer {
    fn token(&mut self, token: &str) {
        match token {
            " " | "\n" | "\r" | "\t" => {}
            "{" | "[" => {
                self.before_element();
                self.out.push_str(token);
                self.depth += 1;
                self.opened = true;
            }
            "}" | "]" => {
                self.depth = self.depth.saturating_sub(1);
                if !std::mem::take(&mut self.opened) {
                    self.line_break();
                }
                self.out.push_str(token);
            }
            "," => {
                self.out.push(',');
                self.line_break();
            }
            ":" => self.out.push_str(if self.layout == Layout::Indented { ": " } else { ":" }),
            word => {
                self.before_element();
                self.word(word);
            }
        }
    }

    fn before_element(&mut self) {
        if std::mem::take(&mut self.opened) {
            self.line_break();
        }
    }

    fn line_break(&mut self) {
        if self.layout == Layout::Indented {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n("  ", self.depth));
        }
    }

    /// Go writes what HTML or JavaScript could misread as an escape.
    fn word(&mut self, word: &str) {
        if self.layout == Layout::Compact || !word.contains(['<', '>', '&', '\u{2028}', '\u{2029}']) {
            return self.out.push_str(word);
        }
        for c in word.chars() {
            match c {
                '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                    self.out.push_str(&format!("\\u{:04x}", u32::from(c)));
                }
                c => self.out.push(c),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_and_escapes_survive_any_layout() {
        let text = r#"{ "a" : [ 12345678901234567890.10, 1E+5, "\u00e9\"]<" ], "b":{ }, "c":[ ] }"#;
        let compact = laid_out(text, Layout::Compact);
        assert_eq!(compact, r#"{"a":[12345678901234567890.10,1E+5,"\u00e9\"]<"],"b":{},"c":[]}"#);
        assert_eq!(
            laid_out(&compact, Layout::Indented),
            "{\n  \"a\": [\n    12345678901234567890.10,\n    1E+5,\n    \"\\u00e9\\\"]\\u003c\"\n  ],\n  \"b\": {},\n  \"c\": []\n}"
        );
    }

    #[test]
    fn debug_hides_the_text() {
        assert_eq!(format!("{:?}", RawJson::parse(r#""hunter2""#).unwrap()), "RawJson(9 bytes)");
    }
}
