//! Checks of a configuration that need no request: what a value may be, and rules over several.
//!
//! Invariant: what is not known yet is not judged; every mistake is reported.

use aksel_lang::code::Code;
use aksel_lang::path::{Path, Step};
use aksel_lang::value::Value;
use aksel_provider::finding::Finding;
use base64::Engine as _;

use crate::resource_id::ResourceId;
use crate::resource_type::ResourceType;
use crate::row::{Check, Form, Kind, Row, Secrecy};
use crate::spelling::Spelling;

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
        match row.kind.blocks() {
            Some(blocks) => nested(blocks.rows, found, &path, findings),
            None => {
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

/// Judges a value, or each element of a list or set.
fn judge(row: &Row, name: &str, value: &Value) -> Option<Finding> {
    if let (Kind::Texts | Kind::TextSet | Kind::NumberSet, Some(items)) = (row.kind, value.as_slice()) {
        let within = |(at, item): (usize, &Value)| {
            // azurerm names an element of a list by its place and one of a set by the set.
            let name = if matches!(row.kind, Kind::Texts) { format!("{name}.{at}") } else { name.to_owned() };
            judge_one(row, &name, item)
        };
        return items.iter().enumerate().filter(|(_, item)| !item.is_null()).find_map(within);
    }
    judge_one(row, name, value)
}

fn judge_one(row: &Row, name: &str, value: &Value) -> Option<Finding> {
    let shown = if value.is_sensitive() || row.secrecy != Secrecy::Open {
        "the given value".to_owned()
    } else {
        value.as_str().unwrap_or_default().to_owned()
    };
    let wrong = match row.check {
        Check::Any => id_wrong(row, value.as_str()?, &shown),
        Check::OneOf(words) => {
            let fits = value.as_str().is_none_or(|text| words.contains(&text));
            (!fits).then(|| format!("expected {name} to be one of {}, got {shown}", quoted(words)))
        }
        Check::Matching(pattern, words) => {
            let fits = value.as_str().is_none_or(|text| matches(pattern, text));
            (!fits).then(|| format!("invalid value for {name} ({words})"))
        }
        Check::Length(least, most) => {
            let fits = value.as_str().is_none_or(|text| (least..=most).contains(&text.len()));
            (!fits).then(|| {
                format!("expected length of {name} to be in the range ({least} - {most}), got {shown}")
            })
        }
        Check::Form(form) => value.as_str().and_then(|text| form_wrong(form, name, text, &shown)),
        Check::Between(..) | Check::AtLeast(_) | Check::OneNumber(_) => number_wrong(row.check, name, value),
    };
    wrong.map(|summary| Finding::error(Code::InvalidValue, summary, ""))
}

fn number_wrong(check: Check, name: &str, value: &Value) -> Option<String> {
    let number = value.as_number()?.to_i64();
    let got = number.map_or_else(|| "a fraction".to_owned(), |number| number.to_string());
    let wanted = match check {
        Check::Between(least, most) => {
            let whole = number.is_some_and(|number| (least..=most).contains(&number));
            (!whole).then(|| format!("in the range ({least} - {most})"))
        }
        Check::AtLeast(least) => {
            number.is_none_or(|number| number < least).then(|| format!("at least ({least})"))
        }
        Check::OneNumber(numbers) => {
            let all: Vec<String> = numbers.iter().map(ToString::to_string).collect();
            (!number.is_some_and(|number| numbers.contains(&number)))
                .then(|| format!("one of [{}]", all.join(" ")))
        }
        Check::Any | Check::OneOf(_) | Check::Matching(..) | Check::Length(..) | Check::Form(_) => None,
    };
    wanted.map(|wanted| format!("expected {name} to be {wanted}, got {got}"))
}

/// What is wrong with a text that must be the id of an object in ARM.
fn id_wrong(row: &Row, text: &str, shown: &str) -> Option<String> {
    let is_id = row.spelling != Spelling::Id || text.is_empty() || text.parse::<ResourceId>().is_ok();
    let example = "/subscriptions/<id>/resourceGroups/<name>/providers/<namespace>/<type>/<name>";
    (!is_id).then(|| format!("parsing {shown:?}: this is no id of a resource: it must look like `{example}`"))
}

fn form_wrong(form: Form, name: &str, text: &str, shown: &str) -> Option<String> {
    let expected = match form {
        Form::NotEmpty => "to not be an empty string",
        Form::Uuid => "to be a valid UUID",
        Form::Time => "to be a valid RFC3339 date",
        Form::Duration => "to be a duration such as `10m` or `1h30m`",
        Form::Network => "to be an IPv4 address, with or without a slash and the bits of its network (0-32)",
        Form::Address => "to contain a valid IPv4 address",
        Form::VaultKey => {
            "to be the id of a key such as `https://<vault>.vault.azure.net/keys/<name>/<version>`"
        }
        Form::Base64 => "to be a base64 string",
    };
    let fits = match form {
        Form::NotEmpty => !text.is_empty(),
        Form::Uuid => matches(UUID, text),
        Form::Time => text.parse::<jiff::Timestamp>().is_ok(),
        Form::Duration => matches(r"^([0-9]+(\.[0-9]+)?(ns|us|ms|s|m|h))+$", text),
        Form::Network => {
            let (address, bits) = text.split_once('/').unwrap_or((text, "32"));
            address.parse::<std::net::Ipv4Addr>().is_ok() && bits.parse::<u8>().is_ok_and(|bits| bits <= 32)
        }
        Form::Address => text.parse::<std::net::Ipv4Addr>().is_ok(),
        Form::VaultKey => matches(r"^https://[^/]+/keys/[^/]+(/[^/]+)?/?$", text),
        Form::Base64 => base64::engine::general_purpose::STANDARD.decode(text).is_ok(),
    };
    (!fits).then(|| format!("expected {name:?} {expected}, got {shown}"))
}

const UUID: &str = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$";

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
