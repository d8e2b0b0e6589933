//! Reading: what ARM says of an object becomes a value of the schema.
//!
//! Invariant: every row has a value; what ARM leaves out is what the row says, as azurerm's state has it.
//! Never: what is kept in state alone is made up; it stays as state had it.

use std::collections::BTreeMap;

use aksel_lang::convert::convert;
use aksel_lang::json;
use aksel_lang::set::set;
use aksel_lang::types::{Text, Type};
use aksel_lang::value::Value;
use serde_json::Value as Json;

use crate::document::{at, below};
use crate::resource_id::ResourceId;
use crate::row::{Absent, Blocks, Default, Kind, Order, Place, Row, Shape};
use crate::schema::{object_type, row_type};

/// The values of the rows. `state` is what state had, or null.
pub fn read(rows: &[Row], document: &Json, id: &ResourceId, state: &Value) -> BTreeMap<Text, Value> {
    let value = |row: &Row| (Text::from(row.name), top(row, document, id, state.attribute(row.name)));
    rows.iter().map(value).collect()
}

fn top(row: &Row, document: &Json, id: &ResourceId, state: Option<&Value>) -> Value {
    let found = match row.place {
        Place::Id => Value::string(id.as_str()),
        Place::Name => Value::string(id.name()),
        Place::ResourceGroup => Value::string(id.resource_group().unwrap_or_default()),
        Place::Parent => Value::string(id.parent().unwrap_or_default()),
        Place::Within(word) => Value::string(id.after(word).unwrap_or_default()),
        Place::State => {
            known_or(state.filter(|state| row.absent != Absent::Empty || !state.is_null()), || unread(row))
        }
        Place::Body(path) => return value(row, at(document, path), state),
    };
    keep_spelling(row, found, state)
}

/// What is kept in state alone, when state says nothing: lists of blocks are empty, all else is null.
fn unread(row: &Row) -> Value {
    if row.absent == Absent::Empty {
        return absent(row);
    }
    match row.kind {
        Kind::Block(_) => absent(row),
        Kind::Text
        | Kind::Flag
        | Kind::Number
        | Kind::Texts
        | Kind::TextSet
        | Kind::NumberSet
        | Kind::Map
        | Kind::Objects(_) => default_value(row).unwrap_or_else(|| Value::null(row_type(row))),
    }
}

fn known_or(state: Option<&Value>, otherwise: impl FnOnce() -> Value) -> Value {
    state.filter(|value| value.is_wholly_known()).cloned().unwrap_or_else(otherwise)
}

/// The value of a row from the JSON at its path.
pub fn value(row: &Row, json: Option<&Json>, state: Option<&Value>) -> Value {
    match row.kind.blocks() {
        Some(blocks) => nested(row, blocks, json, state),
        None => {
            let spelled = json.map(|json| row.spelling.read(json.clone()));
            let found = spelled.and_then(|json| from_json(row, &json));
            let found = found.map(|value| keep_spelling(row, value, state));
            found.unwrap_or_else(|| absent(row))
        }
    }
}

/// The spelling that state has, if it means the same: ARM answers in another casing than it was asked in.
fn keep_spelling(row: &Row, value: Value, state: Option<&Value>) -> Value {
    match (value.as_str(), state.and_then(Value::as_str)) {
        (Some(live), Some(known)) if live != known && row.spelling.same(live, known) => Value::string(known),
        _ => value,
    }
}

fn from_json(row: &Row, json: &Json) -> Option<Value> {
    let texts =
        |items: &Vec<Json>| items.iter().filter_map(Json::as_str).map(Value::string).collect::<Vec<_>>();
    if let (Json::Array(items), Kind::TextSet) = (json, row.kind) {
        return Some(set(Type::String, texts(items)));
    }
    let shown = match (json, row.kind) {
        // A list where one text is wanted: the first of it.
        (Json::Array(items), Kind::Text) => items.first()?.clone(),
        (Json::Object(members), Kind::Map) => {
            let plain = |json: &Json| json.as_str().map_or_else(|| json.to_string(), str::to_owned);
            members.iter().map(|(name, json)| (name.clone(), Json::from(plain(json)))).collect()
        }
        _ => json.clone(),
    };
    let value = json::read(&shown.to_string()).ok()?;
    convert(&value, &row_type(row)).ok()
}

/// The value of a row of which ARM says nothing.
pub fn absent(row: &Row) -> Value {
    match (row.absent, row.kind) {
        (Absent::Null, _) => Value::null(row_type(row)),
        (Absent::Default, _) => default_value(row).unwrap_or_else(|| Value::null(row_type(row))),
        (Absent::Empty, _) => absent(&Row { absent: Absent::Zero, ..*row }),
        (Absent::Zero, Kind::Text) => Value::string(""),
        (Absent::Zero, Kind::Flag) => false.into(),
        (Absent::Zero, Kind::Number) => 0.into(),
        (Absent::Zero, Kind::Texts) => Value::list(Type::String, []),
        (Absent::Zero, Kind::TextSet) => set(Type::String, []),
        (Absent::Zero, Kind::NumberSet) => set(Type::Number, []),
        (Absent::Zero, Kind::Map) => Value::map(Type::String, Vec::<(Text, Value)>::new()),
        (Absent::Zero, Kind::Block(blocks) | Kind::Objects(blocks)) => list_of(blocks, Vec::new()),
    }
}

/// Blocks together, as a list or a set.
pub fn list_of(blocks: Blocks, items: Vec<Value>) -> Value {
    match blocks.order {
        Order::List => Value::list(object_type(blocks.rows), items),
        Order::Set => set(object_type(blocks.rows), items),
    }
}

