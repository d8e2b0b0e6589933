//! JSON text that keeps the order of its members and every digit of its numbers.
//!
//! Never: a number is taken apart; numbers are the text that they are written with.

use aksel_lang::json::quoted;

/// A piece of JSON.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// Text that is JSON already.
    Raw(String),
    /// An array.
    Array(Vec<Json>),
    /// An object; members in this order.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// `null`.
    pub fn null() -> Json {
        Json::Raw("null".into())
    }

    /// An object without members yet.
    pub fn object() -> Json {
        Json::Object(Vec::new())
    }

    /// The object with one more member.
    pub fn with(mut self, name: &str, value: impl Into<Json>) -> Json {
        if let Json::Object(members) = &mut self {
            members.push((name.to_owned(), value.into()));
        }
        self
    }

    /// The object with one more member, if there is a value for it.
    pub fn with_some(self, name: &str, value: Option<impl Into<Json>>) -> Json {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        match self {
            Json::Raw(text) => text == "null" || text == "false",
            Json::Array(items) => items.is_empty(),
            Json::Object(members) => members.is_empty(),
        }
    }

    /// The text on one line.
    pub fn compact(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, None);
        out
    }

    /// The text with two blanks of indentation.
    pub fn indented(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, Some(0));
        out
    }

    fn write(&self, out: &mut String, indent: Option<usize>) {
        match self {
            Json::Raw(text) => out.push_str(text),
            Json::Array(items) if items.is_empty() => out.push_str("[]"),
            Json::Object(members) if members.is_empty() => out.push_str("{}"),
            Json::Array(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    separate(out, at, indent);
                    item.write(out, indent.map(|depth| depth + 1));
                }
                line_break(out, indent);
                out.push(']');
            }
            Json::Object(members) => {
                out.push('{');
                for (at, (name, value)) in members.iter().enumerate() {
                    separate(out, at, indent);
                    out.push_str(&quoted(name));
                    out.push_str(if indent.is_some() { ": " } else { ":" });
                    value.write(out, indent.map(|depth| depth + 1));
                }
                line_break(out, indent);
                out.push('}');
            }
        }
    }
}

fn separate(out: &mut String, at: usize, indent: Option<usize>) {
    if at > 0 {
        out.push(',');
    }
    line_break(out, indent.map(|depth| depth + 1));
}

fn line_break(out: &mut String, indent: Option<usize>) {
    if let Some(depth) = indent {
        out.push('\n');
        out.push_str(&"  ".repeat(depth));
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Json {
        Json::Raw(quoted(text))
    }
}

impl From<String> for Json {
    fn from(text: String) -> Json {
        Json::Raw(quoted(&text))
    }
}

impl From<bool> for Json {
    fn from(truth: bool) -> Json {
        Json::Raw(truth.to_string())
    }
}

impl From<u64> for Json {
    fn from(number: u64) -> Json {
        Json::Raw(number.to_string())
    }
}

impl From<usize> for Json {
    fn from(number: usize) -> Json {
        Json::Raw(number.to_string())
    }
}

impl From<serde_json::Value> for Json {
    fn from(value: serde_json::Value) -> Json {
        Json::Raw(value.to_string())
    }
}

impl From<Vec<Json>> for Json {
    fn from(items: Vec<Json>) -> Json {
        Json::Array(items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_keep_their_order_and_numbers_their_digits() {
        let json = Json::object().with("b", Json::Raw("1e400".into())).with("a", vec![Json::from("x<")]);
        assert_eq!(json.compact(), r#"{"b":1e400,"a":["x\u003c"]}"#);
        assert_eq!(json.indented(), "{\n  \"b\": 1e400,\n  \"a\": [\n    \"x\\u003c\"\n  ]\n}");
    }
}
