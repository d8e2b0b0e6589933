//! YAML, read and written as Terraform does.
//!
//! Invariant: strings and keys are quoted, keys are sorted, lines of quoted text break behind column 80, and several lines stand as a block.
//! Rule: libyaml's emitter, which decides where lines break and what is escaped. A value that was written elsewhere is the same to the byte here.

use std::fmt::Write as _;

use serde_saphyr::options::DuplicateKeyPolicy;

use super::call::FunctionError;
use crate::json;
use crate::value::{Content, Value};

/// The value of a document. The last of several values of a key counts, as in every YAML library that Terraform's users know.
pub(super) fn read(source: &str) -> Result<Value, FunctionError> {
    if source.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
        return Err(FunctionError::whole("on line 1, column 1: missing start of document"));
    }
    let options = serde_saphyr::options! { duplicate_keys: DuplicateKeyPolicy::LastWins };
    let json: serde_json::Value = serde_saphyr::from_str_with_options(source, options).map_err(|error| {
        let reason = error.to_string();
        FunctionError::whole(reason.lines().next().unwrap_or("invalid YAML").to_owned())
    })?;
    json::read(&json.to_string()).map_err(FunctionError::whole)
}

/// The document of a known value.
pub(super) fn write(value: &Value) -> String {
    let mut writer = Writer { out: String::new() };
    writer.value(value, None);
    if !writer.out.ends_with('\n') {
        writer.out.push('\n');
    }
    // A plain scalar alone could go on in the next line: the document has to be ended.
    if matches!(value.content(), Content::Bool(_) | Content::Number(_) | Content::Null(_)) {
        writer.out.push_str("...\n");
    }
    writer.out
}

/// The column behind which a line of quoted text breaks at a space.
const WIDTH: usize = 80;

/// The most bytes of a key that stands before its colon on one line.
const SIMPLE_KEY_MAX: usize = 128;

/// How far what is inside of something is indented.
const STEP: usize = 2;

struct Writer {
    out: String,
}

impl Writer {
    /// A value inside of a collection that starts in a column; `None` at the top.
    fn value(&mut self, value: &Value, around: Option<usize>) {
        let inside = around.map_or(0, |around| around + STEP);
        match value.content() {
            Content::List(_, items) | Content::Set(_, items) | Content::Tuple(items) if items.is_empty() => {
                self.out.push_str("[]");
            }
            Content::Map(_, items) | Content::Object(items) if items.is_empty() => self.out.push_str("{}"),
            Content::List(_, items) | Content::Set(_, items) | Content::Tuple(items) => {
                self.sequence(items, inside);
            }
            Content::Map(_, items) | Content::Object(items) => {
                self.mapping(items.iter().map(|(name, item)| (&**name, item)), inside);
            }
            Content::String(text) => self.text(text, around.unwrap_or(0) + STEP),
            Content::Null(_) | Content::Unknown(..) | Content::Bool(_) | Content::Number(_) => {
                self.out.push_str(&json::write(value));
            }
        }
    }

