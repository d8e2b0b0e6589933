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
use crate::row::{Absent, Blocks, Default, Kind, Order, Place, Row};
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
        Place::State => known_or(state, || unread(row)),
        Place::Body(path) => return value(row, at(document, path), state),
    };
    keep_spelling(row, found, state)
}

/// What is kept in state alone, when state says nothing: lists of blocks are empty, all else is null.
fn unread(row: &Row) -> Value {
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
    match row.kind {
        Kind::Block(blocks) | Kind::Objects(blocks) => nested(row, blocks, json, state),
        Kind::Text
        | Kind::Flag
        | Kind::Number
        | Kind::Texts
        | Kind::TextSet
        | Kind::NumberSet
        | Kind::Map => {
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
    let items: Vec<&Json> = match there {
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
            | Place::Within(_) => known_or(known, || absent(inner)),
        };
        (Text::from(inner.name), value)
    });
    Value::object(members.collect::<Vec<_>>())
}

/// Right after a change, a plain value that ARM does not tell is what the plan has.
pub fn settle(planned: &Value, read: Value) -> Value {
    let Some(items) = read.as_named() else { return read };
    let settled = items.iter().map(|(name, value)| {
        let wanted = planned.attribute(name);
        (name.clone(), wanted.map_or_else(|| value.clone(), |wanted| settle_one(wanted, value)))
    });
    Value::object(settled.collect::<Vec<_>>())
}

fn settle_one(wanted: &Value, value: &Value) -> Value {
    match (wanted.as_slice(), value.as_slice(), value.ty().element()) {
        (Some(planned), Some(items), Some(element))
            if matches!(element, Type::Object(_)) && planned.len() == items.len() =>
        {
            let settled: Vec<Value> = planned.iter().zip(items).map(|(p, v)| settle(p, v.clone())).collect();
            if matches!(value.ty(), Type::Set(_)) {
                set(element.clone(), settled)
            } else {
                Value::list(element.clone(), settled)
            }
        }
        _ if value.is_null() && wanted.is_wholly_known() && is_plain(wanted) => wanted.clone(),
        _ => value.clone(),
    }
}

fn is_plain(value: &Value) -> bool {
    value.as_str().is_some() || value.as_bool().is_some() || value.as_number().is_some()
}
