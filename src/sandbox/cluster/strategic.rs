//! Strategic merge patches: lists with merge keys are merged element by element.
//!
//! Source: <https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md>

use serde_json::{Map, Value, json};

use crate::cluster::merging::go_plain;
use crate::cluster::status::Refused;
use crate::cluster::structure::{Patching, Shape};

const DIRECTIVE: &str = "$patch";
const RETAIN: &str = "$retainKeys";
const ORDER: &str = "$setElementOrder/";
const DELETE: &str = "$deleteFromPrimitiveList/";

/// What is wrong with a patch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It cannot be read as a patch.
    Format(String),
    /// It cannot be carried out.
    Failed(String),
}

impl Fault {
    pub(crate) fn refusal(self) -> Refused {
        match self {
            Fault::Format(words) => Refused::bad(words),
            Fault::Failed(words) => Refused::new(500, "", words),
        }
    }
}

/// Lays a strategic merge patch over an object.
///
/// # Errors
/// An unknown directive, an element without its key, an order that lacks what is patched.
pub(crate) fn strategic(shape: &Shape, object: &mut Value, patch: &Value) -> Result<(), Fault> {
    let Value::Object(members) = patch else {
        *object = patch.clone();
        return Ok(());
    };
    match members.get(DIRECTIVE).map(|directive| directive.as_str().unwrap_or_default()) {
        Some("replace") => {
            let kept = members.iter().filter(|(name, _)| *name != DIRECTIVE);
            *object = Value::Object(kept.map(|(name, value)| (name.clone(), value.clone())).collect());
            return Ok(());
        }
        Some("delete") => {
            *object = json!({});
            return Ok(());
        }
        None | Some("merge") => {}
        Some(other) => {
            return Err(Fault::Failed(format!("unknown patch type: {other} in map: {}", go_plain(patch))));
        }
    }
    if !object.is_object() {
        *object = json!({});
    }
    if let Some(kept) = members.get(RETAIN) {
        retain(object, kept)?;
    }
    for (name, value) in members.iter().filter(|(name, _)| !name.starts_with('$')) {
        if value.is_null() {
            object.as_object_mut().map(|object| object.shift_remove(name));
            continue;
        }
        member(shape, object, name, value, members)?;
    }
    for (name, gone) in members.iter().filter_map(|(name, gone)| Some((name.strip_prefix(DELETE)?, gone))) {
        let gone = gone.as_array().cloned().unwrap_or_default();
        if let Some(list) = object.get_mut(name).and_then(Value::as_array_mut) {
            list.retain(|item| !gone.contains(item));
        }
    }
    for (name, order) in members.iter().filter_map(|(name, order)| Some((name.strip_prefix(ORDER)?, order))) {
        put_in_order(shape, object, name, order, members.get(name))?;
    }
    Ok(())
}

fn retain(object: &mut Value, kept: &Value) -> Result<(), Fault> {
    let Some(kept) = kept.as_array() else {
        return Err(Fault::Format("invalid patch format of retainKeys".into()));
    };
    if let Some(members) = object.as_object_mut() {
        members.retain(|name, _| kept.iter().any(|one| one == name.as_str()));
    }
    Ok(())
}

/// How a list is merged: its key (empty for plain values), if it is merged at all.
fn merge_key(shape: &Shape, name: &str) -> Option<String> {
    let field = shape.record()?.fields.get(name)?;
    match &field.patch {
        Patching::Merge(key) | Patching::MergeRetaining(key) => Some(key.clone()),
        Patching::Replace | Patching::Retain => None,
    }
}

fn member(
    shape: &Shape,
    object: &mut Value,
    name: &str,
    value: &Value,
    _patch: &Map<String, Value>,
) -> Result<(), Fault> {
    let inner = shape.member(name).unwrap_or(&Shape::Any);
    match (value, merge_key(shape, name)) {
        (Value::Object(_), _) => {
            if object.get(name).is_none_or(|old| !old.is_object()) {
                object[name] = json!({});
            }
            strategic(inner, &mut object[name], value)?;
            let deleted = value[DIRECTIVE] == "delete";
            if deleted {
                object.as_object_mut().map(|object| object.shift_remove(name));
            }
            Ok(())
        }
        (Value::Array(items), Some(key)) => {
            let old = object.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
            let item = inner.item().unwrap_or(&Shape::Any);
            object[name] = Value::Array(merged(item, &old, items, &key)?);
            Ok(())
        }
        _ => {
            object[name] = without_directives(value);
            Ok(())
        }
    }
}

/// A value that is taken as a whole.
fn without_directives(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .filter(|(name, _)| !name.starts_with('$'))
            .map(|(name, value)| (name.clone(), without_directives(value)))
            .collect(),
        Value::Array(items) => items.iter().map(without_directives).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

fn key_of<'v>(item: &'v Value, key: &str) -> Result<&'v Value, Fault> {
    item.get(key).ok_or_else(|| {
        Fault::Failed(format!("map: {} does not contain declared merge key: {key}", go_plain(item)))
    })
}