    fn sequence(&mut self, items: &[Value], indent: usize) {
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                self.line(indent);
            }
            self.out.push_str("- ");
            self.value(item, Some(indent));
        }
    }

    fn mapping<'a>(&mut self, items: impl Iterator<Item = (&'a str, &'a Value)>, indent: usize) {
        for (at, (name, item)) in items.enumerate() {
            if at > 0 {
                self.line(indent);
            }
            if name.len() > SIMPLE_KEY_MAX || name.contains('\n') {
                self.out.push_str("? ");
                self.text(name, indent + STEP);
                self.line(indent);
                self.out.push_str(": ");
                self.value(item, Some(indent));
                continue;
            }
            self.quoted(name, None);
            self.out.push(':');
            self.member(item, indent);
        }
    }

    /// What stands behind a colon: a collection in lines of its own, of which a sequence needs no indentation.
    fn member(&mut self, item: &Value, indent: usize) {
        let filled = item.elements().next().is_some();
        match item.as_slice().filter(|_| filled) {
            Some(items) => {
                self.line(indent);
                self.sequence(items, indent);
            }
            None if filled => {
                self.line(indent + STEP);
                self.value(item, Some(indent));
            }
            None => {
                self.out.push(' ');
                self.value(item, Some(indent));
            }
        }
    }

    /// Starts a line, unless one has just been started.
    fn line(&mut self, indent: usize) {
        if !self.out.ends_with('\n') {
            self.out.push('\n');
        }
        self.indent(indent);
    }

    fn indent(&mut self, indent: usize) {
        self.out.extend(std::iter::repeat_n(' ', indent));
    }

    fn text(&mut self, text: &str, indent: usize) {
        if text.contains('\n') && may_be_block(text) {
            self.block(text, indent)
        } else {
            self.quoted(text, Some(indent))
        }
    }

    /// Lines below a `|`. A sign says how many line breaks end it: none `-`, more than one `+`.
    fn block(&mut self, text: &str, indent: usize) {
        let hint = if text.starts_with([' ', '\n']) { "2" } else { "" };
        let chomp = match text.strip_suffix('\n') {
            None => "-",
            Some(before) if before.is_empty() || before.ends_with('\n') => "+",
            Some(_) => "",
        };
        let _infallible = writeln!(self.out, "|{hint}{chomp}");
        for line in text.split_inclusive('\n') {
            if line != "\n" {
                self.indent(indent);
            }
            self.out.push_str(line);
        }
    }

    /// Text between quotes. Where lines may break, the next one is indented.
    fn quoted(&mut self, text: &str, breaks: Option<usize>) {
        let start = self.out.rfind('\n').map_or(0, |at| at + 1);
        let mut column = self.out[start..].chars().count() + 1;
        self.out.push('"');
        let mut after_space = false;
        let mut letters = text.char_indices().peekable();
        while let Some((at, c)) = letters.next() {
            let inner = at > 0 && letters.peek().is_some();
            match breaks.filter(|_| c == ' ' && inner && !after_space && column > WIDTH) {
                Some(indent) => {
                    self.out.push('\n');
                    self.indent(indent);
                    column = indent;
                    if letters.peek().is_some_and(|(_, next)| *next == ' ') {
                        self.out.push('\\');
                        column += 1;
                    }
                }
                None => column += self.letter(c),
            }
            after_space = c == ' ';
        }
        self.out.push('"');
    }

    /// One letter between quotes; how many columns it takes.
    fn letter(&mut self, c: char) -> usize {
        let before = self.out.len();
        let code = u32::from(c);
        let _infallible = match (short_escape(c), is_printable(c)) {
            (Some(short), _) => write!(self.out, "\\{short}"),
            (None, true) => {
                self.out.push(c);
                return 1;
            }
            (None, false) if code <= 0xff => write!(self.out, "\\x{code:02X}"),
            (None, false) if code <= 0xffff => write!(self.out, "\\u{code:04X}"),
            (None, false) => write!(self.out, "\\U{code:08X}"),
        };
        self.out.len() - before
    }
}

fn short_escape(c: char) -> Option<char> {
    Some(match c {
        '\0' => '0',
        '\u{7}' => 'a',
        '\u{8}' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\u{b}' => 'v',
        '\u{c}' => 'f',
        '\r' => 'r',
        '\u{1b}' => 'e',
        '"' => '"',
        '\\' => '\\',
        '\u{85}' => 'N',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        _ => return None,
    })
}

/// What the emitter writes as it is: nothing beyond the basic plane.
fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}') && c != '\u{feff}'
}

/// A block shows spaces at the end of a line to nobody, and cannot escape anything.
fn may_be_block(text: &str) -> bool {
    text.chars().all(is_printable)
        && !text.contains(['\u{2028}', '\u{2029}'])
        && !text.contains(" \n")
        && !text.ends_with(' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(value: impl Into<Value>) -> String {
        write(&value.into())
    }

    #[test]
    fn several_lines_are_a_block() {
        for (text, yaml) in [
            ("a\nb", "|-\n  a\n  b\n"),
            ("a\n\n  b\n", "|\n  a\n\n    b\n"),
            ("a\n\n", "|+\n  a\n\n"),
            (" a\nb\n", "|2\n   a\n  b\n"),
            ("a \nb", "\"a \\nb\"\n"),
            ("a\tb\nc", "\"a\\tb\\nc\"\n"),
        ] {
            assert_eq!(written(Value::string(text)), yaml);
        }
        let nested = Value::object([(
            "a",
            Value::tuple([Value::string("x\ny"), Value::object([("k", Value::string("p\nq\n"))])]),
        )]);
        assert_eq!(written(nested), "\"a\":\n- |-\n  x\n  y\n- \"k\": |\n    p\n    q\n");
    }

    #[test]
    fn quoted_text_breaks_behind_column_80() {
        let words = ["aaaaaaaaa"; 10].join(" ");
        let first = ["aaaaaaaaa"; 9].join(" ");
        assert_eq!(written(Value::string(&words)), format!("\"{first}\n  aaaaaaaaa\"\n"));
        let unbroken = "a".repeat(200);
        assert_eq!(written(Value::string(&unbroken)), format!("\"{unbroken}\"\n"));
    }

    #[test]
    fn what_is_not_printed_is_escaped() {
        assert_eq!(
            written(Value::string("a\0\u{7}\u{85}\u{a0}\u{1}😀é")),
            "\"a\\0\\a\\N\u{a0}\\x01\\U0001F600é\"\n"
        );
    }

    #[test]
    fn a_long_key_has_a_line_of_its_own() {
        let key = "k".repeat(129);
        assert_eq!(written(Value::object([(&*key, 1.into())])), format!("? \"{key}\"\n: 1\n"));
    }
}
