//! Checks of a configuration that need no request: what a value may be, and rules over several.
//!
//! Invariant: what is not known yet is not judged; every mistake is reported.

use aksel_lang::code::Code;
use aksel_lang::path::{Path, Step};
use aksel_lang::value::Value;
use aksel_provider::finding::Finding;

use crate::resource_type::ResourceType;
use crate::row::{Check, Kind, Row};

/// Checks the configuration of a resource.
pub fn check(resource: &ResourceType, config: &Value) -> Vec<Finding> {
    let mut findings = Vec::new();
    rows(resource.attributes, config, &Path::root(), &mut findings);
    findings.extend(resource.groups.iter().flat_map(|group| group.check(config)));
    findings.extend(resource.rules.iter().flat_map(|rule| rule(config)));
    findings
}

/// Checks a value against rows alone.
pub fn check_rows(rows_of: &[Row], config: &Value) -> Vec<Finding> {
    let mut findings = Vec::new();
    rows(rows_of, config, &Path::root(), &mut findings);
    findings
}

fn rows(rows_of: &[Row], value: &Value, place: &Path, findings: &mut Vec<Finding>) {
    for row in rows_of {
        if !row.is_settable() {
            continue;
        }
        let Some(found) = value.attribute(row.name).filter(|found| !found.is_null() && found.is_known())
        else {
            continue;
        };
        let path = place.then(Step::Attribute(row.name.into()));
        match row.kind {
            Kind::Block(blocks) | Kind::Objects(blocks) => nested(blocks.rows, found, &path, findings),
            Kind::Text
            | Kind::Flag
            | Kind::Number
            | Kind::Texts
            | Kind::TextSet
            | Kind::NumberSet
            | Kind::Map => {
                findings.extend(judge(row, &dotted(&path), found).map(|finding| finding.at(path)));
            }
        }
    }
}

fn nested(inner: &[Row], value: &Value, path: &Path, findings: &mut Vec<Finding>) {
    for (at, item) in value.as_slice().unwrap_or_default().iter().enumerate() {
        rows(inner, item, &path.then(Step::Index(at)), findings);
    }
}

/// A path as azurerm names it in messages: `default_node_pool.0.node_count`.
fn dotted(path: &Path) -> String {
    let step = |step: &Step| match step {
        Step::Attribute(name) | Step::Key(name) => name.to_string(),
        Step::Index(index) => index.to_string(),
    };
    path.0.iter().map(step).collect::<Vec<_>>().join(".")
}

fn judge(row: &Row, name: &str, value: &Value) -> Option<Finding> {
    let wrong = |summary: String| Some(Finding::error(Code::InvalidValue, summary, ""));
    let shown = if value.is_sensitive() {
        "the given value".to_owned()
    } else {
        value.as_str().unwrap_or_default().to_owned()
    };
    match row.check {
        Check::Any => None,
        Check::OneOf(words) => {
            let fits = value.as_str().is_none_or(|text| words.contains(&text));
            if fits {
                None
            } else {
                wrong(format!("expected {name} to be one of {}, got {shown}", quoted(words)))
            }
        }
        Check::Matching(pattern, words) => {
            let fits = value.as_str().is_none_or(|text| matches(pattern, text));
            if fits { None } else { wrong(format!("invalid value for {name} ({words})")) }
        }
        Check::Between(least, most) => {
            let number = value.as_number()?.to_i64();
            let fits = number.is_some_and(|number| (least..=most).contains(&number));
            let got = number.map_or_else(|| "a fraction".to_owned(), |number| number.to_string());
            if fits {
                None
            } else {
                wrong(format!("expected {name} to be in the range ({least} - {most}), got {got}"))
            }
        }
    }
}

fn quoted(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
    format!("[{}]", words.join(" "))
}

/// Whether a text matches a pattern of a row. Patterns are ours: one that cannot be read is a bug.
fn matches(pattern: &str, text: &str) -> bool {
    regex::Regex::new(pattern).expect("the pattern of a row can be read").is_match(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::container_registry::CONTAINER_REGISTRY;

    #[test]
    fn a_name_that_azure_would_refuse_is_refused_before() {
        let config = Value::object([("name", Value::string("acr-ml")), ("sku", Value::string("Tiny"))]);
        let findings = check(&CONTAINER_REGISTRY, &config);
        let shown: Vec<String> = findings.iter().map(|f| format!("{}: {}", f.path, f.summary)).collect();
        insta::assert_snapshot!(shown.join("\n"), @r#"
        name: invalid value for name (alpha numeric characters only are allowed)
        sku: expected sku to be one of ["Basic" "Standard" "Premium"], got Tiny
        "#);
    }
}
