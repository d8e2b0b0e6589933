//! Writing: a planned value becomes the body of a request.
//!
//! Invariant: what is null is left out; what ARM alone gives is never sent.
//! Never: a request is made here.

use aksel_lang::json;
use aksel_lang::value::Value;
use serde_json::{Value as Json, json};

use crate::document::{empty, put, put_below};
use crate::row::{Blocks, Kind, Place, Row, Shape};
use crate::spelling::Spelling;

/// The document that makes an object, or changes one: `body`, and the parts that are written on their own.
///
/// With a state, only what differs from it is in the document; what is taken away is null there.
pub fn document(rows: &[Row], planned: &Value, state: Option<&Value>) -> Json {
    let mut document = empty();
    let mut puts = Vec::new();
    for row in rows.iter().filter(|row| row.is_settable()) {
        let Place::Body(path) = row.place else { continue };
        let Some(value) = planned.attribute(row.name) else { continue };
        let before = state.and_then(|state| state.attribute(row.name));
        if before == Some(value) {
            continue;
        }
        match spelled(row, value, before) {
            Some(json) => puts.push((path, json)),
            // What was there and is no longer wanted is taken away.
            None if before.is_some_and(|before| !is_empty(before)) => {
                take_away(&mut document, rows, row, path);
            }
            None => {}
        }
    }
    // Where several rows have one place, what one puts there counts, and not what another no longer has.
    for (path, json) in puts {
        put(&mut document, path, json);
    }
    document
}

/// Takes away what a row had: all at its path, but of a block whose path others share only what it has itself.
fn take_away(document: &mut Json, rows: &[Row], row: &Row, path: &str) {
    let below = format!("{path}.");
    let shares = |other: &Row| {
        other.is_settable()
            && matches!(other.place, Place::Body(at) if !at.starts_with('/') && (path.is_empty() || at.starts_with(&below) || at == path && other.name != row.name))
    };
    match row.kind {
        Kind::Block(blocks) | Kind::Objects(blocks)
            if blocks.shape == Shape::Single && rows.iter().any(shares) =>
        {
            for inner in blocks.rows.iter().filter(|inner| inner.is_settable()) {
                let Place::Body(step) = inner.place else { continue };
                let within =
                    |step: &str| if path.is_empty() { step.to_owned() } else { format!("{below}{step}") };
                // An object that only this block fills goes as a whole.
                let first = within(step.split('.').next().unwrap_or_default());
                let own = first != within(step) && !rows.iter().any(|other| lies_in(other, &first));
                let (place, nothing) = if own { (first, Json::Null) } else { (within(step), cleared(inner)) };
                put(document, &place, nothing);
            }
        }
        Kind::Block(_)
        | Kind::Objects(_)
        | Kind::Text
        | Kind::Flag
        | Kind::Number
        | Kind::Texts
        | Kind::TextSet
        | Kind::Map
        | Kind::NumberSet => put(document, path, cleared(row)),
    }
}

/// Whether a row is at a path below `properties`, or below it.
fn lies_in(row: &Row, path: &str) -> bool {
    matches!(row.place, Place::Body(at) if at == path || at.strip_prefix(path).is_some_and(|rest| rest.starts_with('.')))
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_str() == Some("") || value.as_slice().is_some_and(<[Value]>::is_empty)
}

/// What ARM takes for nothing.
fn cleared(row: &Row) -> Json {
    match row.kind {
        // An object whose identity is only left out keeps it.
        Kind::Block(_) if row.place == Place::Body("/identity") => {
            json!({ "type": "None", "userAssignedIdentities": null })
        }
        Kind::Map => json!({}),
        Kind::Texts | Kind::TextSet | Kind::NumberSet => json!([]),
        Kind::Text | Kind::Flag | Kind::Number | Kind::Block(_) | Kind::Objects(_) => Json::Null,
    }
}

