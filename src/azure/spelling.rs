//! Spellings: how ARM writes what Terraform writes otherwise. Each works both ways.
//!
//! Invariant: `read(write(x))` is `x` for every value that the configuration may hold, up to what `same` ignores.
//! Never: a spelling looks at another attribute.

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
}

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
            _ => value,
        }
    }

    /// Whether two texts mean the same.
    pub fn same(self, a: &str, b: &str) -> bool {
        match self {
            Spelling::Location => normal_location(a) == normal_location(b),
            Spelling::Id => a.eq_ignore_ascii_case(b),
            Spelling::Plain
            | Spelling::Words(..)
            | Spelling::Inverted
            | Spelling::EmptyIs(_)
            | Spelling::Pairs(_)
            | Spelling::Keys
            | Spelling::NumberAsText => a == b,
        }
    }
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
        ] {
            assert_eq!(spelling.read(spelling.write(value.clone())), value, "{spelling:?}");
        }
    }
}
