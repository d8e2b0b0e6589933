//! Patches: JSON patch (RFC 6902), JSON merge patch (RFC 7396) and Kubernetes' strategic merge patch.

use serde_json::{Value, json};

use crate::cluster::lists::{Merging, key_default, merging};
use crate::cluster::status::Refused;

/// Applies the operations of a JSON patch.
///
/// # Errors
/// When an operation leads nowhere or a test fails.
pub(crate) fn json_patch(object: &Value, patch: &Value) -> Result<Value, Refused> {
    let mut new = object.clone();
    let operations = patch.as_array().ok_or_else(|| Refused::bad("a JSON patch is a list of operations"))?;
    for operation in operations {
        let path = operation["path"].as_str().unwrap_or_default();
        let failed = || {
            Refused::new(
                422,
                "Invalid",
                format!("the server rejected our request due to an error in our request: {path}"),
            )
        };
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
            Some("replace") => *new.pointer_mut(path).ok_or_else(failed)? = value,
            Some("remove") => remove(&mut new, path).ok_or_else(failed)?,
            Some("test") if new.pointer(path) == Some(&value) => {}
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
        _ => return None,
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
        _ => None,
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

/// Lays a strategic merge patch over an object: lists with keys are merged by them.
pub(crate) fn strategic(outer: &str, name: &str, object: &mut Value, patch: &Value) {
    match patch {
        Value::Object(members) => {
            if patch["$patch"] == "replace" {
                *object = Value::Object(
                    members
                        .iter()
                        .filter(|(name, _)| *name != "$patch")
                        .map(|(n, v)| (n.clone(), v.clone()))
                        .collect(),
                );
                return;
            }
            if !object.is_object() {
                *object = json!({});
            }
            for (inner, value) in members.iter().filter(|(name, _)| !name.starts_with('$')) {
                if value.is_null() {
                    object.as_object_mut().map(|object| object.shift_remove(inner));
                } else {
                    strategic(name, inner, &mut object[inner.as_str()], value);
                }
            }
        }
        Value::Array(items) => match (merging(outer, name), object.as_array_mut()) {
            (Merging::Map(keys), Some(list)) => {
                items.iter().for_each(|item| keyed(outer, name, list, item, keys))
            }
            (Merging::Set, Some(list)) => {
                for item in items {
                    if !list.contains(item) {
                        list.push(item.clone());
                    }
                }
            }
            _ => *object = patch.clone(),
        },
        other => *object = other.clone(),
    }
}

fn keyed(outer: &str, name: &str, list: &mut Vec<Value>, item: &Value, keys: &[&str]) {
    // Only the first key counts in a strategic merge.
    let key = keys[0];
    let of = |value: &Value| value.get(key).cloned().or_else(|| key_default(key).map(Value::from));
    let wanted = of(item);
    if item["$patch"] == "delete" {
        list.retain(|other| of(other) != wanted);
        return;
    }
    match list.iter_mut().find(|other| of(other) == wanted) {
        Some(other) => strategic(outer, name, other, item),
        None => list.push(item.clone()),
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

    #[test]
    fn containers_are_merged_by_name() {
        let mut object = json!({ "spec": { "containers": [{ "name": "a", "image": "1" }, { "name": "b", "image": "1" }] } });
        strategic(
            "",
            "",
            &mut object,
            &json!({ "spec": { "containers": [{ "name": "b", "image": "2" }, { "name": "a", "$patch": "delete" }] } }),
        );
        assert_eq!(object["spec"]["containers"], json!([{ "name": "b", "image": "2" }]));
    }
}
