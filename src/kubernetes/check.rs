//! Checks of a configuration, as far as it is known, before anything is sent.
//!
//! Rule: <https://kubernetes.io/docs/concepts/overview/working-with-objects/names/> and `labels/`.
//!
//! Never: a check needs a cluster; what only the cluster can tell, it tells.

use aksel_lang::code::Code;
use aksel_lang::path::{Path, Step};
use aksel_lang::value::Value;
use aksel_provider::finding::Finding;

use crate::form;
use crate::kind::Kind;
use crate::row::{Form, Row, Shape};

/// What is wrong with a block.
pub fn check(kind: &Kind, config: &Value) -> Vec<Finding> {
    let (config, _) = config.unmark_deep();
    let mut checking = Checking { kind, found: Vec::new() };
    checking.members(kind.rows, &config, &Path::root());
    checking.metadata(&config);
    checking.found
}

struct Checking<'a> {
    kind: &'a Kind,
    found: Vec<Finding>,
}

impl Checking<'_> {
    fn refuse(&mut self, path: Path, summary: String, why: &str) {
        self.found.push(Finding::error(Code::InvalidValue, summary, why).at(path));
    }

    fn members(&mut self, rows: &[Row], value: &Value, place: &Path) {
        for row in rows {
            let Some(written) =
                value.attribute(row.name).filter(|value| value.is_known() && !value.is_null())
            else {
                continue;
            };
            let path = place.then(Step::Attribute(row.name.into()));
            match row.inner() {
                Some(inner) => {
                    for (at, block) in written.elements().enumerate() {
                        self.members(inner, block, &path.then(Step::Index(at)));
                    }
                }
                None => self.row(row, written, path),
            }
        }
    }

    fn row(&mut self, row: &Row, written: &Value, path: Path) {
        match row.shape {
            Shape::Text(form) => {
                if let Some(text) = written.as_str() {
                    self.form(form, row.name, text, path);
                }
            }
            Shape::Map(form) => {
                for (key, value) in written.as_named().into_iter().flatten() {
                    if let Some(text) = value.as_str() {
                        self.form(form, key, text, path.then(Step::Key(key.clone())));
                    }
                }
            }
            Shape::Flag
            | Shape::Number
            | Shape::Texts
            | Shape::TextSet
            | Shape::NumberSet
            | Shape::Numbers
            | Shape::Block(_)
            | Shape::Blocks(_)
            | Shape::BlockSet(_)
            | Shape::Inline(_) => {}
        }
    }

    fn form(&mut self, form: Form, name: &str, text: &str, path: Path) {
        let fits = match form {
            Form::Plain | Form::IntOrText | Form::Base64 => return,
            Form::Whole => text.is_empty() || text.parse::<i64>().is_ok(),
            Form::Octal => i64::from_str_radix(text, 8).is_ok(),
            Form::Quantity => form::is_quantity(text),
        };
        if fits {
            return;
        }
        let why = match form {
            Form::Whole => "A whole number is needed.",
            Form::Octal => "A file mode in octal digits is needed, such as `0644`.",
            Form::Plain | Form::IntOrText | Form::Base64 | Form::Quantity => {
                "A quantity is a number with a suffix such as `m`, `Ki`, `Mi`, `Gi`, `k`, `M` or `G`."
            }
        };
        self.refuse(path, format!("`{name}`: `{text}` is not understood"), why);
    }

    fn metadata(&mut self, config: &Value) {
        let Some(metadata) = config.attribute("metadata").and_then(|blocks| blocks.elements().next()) else {
            return;
        };
        let place = Path::attribute("metadata").then(Step::Index(0));
        let at = |name: &str| place.then(Step::Attribute(name.into()));
        let given = |name: &str| metadata.attribute(name).filter(|value| !value.is_null());
        let text = |name: &str| given(name).and_then(Value::as_str);
        if given("name").is_some() && given("generate_name").is_some() {
            let summary = "`generate_name` conflicts with `name`".to_owned();
            self.refuse(at("generate_name"), summary, "Only one of them can be set.");
        }
        if given("name").is_none() && given("generate_name").is_none() {
            let summary = format!("a {} needs a name", self.kind.api.kind);
            self.refuse(
                place.clone(),
                summary,
                "Set `name`, or `generate_name` where the cluster is to make one up.",
            );
        }
        for name in ["name", "namespace"] {
            if let Some(wrong) = text(name).and_then(|text| wrong_name(self.kind, name, text)) {
                let written = text(name).unwrap_or_default();
                self.refuse(at(name), format!("`metadata.{name}`: \"{written}\" is no valid name"), wrong);
            }
        }
        self.keys(metadata, &at("labels"), "labels");
        self.keys(metadata, &at("annotations"), "annotations");
    }

    fn keys(&mut self, metadata: &Value, place: &Path, name: &str) {
        for (key, value) in metadata.attribute(name).and_then(Value::as_named).into_iter().flatten() {
            let path = place.then(Step::Key(key.clone()));
            if !is_qualified(key) {
                let why = "A key is at most 63 letters, digits, `-`, `_` and `.`, and may have a domain and `/` before it.";
                self.refuse(path.clone(), format!("`metadata.{name}`: \"{key}\" is no valid key"), why);
            }
            if name == "labels"
                && value.as_str().is_some_and(|text| !text.is_empty() && !is_label_value(text))
            {
                let why = "A label's value is at most 63 letters, digits, `-`, `_` and `.`, and begins and ends with a letter or digit.";
                self.refuse(
                    path,
                    format!("`metadata.labels`: the value of \"{key}\" is no valid label"),
                    why,
                );
            }
        }
    }
}

