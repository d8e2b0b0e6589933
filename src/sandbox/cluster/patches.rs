//! Patches: JSON patch (RFC 6902), JSON merge patch (RFC 7396) and Kubernetes' strategic merge patch.

use serde_json::{Map, Value, json};

use crate::cluster::kinds::Served;
use crate::cluster::merging::go_plain;
use crate::cluster::requests::Sent;
use crate::cluster::status::{Cause, Refused};
use crate::cluster::strategic::strategic;

/// What a patch has made of an object.
pub(crate) struct Patched {
    pub(crate) object: Value,
    /// What messages show as the patch.
    pub(crate) shown: String,
    /// The keys that the patch has twice.
    pub(crate) twice: Vec<String>,
}

/// Applies a patch of a content type.
///
/// # Errors
/// When the patch is none, or leads nowhere.
pub(crate) fn patched(served: &Served, kind: &str, old: &Value, sent: &Sent) -> Result<Patched, Refused> {
    let patch = &sent.value;
    let twice = sent.twice.clone();
    if kind == "application/json-patch+json" {
        let object = json_patch(old, patch)?;
        return Ok(Patched { shown: shown(&object), object, twice: Vec::new() });
    }
    let found = match patch {
        Value::Object(_) => None,
        Value::Null => return Err(Refused::bad("Invalid JSON Patch")),
        Value::Array(_) => Some("array"),
        Value::String(_) => Some("string"),
        Value::Number(_) => Some("number"),
        Value::Bool(_) => Some("bool"),
    };
    if let Some(found) = found {
        return Err(Refused::bad(format!(
            "error decoding patch: json: cannot unmarshal {found} into Go value of type map[string]interface {{}}"
        )));
    }
    let mut object = old.clone();
    if kind == "application/merge-patch+json" {
        merge_patch(&mut object, patch);
        return Ok(Patched { shown: shown(&object), object, twice });
    }
    let plain = go_plain(patch);
    strategic(&served.shape, &mut object, patch).map_err(|fault| fault.refusal())?;
    if let Some(words) = crate::cluster::strategic::unfit(&served.shape, &object) {
        let value = format!("{plain:?}");
        return Err(Refused::invalid_patch(&[Cause::invalid("patch", &value, &words)]));
    }
    Ok(Patched { object, shown: plain, twice })
}

/// An object as messages show it: its members in order.
fn shown(object: &Value) -> String {
    let mut members: Vec<(&String, &Value)> = object.as_object().into_iter().flatten().collect();
    members.sort_by_key(|(name, _)| *name);
    let inner = |name: &str, value: &Value| {
        if name == "metadata" { in_order(value, METADATA) } else { value.clone() }
    };
    let sorted: Map<String, Value> =
        members.into_iter().map(|(name, value)| (name.clone(), inner(name, value))).collect();
    Value::Object(sorted).to_string()
}

/// The members of metadata, in the order of their type.
const METADATA: &[&str] = &[
    "name",
    "generateName",
    "namespace",
    "selfLink",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "labels",
    "annotations",
    "ownerReferences",
    "finalizers",
    "managedFields",
];
/// The members of an owner's entry, in the order of their type.
const ENTRY: &[&str] =
    &["manager", "operation", "apiVersion", "time", "fieldsType", "fieldsV1", "subresource"];

fn in_order(value: &Value, order: &[&str]) -> Value {
    let Some(members) = value.as_object() else { return value.clone() };
    let place = |name: &str| order.iter().position(|known| *known == name).unwrap_or(order.len());
    let mut sorted: Vec<(&String, &Value)> = members.iter().collect();
    sorted.sort_by_key(|(name, _)| place(name));
    let inner = |name: &str, value: &Value| match value {
        Value::Array(entries) if name == "managedFields" => {
            entries.iter().map(|entry| in_order(entry, ENTRY)).collect()
        }
        _ => value.clone(),
    };
    sorted.into_iter().map(|(name, value)| (name.clone(), inner(name, value))).collect()
}