/// The row's default as a value.
pub fn default_value(row: &Row) -> Option<Value> {
    match row.default {
        Default::None => None,
        Default::Text(text) => Some(Value::string(text)),
        Default::Flag(flag) => Some(flag.into()),
        Default::Number(number) => Some(number.into()),
        Default::Fraction(fraction) => aksel_lang::number::Number::from_f64(fraction).map(Value::from),
    }
}

fn nested(row: &Row, blocks: Blocks, json: Option<&Json>, state: Option<&Value>) -> Value {
    let there = json.filter(|json| row.present.is_none_or(|present| present(json)));
    let unfolded = there.and_then(|json| unfold(blocks, json));
    let items: Vec<&Json> = match unfolded.as_ref().or(there) {
        None => Vec::new(),
        Some(Json::Array(items)) => items.iter().collect(),
        Some(Json::Object(members)) if members.is_empty() => Vec::new(),
        Some(single) => vec![single],
    };
    let before = state.and_then(Value::as_slice).unwrap_or_default();
    let made = items.iter().enumerate().map(|(place, json)| member(blocks.rows, json, before.get(place)));
    let made: Vec<Value> = made.filter(|item| blocks.max != 1 || !is_hollow(row, blocks, item)).collect();
    if made.is_empty() { absent(row) } else { list_of(blocks, made) }
}

/// The array that an object with a member for each block stands for.
fn unfold(blocks: Blocks, json: &Json) -> Option<Json> {
    let members = json.as_object()?;
    let with = |name: &str, inner: &Json, at: &str| {
        let mut inner = inner.clone();
        inner[at] = name.into();
        inner
    };
    match blocks.shape {
        Shape::Single | Shape::Many => None,
        Shape::Named(at) | Shape::Keyed(at) => {
            let objects = members.iter().filter(|(_, inner)| inner.is_object());
            Some(objects.map(|(name, inner)| with(name, inner, at)).collect())
        }
        Shape::Pairs => {
            let [name_row, value_row, ..] = blocks.rows else { return None };
            let pair = |(name, value): (&String, &Json)| {
                let mut pair = Json::Object(serde_json::Map::new());
                pair[name_row.name] = name.as_str().into();
                pair[value_row.name] = value.clone();
                pair
            };
            Some(members.iter().map(pair).collect())
        }
    }
}

/// Whether a block that lies at its parent's own place holds nothing: then it is not there.
fn is_hollow(row: &Row, blocks: Blocks, item: &Value) -> bool {
    row.place == Place::Body("")
        && row.present.is_none()
        && blocks.rows.iter().all(|inner| {
            item.attribute(inner.name).is_none_or(|value| *value == absent(inner) || value.is_null())
        })
}

fn member(rows: &[Row], json: &Json, state: Option<&Value>) -> Value {
    let members = rows.iter().map(|inner| {
        let known = state.and_then(|state| state.attribute(inner.name));
        let value = match inner.place {
            Place::Body(path) => value(inner, below(json, path), known),
            Place::State
            | Place::Id
            | Place::Name
            | Place::ResourceGroup
            | Place::Parent
            | Place::Within(_) => {
                known_or(known.filter(|known| inner.absent != Absent::Empty || !known.is_null()), || {
                    absent(inner)
                })
            }
        };
        (Text::from(inner.name), value)
    });
    Value::object(members.collect::<Vec<_>>())
}

/// Right after a change, what is nothing is what the plan has for it: an empty list and a null mean the same to ARM, but not
/// to who compares state with plan. A plain value that ARM does not tell is what the plan has.
pub fn settle(planned: &Value, read: Value) -> Value {
    if planned.is_null() && is_empty_collection(&read) || is_empty_collection(planned) && read.is_null() {
        return planned.unmark_deep().0;
    }
    if planned.is_null() || !planned.is_known() {
        return read;
    }
    match (planned.as_slice(), read.as_slice(), read.ty()) {
        (Some(_), Some(_), Type::Set(element)) if planned.is_wholly_known() => {
            set((*element).clone(), planned.unmark_deep().0.as_slice().unwrap_or_default().to_vec())
        }
        (Some(wanted), Some(items), Type::List(element)) if wanted.len() == items.len() => {
            let settled = wanted.iter().zip(items).map(|(wanted, item)| settle(wanted, item.clone()));
            Value::list((*element).clone(), settled.collect::<Vec<_>>())
        }
        (_, _, Type::Object(_)) => members_settled(planned, read),
        _ if read.is_null() && planned.is_wholly_known() && is_plain(planned) => planned.clone(),
        _ => read,
    }
}

fn members_settled(planned: &Value, read: Value) -> Value {
    let Some(items) = read.as_named() else { return read };
    let settled = items.iter().map(|(name, value)| {
        let wanted = planned.attribute(name);
        (name.clone(), wanted.map_or_else(|| value.clone(), |wanted| settle(wanted, value.clone())))
    });
    Value::object(settled.collect::<Vec<_>>())
}

fn is_empty_collection(value: &Value) -> bool {
    let collection = matches!(value.ty(), Type::List(_) | Type::Set(_) | Type::Map(_));
    collection
        && value.is_known()
        && !value.is_null()
        && (value.as_slice().is_some_and(<[Value]>::is_empty)
            || value.as_named().is_some_and(BTreeMap::is_empty))
}

fn is_plain(value: &Value) -> bool {
    value.as_str().is_some() || value.as_bool().is_some() || value.as_number().is_some()
}