/// The value of a row as ARM spells it; `None` for nothing.
fn spelled(row: &Row, value: &Value, before: Option<&Value>) -> Option<Json> {
    if value.is_null() || !value.is_known() {
        return None;
    }
    match row.kind.blocks() {
        Some(blocks) => nested(blocks, value, before),
        None => {
            if !value.is_wholly_known() || value.as_str() == Some("") && !row.spelling.has_empty() {
                return None;
            }
            let mut json: Json = serde_json::from_str(&json::write(&value.unmark_deep().0)).ok()?;
            // A map is laid over the live one: keys that are gone are taken away by a null.
            if let (Json::Object(members), Some(before)) = (&mut json, before.and_then(Value::as_named)) {
                for gone in before.keys().filter(|name| value.attribute(name).is_none()) {
                    members.insert(gone.to_string(), Json::Null);
                }
            }
            let mut written = row.spelling.write(json);
            if row.spelling == Spelling::Keys {
                take_away_keys(&mut written, before);
            }
            Some(written).filter(|json| !json.is_null())
        }
    }
}

/// What is laid over the live object takes away the members whose names are gone.
fn take_away_keys(written: &mut Json, before: Option<&Value>) {
    let Some(members) = written.as_object_mut() else { return };
    for gone in before.and_then(Value::as_slice).unwrap_or_default().iter().filter_map(Value::as_str) {
        if !members.keys().any(|name| name.eq_ignore_ascii_case(gone)) {
            members.insert(gone.to_owned(), Json::Null);
        }
    }
}

fn nested(blocks: Blocks, value: &Value, before: Option<&Value>) -> Option<Json> {
    let items = value.as_slice()?;
    let before = before.and_then(Value::as_slice).unwrap_or_default();
    match blocks.shape {
        Shape::Single => items.first().map(|item| block(blocks.rows, item, before.first())),
        Shape::Many => Some(Json::Array(items.iter().map(|item| block(blocks.rows, item, None)).collect())),
        Shape::Named(at) | Shape::Keyed(at) => {
            let mut folded = serde_json::Map::new();
            for item in items {
                let mut body = block(blocks.rows, item, None);
                let name = body[at].as_str().unwrap_or_default().to_owned();
                if let (Shape::Keyed(_), Some(members)) = (blocks.shape, body.as_object_mut()) {
                    members.remove(at);
                }
                folded.insert(name, body);
            }
            // What is laid over the live object takes away the members that are gone.
            for old in before.iter().filter_map(|item| item.attribute(at).and_then(Value::as_str)) {
                folded.entry(old).or_insert(Json::Null);
            }
            Some(Json::Object(folded))
        }
        Shape::Pairs => {
            let [name, value, ..] = blocks.rows else { return None };
            let text =
                |item: &Value, row: &Row| item.attribute(row.name).and_then(Value::as_str).map(str::to_owned);
            let pairs =
                items.iter().filter_map(|item| Some((text(item, name)?, Json::from(text(item, value)?))));
            Some(Json::Object(pairs.collect()))
        }
    }
}

/// A text in the only block of a name.
pub fn text_in<'a>(value: &'a Value, block: &str, name: &str) -> Option<&'a str> {
    let item = value.attribute(block)?.as_slice()?.first()?;
    item.attribute(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// The JSON of one block; what it no longer has since `before` is null there.
pub fn block(rows: &[Row], item: &Value, before: Option<&Value>) -> Json {
    let mut body = json!({});
    for row in rows.iter().filter(|row| row.is_settable()) {
        let Place::Body(path) = row.place else { continue };
        let Some(value) = item.attribute(row.name) else { continue };
        let old = before.and_then(|before| before.attribute(row.name));
        match spelled(row, value, old) {
            Some(json) => put_below(&mut body, path, json),
            None if old.is_some_and(|old| !is_empty(old)) => put_below(&mut body, path, cleared(row)),
            None => {}
        }
    }
    body
}