fn merged(shape: &Shape, old: &[Value], patch: &[Value], key: &str) -> Result<Vec<Value>, Fault> {
    if key.is_empty() {
        let mut both: Vec<Value> = Vec::new();
        for item in old.iter().chain(patch) {
            if !both.contains(item) {
                both.push(item.clone());
            }
        }
        return Ok(ordered(both, patch, old, |item, order| order.iter().position(|other| other == item)));
    }
    let directive = |item: &Value| item.get(DIRECTIVE).map(|one| one.as_str().unwrap_or_default().to_owned());
    if patch.iter().any(|item| directive(item).as_deref() == Some("replace")) {
        return Ok(patch.iter().filter(|item| directive(item).is_none()).cloned().collect());
    }
    let mut all = old.to_vec();
    let mut kept = Vec::new();
    for item in patch {
        match directive(item).as_deref() {
            Some("delete") => {
                let wanted = key_of(item, key)?;
                all.retain(|other| other.get(key) != Some(wanted));
                continue;
            }
            None | Some("merge") => {}
            Some(other) => {
                return Err(Fault::Failed(format!("unknown patch type: {other} in map: {}", go_plain(item))));
            }
        }
        let wanted = key_of(item, key)?;
        kept.push(item.clone());
        match all.iter_mut().find(|other| other.get(key) == Some(wanted)) {
            Some(other) => strategic(shape, other, item)?,
            None => {
                let mut new = json!({});
                strategic(shape, &mut new, item)?;
                all.push(new);
            }
        }
    }
    let at = |item: &Value, order: &[Value]| order.iter().position(|other| other.get(key) == item.get(key));
    Ok(ordered(all, &kept, old, at))
}

/// Puts what a patch names into its order; the rest keeps its own, before or after by where it stood.
fn ordered(
    all: Vec<Value>,
    order: &[Value],
    old: &[Value],
    at: impl Fn(&Value, &[Value]) -> Option<usize>,
) -> Vec<Value> {
    let (mut named, mut rest): (Vec<Value>, Vec<Value>) =
        all.into_iter().partition(|item| at(item, order).is_some());
    named.sort_by_key(|item| at(item, order));
    rest.sort_by_key(|item| at(item, old));
    let (mut left, mut right) = (rest.into_iter().peekable(), named.into_iter().peekable());
    let mut merged = Vec::new();
    loop {
        let take_left = match (left.peek(), right.peek()) {
            (None, None) => return merged,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (Some(l), Some(r)) => match (at(l, old), at(r, old)) {
                (Some(l), Some(r)) => l < r,
                _ => false,
            },
        };
        merged.extend(if take_left { left.next() } else { right.next() });
    }
}

fn put_in_order(
    shape: &Shape,
    object: &mut Value,
    name: &str,
    order: &Value,
    patch: Option<&Value>,
) -> Result<(), Fault> {
    let Some(order) = order.as_array() else { return Ok(()) };
    let key = merge_key(shape, name).unwrap_or_default();
    let same = |a: &Value, b: &Value| if key.is_empty() { a == b } else { a.get(&key) == b.get(&key) };
    let items = patch.and_then(Value::as_array).cloned().unwrap_or_default();
    let wanted: Vec<&Value> = items.iter().filter(|item| item.get(DIRECTIVE).is_none()).collect();
    if wanted.iter().any(|item| !order.iter().any(|other| same(item, other))) {
        return Err(Fault::Failed(format!(
            "The order in patch list:\n{}\n doesn't match $setElementOrder list:\n{}\n",
            go_plain(&Value::Array(items)),
            go_plain(&Value::Array(order.clone()))
        )));
    }
    if let Some(list) = object.get_mut(name).and_then(Value::as_array_mut) {
        let old = list.clone();
        let at = |item: &Value, order: &[Value]| order.iter().position(|other| same(other, item));
        *list = ordered(old.clone(), order, &old, at);
    }
    Ok(())
}

/// The first thing for which a patched object has no place, as the conversion words it.
pub(crate) fn unfit(shape: &Shape, value: &Value) -> Option<String> {
    let kind = match value {
        Value::Null => return None,
        Value::Object(_) => "map",
        Value::Array(_) => "slice",
        Value::String(_) => "string",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::Bool(_) => "bool",
    };
    match (shape, value) {
        (Shape::List(list), Value::Array(items)) => items.iter().find_map(|item| unfit(&list.item, item)),
        (Shape::List(_), _) => Some(format!("cannot restore slice from {kind}")),
        (Shape::Map(_), Value::Object(members)) => {
            members.iter().find_map(|(name, inner)| unfit(shape.member(name)?, inner))
        }
        (Shape::BuiltIn(_), Value::Object(members)) => {
            members.iter().find_map(|(name, inner)| unfit(shape.member(name)?, inner))
        }
        (Shape::Map(_), _) => Some(format!("cannot restore map from {kind}")),
        (Shape::BuiltIn(_), _) => Some(format!("cannot restore struct from: {kind}")),
        (Shape::Text, Value::String(_)) | (Shape::Flag, Value::Bool(_)) => None,
        (Shape::Int32 | Shape::Int64 | Shape::Number, Value::Number(_)) => None,
        (Shape::Text, _) => Some(format!("cannot convert {kind} to string")),
        (Shape::Flag, _) => Some(format!("cannot convert {kind} to bool")),
        (Shape::Int32, _) => Some(format!("cannot convert {kind} to int32")),
        (Shape::Int64, _) => Some(format!("cannot convert {kind} to int64")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::structure::shape_of;

    #[test]
    fn containers_are_merged_by_name() {
        let shape = shape_of("", "v1", "Pod").unwrap();
        let mut object = json!({ "spec": { "containers": [{ "name": "a", "image": "1" }, { "name": "b", "image": "1" }] } });
        let patch = json!({ "spec": { "containers": [{ "name": "b", "image": "2" }, { "name": "a", "$patch": "delete" }] } });
        strategic(&shape, &mut object, &patch).unwrap();
        assert_eq!(object["spec"]["containers"], json!([{ "name": "b", "image": "2" }]));
    }

    #[test]
    fn an_unknown_directive_is_refused() {
        let shape = shape_of("", "v1", "Pod").unwrap();
        let patch = json!({ "spec": { "nodeSelector": { "$patch": "shred" } } });
        let fault = strategic(&shape, &mut json!({}), &patch).unwrap_err();
        assert_eq!(fault, Fault::Failed("unknown patch type: shred in map: map[$patch:shred]".into()));
    }
}
