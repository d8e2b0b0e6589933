//! Values as a plan file holds them: with what is unknown, and with their marks.
//!
//! Invariant: reading what was written gives the same value.
//! Never: this is a format for others; `show -json` is.

use std::collections::BTreeMap;
use std::sync::Arc;

use aksel_lang::json::{type_from_json, type_to_json};
use aksel_lang::number::Number;
use aksel_lang::types::{Text, Type};
use aksel_lang::value::{Bound, Content, Marks, Refinement, Value};
use serde::{Deserialize, Serialize};

/// A value.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ValueWire {
    #[serde(rename = "c")]
    content: ContentWire,
    #[serde(rename = "m", default, skip_serializing_if = "String::is_empty")]
    marks: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ContentWire {
    Null(serde_json::Value),
    Unknown(serde_json::Value, RefinementWire),
    Bool(bool),
    Number(String),
    String(String),
    List(serde_json::Value, Vec<ValueWire>),
    Set(serde_json::Value, Vec<ValueWire>),
    Tuple(Vec<ValueWire>),
    Map(serde_json::Value, BTreeMap<String, ValueWire>),
    Object(BTreeMap<String, ValueWire>),
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct RefinementWire {
    not_null: bool,
    prefix: Option<String>,
    at_least: Option<LimitWire>,
    at_most: Option<LimitWire>,
    length_min: Option<usize>,
    length_max: Option<usize>,
}

#[derive(Debug, Serialize, Deserialize)]
struct LimitWire {
    number: String,
    inclusive: bool,
}

const MARKS: &[(char, Marks)] = &[('s', Marks::SENSITIVE), ('e', Marks::EPHEMERAL), ('d', Marks::DEPRECATED)];

impl From<&Value> for ValueWire {
    fn from(value: &Value) -> ValueWire {
        let marks = MARKS.iter().filter(|(_, mark)| value.marks().contains(*mark));
        ValueWire {
            content: ContentWire::from(value.content()),
            marks: marks.map(|(letter, _)| letter).collect(),
        }
    }
}

impl From<&Content> for ContentWire {
    fn from(content: &Content) -> ContentWire {
        let all = |items: &[Value]| items.iter().map(ValueWire::from).collect();
        let named = |items: &BTreeMap<Text, Value>| {
            items.iter().map(|(name, item)| (name.to_string(), ValueWire::from(item))).collect()
        };
        match content {
            Content::Null(ty) => ContentWire::Null(type_to_json(ty)),
            Content::Unknown(ty, refinement) => {
                ContentWire::Unknown(type_to_json(ty), RefinementWire::from(refinement))
            }
            Content::Bool(truth) => ContentWire::Bool(*truth),
            Content::Number(number) => ContentWire::Number(number.to_string()),
            Content::String(text) => ContentWire::String(text.to_string()),
            Content::List(ty, items) => ContentWire::List(type_to_json(ty), all(items)),
            Content::Set(ty, items) => ContentWire::Set(type_to_json(ty), all(items)),
            Content::Tuple(items) => ContentWire::Tuple(all(items)),
            Content::Map(ty, items) => ContentWire::Map(type_to_json(ty), named(items)),
            Content::Object(items) => ContentWire::Object(named(items)),
        }
    }
}

impl From<&Refinement> for RefinementWire {
    fn from(refinement: &Refinement) -> RefinementWire {
        let limit = |limit: &Option<(Number, Bound)>| {
            limit.as_ref().map(|(number, bound)| LimitWire {
                number: number.to_string(),
                inclusive: *bound == Bound::Inclusive,
            })
        };
        RefinementWire {
            not_null: refinement.not_null,
            prefix: refinement.prefix.as_ref().map(Text::to_string),
            at_least: limit(&refinement.at_least),
            at_most: limit(&refinement.at_most),
            length_min: refinement.length_min,
            length_max: refinement.length_max,
        }
    }
}

impl ValueWire {
    /// The value.
    ///
    /// # Errors
    /// When a type or number in it cannot be read.
    pub(crate) fn value(self) -> Result<Value, String> {
        let marks = MARKS.iter().filter(|(letter, _)| self.marks.contains(*letter));
        let marks = marks.fold(Marks::NONE, |all, (_, mark)| all.with(*mark));
        Ok(Value::from(self.content.content()?).marked(marks))
    }
}

impl ContentWire {
    fn content(self) -> Result<Content, String> {
        let all =
            |items: Vec<ValueWire>| items.into_iter().map(ValueWire::value).collect::<Result<Vec<_>, _>>();
        let named = |items: BTreeMap<String, ValueWire>| {
            items
                .into_iter()
                .map(|(name, item)| Ok((Text::from(name), item.value()?)))
                .collect::<Result<BTreeMap<_, _>, String>>()
        };
        Ok(match self {
            ContentWire::Null(ty) => Content::Null(type_from_json(&ty)?),
            ContentWire::Unknown(ty, refinement) => {
                return refined(type_from_json(&ty)?, refinement);
            }
            ContentWire::Bool(truth) => Content::Bool(truth),
            ContentWire::Number(text) => Content::Number(number(&text)?),
            ContentWire::String(text) => Content::String(Text::from(text)),
            ContentWire::List(ty, items) => Content::List(type_from_json(&ty)?, Arc::new(all(items)?)),
            ContentWire::Set(ty, items) => Content::Set(type_from_json(&ty)?, Arc::new(all(items)?)),
            ContentWire::Tuple(items) => Content::Tuple(Arc::new(all(items)?)),
            ContentWire::Map(ty, items) => Content::Map(type_from_json(&ty)?, Arc::new(named(items)?)),
            ContentWire::Object(items) => Content::Object(Arc::new(named(items)?)),
        })
    }
}

fn refined(ty: Type, wire: RefinementWire) -> Result<Content, String> {
    let limit = |limit: Option<LimitWire>| {
        limit
            .map(|limit| {
                let bound = if limit.inclusive { Bound::Inclusive } else { Bound::Exclusive };
                Ok::<_, String>((number(&limit.number)?, bound))
            })
            .transpose()
    };
    let refinement = Refinement {
        not_null: wire.not_null,
        prefix: wire.prefix.map(Text::from),
        at_least: limit(wire.at_least)?,
        at_most: limit(wire.at_most)?,
        length_min: wire.length_min,
        length_max: wire.length_max,
    };
    Ok(Content::Unknown(ty, refinement))
}

fn number(text: &str) -> Result<Number, String> {
    text.parse().map_err(|_| format!("`{text}` is no number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_as_they_were() {
        let value = Value::object([
            ("unknown", Value::unknown_not_null(Type::list(Type::String))),
            ("secret", Value::string("x").sensitive()),
            ("null", Value::null(Type::map(Type::Number))),
            ("set", aksel_lang::set::set(Type::Number, [Value::from(2), Value::from(1)])),
            ("map", Value::map(Type::Bool, [("k", Value::from(true))])),
            ("tuple", Value::tuple([Value::from(1), Value::string("é")])),
        ]);
        let text = serde_json::to_string(&ValueWire::from(&value)).unwrap();
        let back: ValueWire = serde_json::from_str(&text).unwrap();
        assert_eq!(back.value(), Ok(value));
    }
}