/// Applies the operations of a JSON patch.
///
/// # Errors
/// When an operation leads nowhere or a test fails.
pub(crate) fn json_patch(object: &Value, patch: &Value) -> Result<Value, Refused> {
    let mut new = object.clone();
    let operations = patch.as_array().ok_or_else(|| {
        Refused::bad(
            "error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch",
        )
    })?;
    let failed = || {
        let words = "the server rejected our request due to an error in our request";
        Refused { details: json!({}), ..Refused::new(422, "Invalid", words) }
    };
    for operation in operations {
        let path = operation["path"].as_str().unwrap_or_default();
        let value = match operation["op"].as_str() {
            Some("copy" | "move") => {
                let from = operation["from"].as_str().unwrap_or_default();
                let value = new.pointer(from).cloned().ok_or_else(failed)?;
                if operation["op"] == "move" {
                    remove(&mut new, from).ok_or_else(failed)?;
                }
                value
            }
            _ => operation["value"].clone(),
        };
        match operation["op"].as_str() {
            Some("add" | "copy" | "move") => add(&mut new, path, value).ok_or_else(failed)?,
            Some("replace") => replace(&mut new, path, value).ok_or_else(failed)?,
            Some("remove") => remove(&mut new, path).ok_or_else(failed)?,
            Some("test") if new.pointer(path).unwrap_or(&Value::Null) == &value => {}
            _ => return Err(failed()),
        }
    }
    Ok(new)
}

fn split(path: &str) -> Option<(&str, String)> {
    let (parent, last) = path.rsplit_once('/')?;
    Some((parent, last.replace("~1", "/").replace("~0", "~")))
}

fn add(object: &mut Value, path: &str, value: Value) -> Option<()> {
    if path.is_empty() {
        *object = value;
        return Some(());
    }
    let (parent, last) = split(path)?;
    match object.pointer_mut(parent)? {
        Value::Object(members) => drop(members.insert(last, value)),
        Value::Array(items) if last == "-" => items.push(value),
        Value::Array(items) => {
            let at: usize = last.parse().ok().filter(|at| *at <= items.len())?;
            items.insert(at, value);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return None,
    }
    Some(())
}

/// A member of an object need not be there to be replaced.
fn replace(object: &mut Value, path: &str, value: Value) -> Option<()> {
    let (parent, last) = split(path)?;
    match object.pointer_mut(parent)? {
        Value::Object(members) => drop(members.insert(last, value)),
        Value::Array(items) => *items.get_mut(last.parse::<usize>().ok()?)? = value,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return None,
    }
    Some(())
}

fn remove(object: &mut Value, path: &str) -> Option<()> {
    let (parent, last) = split(path)?;
    match object.pointer_mut(parent)? {
        Value::Object(members) => members.shift_remove(&last).map(drop),
        Value::Array(items) => {
            let at: usize = last.parse().ok().filter(|at| *at < items.len())?;
            items.remove(at);
            Some(())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// Lays a merge patch over an object.
pub(crate) fn merge_patch(object: &mut Value, patch: &Value) {
    let Value::Object(members) = patch else {
        *object = patch.clone();
        return;
    };
    if !object.is_object() {
        *object = json!({});
    }
    for (name, value) in members {
        if value.is_null() {
            object.as_object_mut().map(|object| object.shift_remove(name));
        } else {
            merge_patch(&mut object[name.as_str()], value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_carried_out_in_order() {
        let patch = json!([
            { "op": "test", "path": "/a", "value": 1 },
            { "op": "replace", "path": "/a", "value": 2 },
            { "op": "add", "path": "/l/0", "value": "x" },
            { "op": "move", "from": "/a", "path": "/b" },
        ]);
        let new = json_patch(&json!({ "a": 1, "l": ["y"] }), &patch).unwrap();
        assert_eq!(new, json!({ "b": 2, "l": ["x", "y"] }));
        assert!(json_patch(&json!({}), &json!([{ "op": "remove", "path": "/a" }])).is_err());
    }
}
