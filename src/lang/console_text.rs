//! Values as `console` and `output` print them: as they would be written, conversions included.
//!
//! Never: a sensitive value is written.

use crate::address::quoted;
use crate::value::{Content, Marks, Value};

/// The value as text, over several lines where it has elements.
pub fn render(value: &Value) -> String {
    let mut out = String::new();
    write(value, 0, &mut out);
    out
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

fn null(ty: &crate::types::Type) -> String {
    use crate::types::Type;
    match ty {
        Type::Dynamic => "null".into(),
        Type::Bool => "tobool(null)".into(),
        Type::Number => "tonumber(null)".into(),
        Type::String => "tostring(null)".into(),
        Type::List(_) | Type::Set(_) | Type::Map(_) | Type::Tuple(_) | Type::Object(_) => {
            format!("null /* {} */", ty.friendly_name())
        }
    }
}

/// A text of several lines is a heredoc.
fn string(text: &str, indent: usize) -> String {
    let lines: Vec<&str> = text.split('\n').collect();
    if lines.len() < 2 {
        return quoted(text);
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
        out.push_str(&format!("{} = ", quoted(name)));
        write(item, indent + 2, out);
        out.push('\n');
    }
    out.push_str(&" ".repeat(indent));
    out.push_str(close);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Type;

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
