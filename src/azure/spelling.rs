//! Spellings: how ARM writes what Terraform writes otherwise. Each works both ways.
//!
//! Invariant: `read(write(x))` is `x` for every value that the configuration may hold, up to what `same` ignores.
//! Never: a spelling looks at another attribute.

use base64::Engine as _;
use serde_json::{Map, Value as Json, json};

/// How ARM spells a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// As Terraform does.
    Plain,
    /// A region: `West Europe` is `westeurope`.
    Location,
    /// An id: letter case is ignored.
    Id,
    /// A truth value as two words: the one for true, the one for false.
    Words(&'static str, &'static str),
    /// A truth value turned round.
    Inverted,
    /// A text that ARM has another word for when it is empty: `None` for ``.
    EmptyIs(&'static str),
    /// A text by pairs of Terraform's and ARM's word.
    Pairs(&'static [(&'static str, &'static str)]),
    /// A list that ARM has as the names of an object's members.
    Keys,
    /// A number that ARM has as text.
    NumberAsText,
    /// A text whose letter case is ignored.
    AnyCase,
    /// Texts that ARM has in a list of objects under this member.
    Each(&'static str),
    /// Texts that ARM has in a list of objects under a member of this member.
    EachAt(&'static str, &'static str),
    /// A number that is not there when it is below zero.
    Positive,
    /// A map that ARM has in a list of objects with these two members.
    Tagged(&'static str, &'static str),
    /// The address of a key, which ARM has in parts.
    VaultKey,
    /// A duration: `PT60M` is `PT1H`.
    Duration,
    /// A text of JSON that ARM has as JSON.
    JsonText,
    /// A text that ARM has as the only one of a list.
    Only,
    /// A truth value that ARM has as text.
    FlagAsText,
    /// Texts that ARM has in one, with commas between.
    Commas,
    /// Texts that ARM has in one, with semicolons between.
    Semicolons,
    /// The host of an address; only read.
    Host,
    /// A text that ARM has in base64; one that is base64 already stays as it is.
    Base64,
    /// Whether only critical add-ons run on a pool, which ARM has as a taint.
    CriticalTaint,
}

/// The taint that keeps everything but critical add-ons off a pool.
const CRITICAL: &str = "CriticalAddonsOnly=true:NoSchedule";

/// `Enabled` and `Disabled`.
pub const ENABLED: Spelling = Spelling::Words("Enabled", "Disabled");

/// `enabled` and `disabled`.
pub const LOWER_ENABLED: Spelling = Spelling::Words("enabled", "disabled");

impl Spelling {
    /// The value as ARM spells it.
    pub fn write(self, value: Json) -> Json {
        match (self, &value) {
            (Spelling::Location, Json::String(text)) => normal_location(text).into(),
            (Spelling::Words(yes, no), Json::Bool(truth)) => (if *truth { yes } else { no }).into(),
            (Spelling::Inverted, Json::Bool(truth)) => (!truth).into(),
            (Spelling::EmptyIs(word), Json::String(text)) if text.is_empty() => word.into(),
            (Spelling::Pairs(pairs), Json::String(text)) => {
                let pair = pairs.iter().find(|(ours, _)| ours == text);
                pair.map_or(value.clone(), |(_, theirs)| (*theirs).into())
            }
            (Spelling::Keys, Json::Array(items)) => {
                let named = items.iter().filter_map(Json::as_str).map(|name| (name.to_owned(), json!({})));
                Json::Object(named.collect::<Map<_, _>>())
            }
            (Spelling::NumberAsText, Json::Number(number)) => number.to_string().into(),
            (Spelling::FlagAsText, Json::Bool(truth)) => truth.to_string().into(),
            (Spelling::Commas, Json::Array(items)) => joined(items, ", ").into(),
            (Spelling::Semicolons, Json::Array(items)) => joined(items, ";").into(),
            (Spelling::CriticalTaint, Json::Bool(truth)) => {
                if *truth {
                    json!([CRITICAL])
                } else {
                    json!([])
                }
            }
            (Spelling::Only, Json::String(_)) => json!([value]),
            (Spelling::Base64, Json::String(text)) => encoded(text).into(),
            (Spelling::EachAt(outer, member), Json::Array(items)) => items
                .iter()
                .map(|item| {
                    let name = item.as_str().and_then(|id| id.rsplit('/').next()).unwrap_or_default();
                    json!({ "name": name, *outer: { *member: item } })
                })
                .collect(),
            (Spelling::Positive, Json::Number(number))
                if number.as_i64().is_some_and(|number| number < 0) =>
            {
                Json::Null
            }
            (Spelling::JsonText, Json::String(text)) => serde_json::from_str(text).unwrap_or(value),
            (Spelling::Tagged(name, tag), Json::Object(members)) => members
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(key, value)| json!({ name: key, tag: value }))
                .collect(),
            (Spelling::VaultKey, Json::String(text)) => key_parts(text),
            (Spelling::Each(member), Json::Array(items)) => items
                .iter()
                .map(|item| Json::Object(Map::from_iter([(member.to_owned(), item.clone())])))
                .collect(),
            _ => value,
        }
    }

    /// The value as Terraform spells it.
    pub fn read(self, value: Json) -> Json {
        match (self, &value) {
            (Spelling::Location, Json::String(text)) => normal_location(text).into(),
            (Spelling::Words(yes, _), Json::String(text)) => text.eq_ignore_ascii_case(yes).into(),
            (Spelling::Inverted, Json::Bool(truth)) => (!truth).into(),
            (Spelling::EmptyIs(word), Json::String(text)) if text.eq_ignore_ascii_case(word) => "".into(),
            (Spelling::Pairs(pairs), Json::String(text)) => {
                let pair = pairs.iter().find(|(_, theirs)| theirs.eq_ignore_ascii_case(text));
                pair.map_or(value.clone(), |(ours, _)| (*ours).into())
            }
            (Spelling::Keys, Json::Object(members)) => members.keys().cloned().map(Json::from).collect(),
            (Spelling::NumberAsText, Json::String(text)) => {
                text.parse::<i64>().map_or(value.clone(), Json::from)
            }
            (Spelling::Commas, Json::String(text)) => parted(text, ','),
            (Spelling::Semicolons, Json::String(text)) => parted(text, ';'),
            (Spelling::Host, Json::String(text)) => {
                let rest = text.split_once("://").map_or(text.as_str(), |(_, rest)| rest);
                rest.split('/').next().unwrap_or_default().into()
            }
            (Spelling::CriticalTaint, Json::Array(items)) => items.contains(&json!(CRITICAL)).into(),
            (Spelling::FlagAsText, Json::String(text)) => text.eq_ignore_ascii_case("true").into(),
            (Spelling::Only, Json::Array(items)) => items.first().cloned().unwrap_or(Json::Null),
            (Spelling::Each(member), Json::Array(items)) => {
                items.iter().filter_map(|item| item.get(member)).cloned().collect()
            }
            (Spelling::EachAt(outer, member), Json::Array(items)) => {
                items.iter().filter_map(|item| item.get(outer)?.get(member)).cloned().collect()
            }
            (Spelling::JsonText, Json::Object(_) | Json::Array(_)) => value.to_string().into(),
            (Spelling::Tagged(name, tag), Json::Array(items)) => {
                let pair = |item: &Json| Some((item[name].as_str()?.to_owned(), item[tag].clone()));
                Json::Object(items.iter().filter_map(pair).collect())
            }
            (Spelling::VaultKey, Json::Object(parts)) => key_address(parts),
            _ => value,
        }
    }

    /// Whether two texts mean the same.
    pub fn same(self, a: &str, b: &str) -> bool {
        match self {
            Spelling::Location => normal_location(a) == normal_location(b),
            Spelling::Id | Spelling::AnyCase => a.eq_ignore_ascii_case(b),
            Spelling::Base64 => encoded(a) == encoded(b),
            Spelling::Duration => a == b || duration(a).is_some_and(|length| Some(length) == duration(b)),
            Spelling::JsonText => a == b || json_of(a).is_some_and(|json| Some(json) == json_of(b)),
            Spelling::Plain
            | Spelling::Words(..)
            | Spelling::Inverted
            | Spelling::EmptyIs(_)
            | Spelling::Pairs(_)
            | Spelling::Keys
            | Spelling::Each(_)
            | Spelling::EachAt(..)
            | Spelling::Positive
            | Spelling::Tagged(..)
            | Spelling::VaultKey
            | Spelling::Only
            | Spelling::FlagAsText
            | Spelling::Commas
            | Spelling::Semicolons
            | Spelling::Host
            | Spelling::CriticalTaint
            | Spelling::NumberAsText => a == b,
        }
    }

    /// Whether an empty text says something to ARM.
    pub fn has_empty(self) -> bool {
        matches!(self, Spelling::EmptyIs(_))
            || matches!(self, Spelling::Pairs(pairs) if pairs.iter().any(|(ours, _)| ours.is_empty()))
    }
}

/// `https://vault/keys/name/version` in parts.
fn key_parts(address: &str) -> Json {
    let (vault, rest) = address.split_once("/keys/").unwrap_or((address, ""));
    let (name, version) = rest.split_once('/').unwrap_or((rest, ""));
    json!({ "keyvaulturi": format!("{}/", vault.trim_end_matches('/')), "keyname": name, "keyversion": version })
}

fn key_address(parts: &Map<String, Json>) -> Json {
    let text = |name: &str| parts.get(name).and_then(Json::as_str).unwrap_or_default();
    let vault = text("keyvaulturi").trim_end_matches('/');
    if vault.is_empty() {
        return Json::Null;
    }
    let version = text("keyversion");
    let whole = format!("{vault}/keys/{}", text("keyname"));
    (if version.is_empty() { whole } else { format!("{whole}/{version}") }).into()
}

/// A text in base64, if it is not already.
pub fn encoded(text: &str) -> String {
    let base64 = base64::engine::general_purpose::STANDARD;
    if base64.decode(text).is_ok() { text.to_owned() } else { base64.encode(text) }
}

fn duration(text: &str) -> Option<jiff::SignedDuration> {
    text.parse().ok()
}

fn json_of(text: &str) -> Option<Json> {
    serde_json::from_str(text).ok()
}

fn joined(items: &[Json], by: &str) -> String {
    items.iter().filter_map(Json::as_str).collect::<Vec<_>>().join(by)
}

fn parted(text: &str, by: char) -> Json {
    text.split(by).map(str::trim).filter(|part| !part.is_empty()).map(Json::from).collect()
}

/// A region's name as ARM has it: small letters, no blanks.
pub fn normal_location(written: &str) -> String {
    written.chars().filter(|c| *c != ' ').flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_location_has_many_spellings() {
        for written in ["westeurope", "West Europe", "WESTEUROPE"] {
            assert_eq!(normal_location(written), "westeurope", "written as {written:?}");
        }
    }

    #[test]
    fn every_spelling_reads_what_it_wrote() {
        let pairs = Spelling::Pairs(&[("none", "None")]);
        for (spelling, value) in [
            (ENABLED, json!(true)),
            (LOWER_ENABLED, json!(false)),
            (Spelling::Inverted, json!(true)),
            (Spelling::EmptyIs("None"), json!("")),
            (pairs, json!("none")),
            (Spelling::Keys, json!(["a", "b"])),
            (Spelling::NumberAsText, json!(7)),
            (Spelling::Tagged("ipTagType", "tag"), json!({"RoutingPreference": "Internet"})),
            (Spelling::VaultKey, json!("https://kv.vault.azure.net/keys/k/1")),
            (Spelling::VaultKey, json!("https://kv.vault.azure.net/keys/k")),
        ] {
            assert_eq!(spelling.read(spelling.write(value.clone())), value, "{spelling:?}");
        }
    }
}
