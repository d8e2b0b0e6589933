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
    #[serde(rename = "m")]
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
    use proptest::prelude::*;

    use super::*;
    use crate::plan_file::{packed, unpacked};

    fn back(value: &Value) -> Result<Value, String> {
        unpacked::<ValueWire>(&packed(&ValueWire::from(value))).map_err(|error| error.to_string())?.value()
    }

    /// Plain values, secrets, nulls, and unknowns of which something is known.
    fn leaves() -> impl Strategy<Value = Value> {
        let refinement = (any::<bool>(), any::<Option<i64>>(), any::<Option<u8>>());
        let unknown = refinement.prop_map(|(not_null, at_least, length)| {
            Value::from(Content::Unknown(
                Type::list(Type::Number),
                Refinement {
                    not_null,
                    prefix: length.map(|length| "p".repeat(length.into()).into()),
                    at_least: at_least.map(|limit| (Number::from(limit), Bound::Exclusive)),
                    at_most: at_least.map(|limit| (Number::from(limit), Bound::Inclusive)),
                    length_min: length.map(usize::from),
                    length_max: None,
                },
            ))
        });
        prop_oneof![
            any::<bool>().prop_map(Value::from),
            any::<f64>().prop_filter_map("finite", |float| Number::from_f64(float).map(Value::from)),
            "-?[0-9]{1,60}(\\.[0-9]{1,60})?"
                .prop_filter_map("a number", |text| text.parse().map(Value::from_number).ok()),
            any::<String>().prop_map(|text| Value::string(text).sensitive()),
            Just(Value::null(Type::map(Type::Dynamic))),
            unknown,
        ]
    }

    fn values() -> impl Strategy<Value = Value> {
        leaves().prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::tuple),
                prop::collection::vec(any::<String>().prop_map(Value::string), 0..4)
                    .prop_map(|items| aksel_lang::set::set(Type::String, items)),
                prop::collection::vec(any::<i64>().prop_map(Value::from), 0..4)
                    .prop_map(|items| Value::list(Type::Number, items)),
                prop::collection::btree_map(any::<String>(), inner, 0..4)
                    .prop_map(|items: BTreeMap<String, Value>| Value::object(items)),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

        #[test]
        fn values_come_back_as_they_were(value in values()) {
            prop_assert_eq!(back(&value), Ok(value));
        }
    }

    #[test]
    fn a_value_as_deep_as_they_come_is_read_back() {
        // As much stack as the binary gives to a run.
        let roomy = std::thread::Builder::new().stack_size(16 << 20);
        let read = roomy.spawn(|| {
            let deep = (0..250).fold(Value::from(1), |value, _| Value::tuple([value]));
            assert_eq!(back(&deep), Ok(deep));
        });
        read.unwrap().join().unwrap();
    }

    #[test]
    fn a_map_comes_back_with_its_type() {
        let map = Value::map(Type::Bool, [("k", Value::from(true))]).sensitive();
        assert_eq!(back(&map), Ok(map));
    }
}
