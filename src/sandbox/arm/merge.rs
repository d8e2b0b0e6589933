//! JSON in place: paths, defaults and merging.

use serde_json::{Map, Value};

/// What stands at a path such as `properties/sku/name`.
pub(crate) fn at<'a>(body: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    let (first, rest) = path.split_once('/').unwrap_or((path, ""));
    let found = body.get(first)?;
    if rest.is_empty() { Some(found) } else { at(found.as_object()?, rest) }
}

/// The text at a path; empty where there is none.
pub(crate) fn text<'a>(body: &'a Map<String, Value>, path: &str) -> &'a str {
    at(body, path).and_then(Value::as_str).unwrap_or("")
}

/// Whether the value at a path is `true`.
pub(crate) fn is_on(body: &Map<String, Value>, path: &str) -> bool {
    at(body, path).and_then(Value::as_bool).unwrap_or(false)
}

/// Sets what stands at a path, and makes the objects on the way.
pub(crate) fn put(body: &mut Map<String, Value>, path: &str, value: impl Into<Value>) {
    let (first, rest) = path.split_once('/').unwrap_or((path, ""));
    if rest.is_empty() {
        body.insert(first.to_owned(), value.into());
        return;
    }
    let inner = body.entry(first).or_insert_with(|| Value::Object(Map::new()));
    if !inner.is_object() {
        *inner = Value::Object(Map::new());
    }
    if let Some(inner) = inner.as_object_mut() {
        put(inner, rest, value);
    }
}

/// Sets what stands at a path unless something does; null and the empty text are nothing.
pub(crate) fn fill(body: &mut Map<String, Value>, path: &str, value: impl Into<Value>) {
    let missing = match at(body, path) {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.is_empty(),
        Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => false,
    };
    if missing {
        put(body, path, value);
    }
}

/// Sets all that a table of paths and values says, unless it is set.
pub(crate) fn fill_all(body: &mut Map<String, Value>, defaults: &[(&str, Value)]) {
    for (path, value) in defaults {
        fill(body, path, value.clone());
    }
}

/// Merges as ARM's PATCH does: objects by member, `tags` and lists as a whole, null removes.
pub(crate) fn patch(into: &mut Map<String, Value>, from: &Map<String, Value>) {
    for (name, value) in from {
        match (into.get_mut(name), value) {
            (_, Value::Null) => drop(into.remove(name)),
            (Some(Value::Object(inner)), Value::Object(value)) if name != "tags" => patch(inner, value),
            _ => drop(into.insert(name.clone(), value.clone())),
        }
    }
}
