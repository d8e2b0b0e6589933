//! Rows and rules that several resource types share.

use aksel_lang::code::Code;
use aksel_lang::path::Path;
use aksel_lang::value::Value;
use aksel_provider::finding::Finding;
use serde_json::Value as Json;

/// Whether an `identity` says anything.
pub fn has_identity(json: &Json) -> bool {
    json["type"].as_str().is_some_and(|kind| !kind.eq_ignore_ascii_case("None"))
}

/// The text of an attribute, if it has one.
pub fn said<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.attribute(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// Whether the configuration sets an attribute to something that is not nothing.
pub fn is_set(config: &Value, name: &str) -> bool {
    config.attribute(name).is_some_and(|value| {
        let nothing = value.is_null()
            || value.as_bool() == Some(false)
            || value.as_slice().is_some_and(<[Value]>::is_empty);
        value.is_known() && !nothing
    })
}

/// Attributes that need another attribute to have one of a few values.
pub fn only_with(config: &Value, name: &str, words: &[&str], needing: &[&str]) -> Vec<Finding> {
    let Some(chosen) = config.attribute(name).and_then(Value::as_str) else { return Vec::new() };
    if words.contains(&chosen) {
        return Vec::new();
    }
    let finding = |wanting: &&str| {
        Finding::error(
            Code::InvalidValue,
            format!("`{wanting}` needs `{name}` to be {}", words.join(" or ")),
            format!("It is {chosen:?}. Azure would refuse this."),
        )
        .at(Path::attribute(*wanting))
    };
    needing.iter().filter(|wanting| is_set(config, wanting)).map(finding).collect()
}

/// At most one of several attributes.
pub fn at_most_one(config: &Value, names: &[&str]) -> Vec<Finding> {
    let set: Vec<&str> = names.iter().copied().filter(|name| is_set(config, name)).collect();
    match set.as_slice() {
        [] | [_] => Vec::new(),
        [first, rest @ ..] => rest
            .iter()
            .map(|other| {
                let summary = format!("`{other}` conflicts with `{first}`");
                Finding::error(Code::InvalidConfiguration, summary, "Only one of them may be set.")
                    .at(Path::attribute(*other))
            })
            .collect(),
    }
}