/// Why a name is none. Most are DNS subdomains; those of namespaces and services are single labels.
fn wrong_name(kind: &Kind, argument: &str, name: &str) -> Option<&'static str> {
    let is_role = kind.api.version.starts_with("rbac.authorization.k8s.io/");
    if is_role && argument == "name" {
        let fits = !name.is_empty() && !matches!(name, "." | "..") && !name.contains(['/', '%']);
        return (!fits).then_some("It must not hold `/` or `%`.");
    }
    if argument == "namespace" || matches!(kind.api.kind, "Namespace" | "Service") {
        let why = "It must be at most 63 lower-case letters, digits and `-`, and begin and end with a letter or digit.";
        return (!is_dns_label(name)).then_some(why);
    }
    let fits = name.len() <= 253 && name.split('.').all(is_subdomain_part);
    let why = "It must be at most 253 lower-case letters, digits, `-` and `.`, and begin and end with a letter or digit.";
    (!fits).then_some(why)
}

fn is_subdomain_part(part: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = part.as_bytes();
    bytes.iter().all(|byte| plain(*byte) || *byte == b'-')
        && bytes.first().is_some_and(|byte| plain(*byte))
        && bytes.last().is_some_and(|byte| plain(*byte))
}

fn is_dns_label(name: &str) -> bool {
    name.len() <= 63 && is_subdomain_part(name)
}

fn is_label_value(text: &str) -> bool {
    let bytes = text.as_bytes();
    text.len() <= 63
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
        && bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
}

fn is_qualified(key: &str) -> bool {
    match key.split_once('/') {
        Some((domain, name)) => {
            domain.len() <= 253 && domain.split('.').all(is_subdomain_part) && is_label_value(name)
        }
        None => is_label_value(key),
    }
}

#[cfg(test)]
mod tests {
    use aksel_lang::types::Type;

    use super::*;
    use crate::catalogue::configuration::CONFIG_MAP;

    fn config_map(name: &str, labels: &[(&str, &str)]) -> Value {
        let labels = labels.iter().map(|(key, value)| (*key, Value::string(value)));
        let metadata =
            Value::object([("name", Value::string(name)), ("labels", Value::map(Type::String, labels))]);
        Value::object([("metadata", Value::list(metadata.ty(), [metadata]))])
    }

    #[test]
    fn all_mistakes_are_told_each_at_its_place() {
        let found = check(&CONFIG_MAP, &config_map("Model_Config", &[("a b", "x"), ("tier", "-x")]));
        let told: Vec<String> = found.iter().map(|f| format!("{}: {}", f.path, f.summary)).collect();
        insta::assert_snapshot!(told.join("\n"), @r#"
        metadata[0].name: `metadata.name`: "Model_Config" is no valid name
        metadata[0].labels["a b"]: `metadata.labels`: "a b" is no valid key
        metadata[0].labels["tier"]: `metadata.labels`: the value of "tier" is no valid label
        "#);
        assert!(check(&CONFIG_MAP, &config_map("a.b-c", &[("app.kubernetes.io/name", "a")])).is_empty());
    }
}
