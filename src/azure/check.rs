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
    findings.extend(resource.rules.iter().flat_map(|rule| rule(config)));
    findings
}

fn rows(rows_of: &[Row], value: &Value, place: &Path, findings: &mut Vec<Finding>) {
    for row in rows_of {
        let Some(found) = value.attribute(row.name).filter(|found| !found.is_null() && found.is_known()) else {
            continue;
        };
        let path = place.then(Step::Attribute(row.name.into()));
        match row.kind {
            Kind::Block(blocks) => nested(blocks.rows, found, &path, findings),
            Kind::Objects(inner) => nested(inner, found, &path, findings),
            Kind::Text | Kind::Flag | Kind::Number | Kind::Texts | Kind::TextSet | Kind::Map => {
                findings.extend(judge(row, found).map(|finding| finding.at(path)));
            }
        }
    }
}

fn nested(inner: &[Row], value: &Value, path: &Path, findings: &mut Vec<Finding>) {
    for (at, item) in value.as_slice().unwrap_or_default().iter().enumerate() {
        rows(inner, item, &path.then(Step::Index(at)), findings);
    }
}

fn judge(row: &Row, value: &Value) -> Option<Finding> {
    let name = row.name;
    let wrong = |summary: String| Some(Finding::error(Code::InvalidValue, summary, ""));
    let shown = if value.is_sensitive() { "the given value".to_owned() } else { value.as_str().unwrap_or_default().to_owned() };
    match row.check {
        Check::Any => None,
        Check::OneOf(words) => {
            let fits = value.as_str().is_none_or(|text| words.contains(&text));
            if fits { None } else { wrong(format!("expected {name} to be one of {words:?}, got {shown}")) }
        }
        Check::Matching(pattern, words) => {
            let fits = value.as_str().is_none_or(|text| matches(pattern, text));
            if fits { None } else { wrong(format!("{words}: got {shown:?}")) }
        }
        Check::Between(least, most) => {
            let number = value.as_number()?.to_i64();
            let fits = number.is_some_and(|number| (least..=most).contains(&number));
            let got = number.map_or_else(|| "a fraction".to_owned(), |number| number.to_string());
            if fits { None } else { wrong(format!("expected {name} to be in the range ({least} - {most}), got {got}")) }
        }
    }
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
        insta::assert_snapshot!(shown.join("\n"), @"");
    }
}
