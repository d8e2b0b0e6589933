//! Values as `console` and `output` print them: as they would be written, conversions included.
//!
//! Never: a sensitive value is written.

use crate::types::Type;
use crate::value::{Content, Marks, Value};

/// The value as text, over several lines where it has elements.
pub fn render(value: &Value) -> String {
    let mut out = String::new();
    write(value, 0, &mut out);
    out
}

/// The type as `type()` in the console shows it: over several lines where it has parts that are not simple.
pub fn render_type(ty: &Type) -> String {
    let mut out = String::new();
    write_type(ty, 0, &mut out);
    out
}

fn write_type(ty: &Type, indent: usize, out: &mut String) {
    let mut several = |open: &str, lines: Vec<(String, &Type)>, close: &str| {
        out.push_str(open);
        if !lines.is_empty() {
            out.push('\n');
        }
        for (name, ty) in &lines {
            out.push_str(&format!("{}{name}", " ".repeat(indent + 4)));
            write_type(ty, indent + 4, out);
            out.push_str(",\n");
        }
        if !lines.is_empty() {
            out.push_str(&" ".repeat(indent));
        }
        out.push_str(close);
    };
    let simple = |element: &Type| element.is_primitive() || *element == Type::Dynamic;
    match ty {
        Type::Dynamic | Type::Bool | Type::Number | Type::String => out.push_str(&ty.friendly_name()),
        Type::List(element) | Type::Set(element) | Type::Map(element) => {
            let kind = match ty {
                Type::List(_) => "list",
                Type::Set(_) => "set",
                _ => "map",
            };
            match simple(element) {
                true => out.push_str(&format!("{kind}({})", element.friendly_name())),
                false => several(&format!("{kind}("), vec![(String::new(), element)], ")"),
            }
        }
        Type::Tuple(elements) => {
            several("tuple([", elements.iter().map(|ty| (String::new(), ty)).collect(), "])");
        }
        Type::Object(object) => {
            let lines = object.attributes.iter().map(|(name, ty)| (format!("{name}: "), ty)).collect();
            several("object({", lines, "})");
        }
    }
}

fn write(value: &Value, indent: usize, out: &mut String) {
    if value.marks().contains(Marks::SENSITIVE) {
        return out.push_str("(sensitive value)");
    }
    if value.marks().contains(Marks::EPHEMERAL) {
        return out.push_str("(ephemeral value)");
    }
    match value.content() {
        Content::Null(ty) => out.push_str(&null(ty)),
        Content::Unknown(..) => out.push_str("(known after apply)"),
        Content::Bool(truth) => out.push_str(&truth.to_string()),
        Content::Number(number) => out.push_str(&number.to_string()),
        Content::String(text) => out.push_str(&string(text, indent)),
        Content::List(_, items) => sequence("tolist([", items, "])", indent, out),
        Content::Set(_, items) => sequence("toset([", items, "])", indent, out),
        Content::Tuple(items) => sequence("[", items, "]", indent, out),
        Content::Map(_, items) => members("tomap({", items, "})", indent, out),
        Content::Object(items) => members("{", items, "}", indent, out),
    }
}

fn null(ty: &Type) -> String {
    match ty {
        Type::Dynamic => "null".into(),
        Type::Bool => "tobool(null)".into(),
        Type::Number => "tonumber(null)".into(),
        Type::String => "tostring(null)".into(),
        Type::List(element) => format!("tolist(null) /* of {} */", element.friendly_name()),
        Type::Set(element) => format!("toset(null) /* of {} */", element.friendly_name()),
        Type::Map(element) => format!("tomap(null) /* of {} */", element.friendly_name()),
        Type::Tuple(_) | Type::Object(_) => format!("null /* {} */", ty.friendly_name()),
    }
}

/// A text in quotes; what cannot be seen is escaped, and a `${` is left as it is: this is shown, not read back.
fn plainly_quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            c if u32::from(c) < 0x20 || c == '\u{7f}' => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            c if is_visible(c) => out.push(c),
            c if u32::from(c) > 0xffff => out.push_str(&format!("\\U{:08x}", u32::from(c))),
            c => out.push_str(&format!("\\u{:04x}", u32::from(c))),
        }
    }
    out.push('"');
    out
}

/// Whether a character shows as itself: neither control, format nor private use, nor a space other than the plain one.
fn is_visible(c: char) -> bool {
    let format = matches!(c,
        '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e000}'..='\u{f8ff}');
    c == ' ' || !(c.is_control() || c.is_whitespace() || format)
}

/// A text of several lines is a heredoc.
fn string(text: &str, indent: usize) -> String {
    let lines: Vec<&str> = text.split('\n').collect();
    if lines.len() < 2 {
        return plainly_quoted(text);
    }
    let marker = (0..).map(|n| format!("EOT{}", "_".repeat(n))).find(|marker| !lines.contains(&&**marker));
    let marker = marker.unwrap_or_else(|| "EOT".into());
    let pad = " ".repeat(indent);
    let body: String = lines.iter().map(|line| format!("{pad}{line}\n")).collect();
    let dash = if indent > 0 { "-" } else { "" };
    format!("<<{dash}{marker}\n{body}{pad}{marker}")
}

fn sequence(open: &str, items: &[Value], close: &str, indent: usize, out: &mut String) {
    out.push_str(open);
    if items.is_empty() {
        return out.push_str(close);
    }
    out.push('\n');
    for item in items {
        out.push_str(&" ".repeat(indent + 2));
        write(item, indent + 2, out);
        out.push_str(",\n");
    }
    out.push_str(&" ".repeat(indent));
    out.push_str(close);
}

fn members(
    open: &str,
    items: &std::collections::BTreeMap<crate::types::Text, Value>,
    close: &str,
    indent: usize,
    out: &mut String,
) {
    out.push_str(open);
    if items.is_empty() {
        return out.push_str(close);
    }
    out.push('\n');
    for (name, item) in items {
        out.push_str(&" ".repeat(indent + 2));
        out.push_str(&format!("{} = ", plainly_quoted(name)));
        write(item, indent + 2, out);
        out.push('\n');
    }
    out.push_str(&" ".repeat(indent));
    out.push_str(close);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_escaped() {
        let shown = render(&Value::string("é\0\u{200b}\t${x} \"q\" \\ \u{1b}"));
        assert_eq!(shown, r#""é\x00\u200b\t${x} \"q\" \\ \x1b""#);
        assert_eq!(render(&Value::null(Type::list(Type::Dynamic))), "tolist(null) /* of dynamic */");
    }

    #[test]
    fn types_stand_on_several_lines_where_they_have_parts() {
        let inner = Type::object([("b", Type::Number)]);
        let ty = Type::object([
            ("a", Type::list(inner)),
            ("t", Type::tuple([Type::Bool])),
            ("s", Type::set(Type::String)),
        ]);
        insta::assert_snapshot!(render_type(&ty), @r"
        object({
            a: list(
                object({
                    b: number,
                }),
            ),
            s: set(string),
            t: tuple([
                bool,
            ]),
        })
        ");
    }

    #[test]
    fn values_are_written_as_they_could_be_typed() {
        let list = Value::list(Type::Number, [Value::from(1)]);
        let value = Value::object([
            ("a", list),
            ("key", Value::string("x").sensitive()),
            ("n", Value::null(Type::Dynamic)),
        ]);
        insta::assert_snapshot!(render(&value), @r#"
        {
          "a" = tolist([
            1,
          ])
          "key" = (sensitive value)
          "n" = null
        }
        "#);
    }
}
