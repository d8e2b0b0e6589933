//! Writing: a planned value becomes the body of a request.
//!
//! Invariant: what is null is left out; what ARM alone gives is never sent.
//! Never: a request is made here.

use aksel_lang::json;
use aksel_lang::value::Value;
use serde_json::{Value as Json, json};

use crate::document::{empty, put, put_below};
use crate::resource_type::ResourceType;
use crate::row::{Kind, Place, Row};

/// The document that makes an object, or changes one: `body`, and the parts that are written on their own.
///
/// With a state, only what differs from it is in the document.
pub fn document(resource: &ResourceType, planned: &Value, state: Option<&Value>) -> Json {
    let mut document = empty();
    for row in resource.attributes.iter().filter(|row| row.is_settable()) {
        let Place::Body(path) = row.place else { continue };
        let Some(value) = planned.attribute(row.name) else { continue };
        let before = state.and_then(|state| state.attribute(row.name));
        if before == Some(value) {
            continue;
        }
        match spelled(row, value) {
            Some(json) => put(&mut document, path, json),
            // What was there and is no longer wanted is taken away.
            None if before.is_some_and(|before| !is_empty(before)) => put(&mut document, path, cleared(row)),
            None => {}
        }
    }
    if let Some(hook) = resource.hooks.before_write {
        hook(&mut document, planned);
    }
    document
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_str() == Some("") || value.as_slice().is_some_and(<[Value]>::is_empty)
}

/// What ARM takes for nothing.
fn cleared(row: &Row) -> Json {
    match row.kind {
        Kind::Map => json!({}),
        Kind::Texts | Kind::TextSet => json!([]),
        Kind::Text | Kind::Flag | Kind::Number | Kind::Block(_) | Kind::Objects(_) => Json::Null,
    }
}

/// The value of a row as ARM spells it; `None` for nothing.
fn spelled(row: &Row, value: &Value) -> Option<Json> {
    if value.is_null() || !value.is_known() {
        return None;
    }
    match row.kind {
        Kind::Block(blocks) => nested(blocks.rows, value, if blocks.max == 1 { Shape::Single } else { Shape::Many }),
        Kind::Objects(rows) => nested(rows, value, Shape::Many),
        Kind::Text | Kind::Flag | Kind::Number | Kind::Texts | Kind::TextSet | Kind::Map => {
            let json: Json = serde_json::from_str(&json::write(&value.unmark_deep().0)).ok()?;
            Some(row.spelling.write(json))
        }
    }
}

enum Shape {
    Single,
    Many,
}

fn nested(rows: &[Row], value: &Value, shape: Shape) -> Option<Json> {
    let items = value.as_slice()?;
    let mut bodies = items.iter().map(|item| block(rows, item));
    match shape {
        Shape::Single => bodies.next(),
        Shape::Many => Some(Json::Array(bodies.collect())),
    }
}

fn block(rows: &[Row], item: &Value) -> Json {
    let mut body = json!({});
    for row in rows.iter().filter(|row| row.is_settable()) {
        let Place::Body(path) = row.place else { continue };
        if let Some(json) = item.attribute(row.name).and_then(|value| spelled(row, value)) {
            put_below(&mut body, path, json);
        }
    }
    body
}
