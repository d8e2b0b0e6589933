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
use crate::resource_type::ResourceType;
use crate::row::{Absent, Default, Kind, Place, Row};
use crate::schema::{object_type, row_type};

/// The value of an object. `state` is what state had, or null.
pub fn read(resource: &ResourceType, document: &Json, id: &ResourceId, state: &Value) -> Value {
    let mut document = document.clone();
    if let Some(hook) = resource.hooks.before_read {
        hook(&mut document, state);
    }
    let mut values: BTreeMap<Text, Value> = BTreeMap::new();
    for row in resource.attributes {
        values.insert(row.name.into(), top(row, &document, id, state.attribute(row.name)));
    }
    if let Some(hook) = resource.hooks.after_read {
        hook(&mut values, &document, id.as_str());
    }
    let timeouts = Type::object(["create", "read", "update", "delete"].map(|name| (name, Type::String)));
    let kept = state.attribute("timeouts").cloned();
    values.insert("timeouts".into(), kept.unwrap_or_else(|| Value::null(timeouts)));
    Value::object(values)
}

fn top(row: &Row, document: &Json, id: &ResourceId, state: Option<&Value>) -> Value {
    match row.place {
        Place::Id => Value::string(id.as_str()),
        Place::Name => Value::string(id.name()),
        Place::ResourceGroup => Value::string(id.resource_group().unwrap_or_default()),
        Place::Parent => Value::string(id.parent().unwrap_or_default()),
        Place::State => state.cloned().unwrap_or_else(|| Value::null(row_type(row))),
        Place::Body(path) => value(row, at(document, path), state),
    }
}

/// The value of a row from the JSON at its path.
pub fn value(row: &Row, json: Option<&Json>, state: Option<&Value>) -> Value {
    match row.kind {
        Kind::Block(blocks) => nested(row, blocks.rows, json, state),
        Kind::Objects(rows) => nested(row, rows, json, state),
        Kind::Text | Kind::Flag | Kind::Number | Kind::Texts | Kind::TextSet | Kind::Map => {
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
    let empty = match json {
        Json::Object(members) => members.is_empty(),
        Json::Array(items) => items.is_empty(),
        _ => false,
    };
    if empty && row.absent == Absent::Null {
        return None;
    }
    if let Json::Array(items) = json
        && matches!(row.kind, Kind::TextSet)
    {
        return Some(set(Type::String, items.iter().filter_map(Json::as_str).map(Value::string)));
    }
    let value = json::read(&json.to_string()).ok()?;
    convert(&value, &row_type(row)).ok()
}

fn absent(row: &Row) -> Value {
    match (row.absent, row.kind) {
        (Absent::Null, _) => Value::null(row_type(row)),
        (Absent::Default, _) => default_value(row).unwrap_or_else(|| Value::null(row_type(row))),
        (Absent::Zero, Kind::Text) => Value::string(""),
        (Absent::Zero, Kind::Flag) => false.into(),
        (Absent::Zero, Kind::Number) => 0.into(),
        (Absent::Zero, Kind::Texts) => Value::list(Type::String, []),
        (Absent::Zero, Kind::TextSet) => set(Type::String, []),
        (Absent::Zero, Kind::Map) => Value::map(Type::String, Vec::<(Text, Value)>::new()),
        (Absent::Zero, Kind::Block(_) | Kind::Objects(_)) => Value::null(row_type(row)),
    }
}

/// The row's default as a value.
pub fn default_value(row: &Row) -> Option<Value> {
    match row.default {
        Default::None => None,
        Default::Text(text) => Some(Value::string(text)),
        Default::Flag(flag) => Some(flag.into()),
        Default::Number(number) => Some(number.into()),
    }
}

fn nested(row: &Row, rows: &[Row], json: Option<&Json>, state: Option<&Value>) -> Value {
    let there = json.filter(|json| row.present.is_none_or(|present| present(json)));
    let items: Vec<&Json> = match there {
        None => Vec::new(),
        Some(Json::Array(items)) => items.iter().collect(),
        Some(single) => vec![single],
    };
    let before = state.and_then(Value::as_slice).unwrap_or_default();
    let made = items.iter().enumerate().map(|(place, json)| {
        let state = before.get(place);
        let members = rows.iter().map(|inner| {
            let known = state.and_then(|state| state.attribute(inner.name));
            let value = match inner.place {
                Place::Body(path) => value(inner, below(json, path), known),
                Place::State | Place::Id | Place::Name | Place::ResourceGroup | Place::Parent => {
                    known.cloned().unwrap_or_else(|| absent(inner))
                }
            };
            (Text::from(inner.name), value)
        });
        Value::object(members.collect::<Vec<_>>())
    });
    Value::list(object_type(rows), made.collect::<Vec<_>>())
}
