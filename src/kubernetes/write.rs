//! Writing: the object that is applied, out of the configuration.
//!
//! Rule: only what the configuration mentions, and defaults that the API does not have, is sent: server-side apply then
//! leaves everything else to whom it belongs.
//!
//! Invariant: a value that is not known is never sent.

use aksel_lang::value::Value;
use serde_json::{Map, Value as Json, json};

use crate::form;
use crate::kind::Kind;
use crate::row::{Default, Form, Presence, Reach, Row, Sending, Shape};

/// The object of a configuration.
pub fn object(kind: &Kind, config: &Value) -> Json {
    let (config, _) = config.unmark_deep();
    let mut body = Map::new();
    body.insert("apiVersion".into(), kind.api.version.into());
    body.insert("kind".into(), kind.api.kind.into());
    members(kind.rows, &config, &mut body);
    Json::Object(body)
}

fn members(rows: &[Row], value: &Value, body: &mut Map<String, Json>) {
    for row in rows.iter().filter(|row| row.reach == Reach::Remote && row.is_settable()) {
        let written = value.attribute(row.name).filter(|value| !value.is_null() && value.is_known());
        if let Shape::Inline(inner) = row.shape {
            for block in written.into_iter().flat_map(Value::elements) {
                members(inner, block, body);
            }
            continue;
        }
        let json = written.and_then(|value| to_json(row, value)).or_else(|| default(row));
        if let Some(json) = json {
            merge(body, row.json_key(), json);
        }
    }
}

/// Two rows may have one key: the plain and the encoded data of a Secret.
fn merge(body: &mut Map<String, Json>, key: String, json: Json) {
    match (body.get_mut(&key), json) {
        (Some(Json::Object(there)), Json::Object(more)) => there.extend(more),
        (_, json) => {
            body.insert(key, json);
        }
    }
}

/// What is sent where nothing is written.
fn default(row: &Row) -> Option<Json> {
    if row.sending == Sending::OnlyWritten || row.presence == Presence::ReadOnly {
        return None;
    }
    match (row.default, row.shape) {
        (Default::Text(text), Shape::Text(form)) => Some(form::to_json(form, text)),
        (Default::Text(text), _) => Some(text.into()),
        (Default::Number(number), _) => Some(number.into()),
        (Default::Flag(true), _) => Some(true.into()),
        // What is false is what the API takes it for.
        (Default::Flag(false) | Default::None, _) => None,
    }
}

fn to_json(row: &Row, value: &Value) -> Option<Json> {
    match row.shape {
        Shape::Text(form) => scalar_text(form, value),
        Shape::Flag => value.as_bool().map(Json::from),
        Shape::Number => number(value),
        Shape::Texts | Shape::TextSet => {
            filled(value.elements().filter_map(|item| item.as_str().map(Json::from)).collect())
        }
        Shape::NumberSet | Shape::Numbers => filled(value.elements().filter_map(number).collect()),
        Shape::Map(form) => entries(form, value),
        Shape::Block(rows) => value.elements().next().map(|block| whole(rows, block)),
        Shape::Blocks(rows) | Shape::BlockSet(rows) => {
            filled(value.elements().map(|block| whole(rows, block)).collect())
        }
        Shape::Inline(_) => None,
    }
}

fn scalar_text(form: Form, value: &Value) -> Option<Json> {
    value.as_str().map(|text| form::to_json(form, text))
}

fn number(value: &Value) -> Option<Json> {
    let number = value.as_number()?;
    Some(number.to_i64().map_or_else(|| json!(number.to_f64()), Json::from))
}

fn filled(items: Vec<Json>) -> Option<Json> {
    if items.is_empty() { None } else { Some(Json::Array(items)) }
}

fn entries(form: Form, value: &Value) -> Option<Json> {
    let entry =
        |(key, value): (&aksel_lang::types::Text, &Value)| Some((key.to_string(), scalar_text(form, value)?));
    let entries: Map<String, Json> = value.as_named()?.iter().filter_map(entry).collect();
    if entries.is_empty() { None } else { Some(Json::Object(entries)) }
}

fn whole(rows: &[Row], block: &Value) -> Json {
    let mut body = Map::new();
    members(rows, block, &mut body);
    Json::Object(body)
}
