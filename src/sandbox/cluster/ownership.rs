//! Server-side apply: who owns which field, and what an apply makes of an object.
//!
//! Source: <https://kubernetes.io/docs/reference/using-api/server-side-apply/>
//!
//! Invariant: a field that an apply no longer names and that nobody else owns goes away.
//! Invariant: a field that somebody else owns with another value is changed only by force.
//! Never: identity and bookkeeping (`metadata.name`, `uid`, `resourceVersion`, …) are owned.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::cluster::lists::{Merging, key_default, merging};
use crate::cluster::status::Refused;

/// Members of metadata that nobody owns.
const UNOWNED: &[&str] = &[
    "name",
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "managedFields",
    "selfLink",
    "generateName",
];

/// A set of fields as a tree; a leaf is a field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fields(BTreeMap<String, Fields>);

/// Who writes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Writer<'w> {
    pub(crate) manager: &'w str,
    pub(crate) api_version: &'w str,
    pub(crate) subresource: &'w str,
    pub(crate) now: &'w str,
}

/// Whether conflicts are overcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Force {
    Yes,
    No,
}

impl Fields {
    fn of_object(object: &Value) -> Fields {
        let mut fields = Fields::default();
        for (name, value) in object.as_object().into_iter().flatten() {
            match name.as_str() {
                "apiVersion" | "kind" => {}
                "metadata" => {
                    let mut inner = Fields::default();
                    for (name, value) in value.as_object().into_iter().flatten() {
                        if !UNOWNED.contains(&name.as_str()) && is_something("metadata", name, value) {
                            inner.0.insert(format!("f:{name}"), Fields::of_value("metadata", name, value));
                        }
                    }
                    if !inner.0.is_empty() {
                        fields.0.insert("f:metadata".into(), inner);
                    }
                }
                _ => drop(fields.0.insert(format!("f:{name}"), Fields::of_value("", name, value))),
            }
        }
        fields
    }

    fn of_value(outer: &str, name: &str, value: &Value) -> Fields {
        match value {
            Value::Object(members) => Fields(
                members
                    .iter()
                    .filter(|(inner, value)| is_something(name, inner, value))
                    .map(|(inner, value)| (format!("f:{inner}"), Fields::of_value(name, inner, value)))
                    .collect(),
            ),
            Value::Array(items) => match merging(outer, name) {
                Merging::Atomic => Fields::default(),
                Merging::Set => {
                    Fields(items.iter().map(|item| (format!("v:{item}"), Fields::default())).collect())
                }
                Merging::Map(keys) => Fields(
                    items
                        .iter()
                        .map(|item| {
                            let mut inner = Fields::of_value(outer, name, item);
                            inner.0.insert(".".into(), Fields::default());
                            (format!("k:{}", key_of(item, keys)), inner)
                        })
                        .collect(),
                ),
            },
            _ => Fields::default(),
        }
    }

    fn from_json(json: &Value) -> Fields {
        let members = json.as_object().into_iter().flatten();
        Fields(members.map(|(name, inner)| (name.clone(), Fields::from_json(inner))).collect())
    }

    fn to_json(&self) -> Value {
        Value::Object(self.0.iter().map(|(name, inner)| (name.clone(), inner.to_json())).collect())
    }

    fn is_leaf(&self) -> bool {
        self.0.is_empty()
    }

    fn leaves(&self) -> Vec<Vec<String>> {
        let mut found = Vec::new();
        self.collect(&mut Vec::new(), &mut found);
        found
    }

    fn collect(&self, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
        if self.is_leaf() && !path.is_empty() {
            found.push(path.clone());
        }
        for (name, inner) in &self.0 {
            path.push(name.clone());
            inner.collect(path, found);
            path.pop();
        }
    }

    fn has(&self, path: &[String]) -> bool {
        match path.split_first() {
            None => true,
            Some((first, rest)) => self.0.get(first).is_some_and(|inner| inner.has(rest)),
        }
    }

    fn owns(&self, path: &[String]) -> bool {
        !self.is_leaf() && self.has(path)
    }

    fn insert(&mut self, path: &[String]) {
        if let Some((first, rest)) = path.split_first() {
            self.0.entry(first.clone()).or_default().insert(rest);
        }
    }

    fn remove(&mut self, path: &[String]) {
        let Some((first, rest)) = path.split_first() else { return };
        let Some(inner) = self.0.get_mut(first) else { return };
        inner.remove(rest);
        if rest.is_empty() || inner.is_leaf() {
            self.0.remove(first);
        }
    }
}

/// Whether a member is a field: a list of elements with keys is one only through its elements.
fn is_something(outer: &str, name: &str, value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(items) if items.is_empty() => merging(outer, name) == Merging::Atomic,
        _ => true,
    }
}

/// The key of an element, as field paths write it.
fn key_of(item: &Value, keys: &[&str]) -> String {
    let members: Map<String, Value> = keys
        .iter()
        .filter_map(|name| {
            let value = item.get(*name).filter(|value| !value.is_null()).cloned();
            Some(((*name).to_owned(), value.or_else(|| key_default(name).map(Value::from))?))
        })
        .collect();
    Value::Object(members).to_string()
}

/// What stands at a path of field steps.
fn follow<'v>(value: &'v Value, path: &[String]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, step| match step.split_at(2.min(step.len())) {
        ("f:", name) => value.get(name),
        ("k:", key) => {
            let key: Value = serde_json::from_str(key).ok()?;
            value.as_array()?.iter().find(|item| is_keyed(item, &key))
        }
        ("v:", text) => {
            let wanted: Value = serde_json::from_str(text).ok()?;
            value.as_array()?.iter().find(|item| **item == wanted)
        }
        _ => Some(value),
    })
}

fn is_keyed(item: &Value, key: &Value) -> bool {
    key.as_object().into_iter().flatten().all(|(name, value)| {
        match item.get(name).filter(|found| !found.is_null()) {
            Some(found) => found == value,
            None => key_default(name).is_some_and(|default| value == default),
        }
    })
}

fn cut(value: &mut Value, path: &[String]) {
    let Some((step, rest)) = path.split_first() else { return };
    if step == "." {
        return;
    }
    let (kind, text) = step.split_at(2);
    match kind {
        "f:" => {
            let Some(members) = value.as_object_mut() else { return };
            if rest.is_empty() {
                members.shift_remove(text);
            } else if let Some(inner) = members.get_mut(text) {
                cut(inner, rest);
            }
        }
        "k:" => {
            let Ok(key) = serde_json::from_str::<Value>(text) else { return };
            let Some(items) = value.as_array_mut() else { return };
            match rest {
                [] => items.retain(|item| !is_keyed(item, &key)),
                [dot] if dot == "." => items.retain(|item| !is_keyed(item, &key)),
                rest => {
                    if let Some(item) = items.iter_mut().find(|item| is_keyed(item, &key)) {
                        cut(item, rest);
                    }
                }
            }
        }
        _ => {
            let Ok(wanted) = serde_json::from_str::<Value>(text) else { return };
            if let Some(items) = value.as_array_mut() {
                items.retain(|item| *item != wanted);
            }
        }
    }
}

/// Lays a configuration over an object.
fn merge(outer: &str, name: &str, live: &mut Value, config: &Value) {
    match (live, config) {
        (Value::Object(live), Value::Object(config)) => {
            for (inner, value) in config.iter().filter(|(_, value)| !value.is_null()) {
                merge(name, inner, live.entry(inner.clone()).or_insert(Value::Null), value);
            }
        }
        (Value::Array(live), Value::Array(config)) => match merging(outer, name) {
            Merging::Atomic => *live = config.clone(),
            Merging::Set => {
                for item in config.iter().filter(|item| !live.contains(item)).cloned().collect::<Vec<_>>() {
                    live.push(item);
                }
            }
            Merging::Map(keys) => merge_keyed(outer, name, live, config, keys),
        },
        (live, config) => *live = without_nulls(config),
    }
}

fn merge_keyed(outer: &str, name: &str, live: &mut Vec<Value>, config: &[Value], keys: &[&str]) {
    for item in config {
        let key = key_of(item, keys);
        match live.iter_mut().find(|other| key_of(other, keys) == key) {
            Some(other) => merge(outer, name, other, item),
            None => live.push(without_nulls(item)),
        }
    }
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name.clone(), without_nulls(value)))
            .collect(),
        other => other.clone(),
    }
}

/// The entries of `managedFields`.
fn entries(object: &Value) -> Vec<Value> {
    object["metadata"]["managedFields"].as_array().cloned().unwrap_or_default()
}

fn is_own(entry: &Value, writer: Writer<'_>, operation: &str) -> bool {
    entry["manager"] == writer.manager
        && entry["operation"] == operation
        && entry["subresource"].as_str().unwrap_or_default() == writer.subresource
}

fn entry(writer: Writer<'_>, operation: &str, fields: &Fields) -> Value {
    let mut entry = json!({
        "manager": writer.manager, "operation": operation, "apiVersion": writer.api_version, "time": writer.now,
        "fieldsType": "FieldsV1", "fieldsV1": fields.to_json(),
    });
    if !writer.subresource.is_empty() {
        entry["subresource"] = writer.subresource.into();
    }
    entry
}

/// What an apply makes of an object; a null live object is made.
///
/// # Errors
/// Conflicts with other owners, unless forced.
pub(crate) fn apply(
    live: &Value,
    config: &Value,
    writer: Writer<'_>,
    force: Force,
) -> Result<Value, Refused> {
    let config_fields = Fields::of_object(config);
    let mut all = entries(live);
    let previous = all
        .iter()
        .find(|entry| is_own(entry, writer, "Apply"))
        .map(|entry| Fields::from_json(&entry["fieldsV1"]));
    let before = previous.clone().unwrap_or_default();
    all.retain(|entry| !is_own(entry, writer, "Apply"));
    let conflicts = conflicts(live, config, &config_fields, &all);
    if !conflicts.is_empty() && force == Force::No {
        return Err(conflict(&conflicts));
    }
    for (index, path) in &conflicts {
        let mut fields = Fields::from_json(&all[*index]["fieldsV1"]);
        fields.remove(path);
        all[*index]["fieldsV1"] = fields.to_json();
    }
    let mut merged = if live.is_null() { json!({}) } else { live.clone() };
    for path in before.leaves() {
        let kept = config_fields.has(&path)
            || all.iter().any(|entry| Fields::from_json(&entry["fieldsV1"]).owns(&path));
        if !kept {
            cut(&mut merged, &path);
        }
    }
    merge("", "", &mut merged, config);
    let same = previous.as_ref() == Some(&config_fields);
    let own = match live["metadata"]["managedFields"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|entry| is_own(entry, writer, "Apply"))
    {
        Some(own) if same => own.clone(),
        _ => entry(writer, "Apply", &config_fields),
    };
    all.insert(0, own);
    put_entries(&mut merged, all);
    Ok(merged)
}

fn put_entries(object: &mut Value, all: Vec<Value>) {
    let kept: Vec<Value> = all
        .into_iter()
        .filter(|entry| entry["fieldsV1"].as_object().is_some_and(|fields| !fields.is_empty()))
        .collect();
    if !object["metadata"].is_object() {
        object["metadata"] = json!({});
    }
    object["metadata"]["managedFields"] = kept.into();
}

/// The fields that others own with other values: which entry, and which field.
fn conflicts(live: &Value, config: &Value, fields: &Fields, all: &[Value]) -> Vec<(usize, Vec<String>)> {
    let mut found = Vec::new();
    for (index, entry) in all.iter().enumerate() {
        let theirs = Fields::from_json(&entry["fieldsV1"]);
        for path in fields.leaves().into_iter().filter(|path| path.last().is_none_or(|last| last != ".")) {
            if theirs.owns(&path) && follow(live, &path) != follow(config, &path) {
                found.push((index, path));
            }
        }
    }
    found.retain(|(index, _)| !is_bookkeeping(&all[*index]));
    found
}

/// Whether an entry is of the server itself and never stands in the way.
fn is_bookkeeping(entry: &Value) -> bool {
    entry["subresource"] == "status" && entry["operation"] == "Update"
}

fn conflict(conflicts: &[(usize, Vec<String>)]) -> Refused {
    let paths: Vec<String> = conflicts.iter().map(|(_, path)| dotted(path)).collect();
    let (count, plural) = (paths.len(), if paths.len() == 1 { "" } else { "s" });
    let words = paths.iter().map(|path| format!("\n- {path}")).collect::<String>();
    Refused::new(
        409,
        "Conflict",
        format!("Apply failed with {count} conflict{plural}: conflicts with another manager:{words}"),
    )
}

/// A path as people read it: `.spec.template.spec.containers[name="a"].image`.
fn dotted(path: &[String]) -> String {
    path.iter()
        .map(|step| match step.split_at(2.min(step.len())) {
            ("f:", name) => format!(".{name}"),
            ("k:", key) => {
                let key: Value = serde_json::from_str(key).unwrap_or_default();
                let pairs: Vec<String> = key
                    .as_object()
                    .into_iter()
                    .flatten()
                    .map(|(name, value)| format!("{name}={value}"))
                    .collect();
                format!("[{}]", pairs.join(","))
            }
            ("v:", value) => format!("[={value}]"),
            _ => String::new(),
        })
        .collect()
}

/// Notes who owns what after an update of `old` to `new`.
pub(crate) fn update(old: &Value, new: &mut Value, writer: Writer<'_>) {
    let mut all = entries(old);
    let (before, after) = (Fields::of_object(old), Fields::of_object(new));
    let changed: Vec<Vec<String>> = after
        .leaves()
        .into_iter()
        .filter(|path| path.last().is_none_or(|last| last != ".") && follow(old, path) != follow(new, path))
        .collect();
    let gone: Vec<Vec<String>> =
        before.leaves().into_iter().filter(|path| follow(new, path).is_none()).collect();
    let mut own = Fields::default();
    for entry in &mut all {
        let mut fields = Fields::from_json(&entry["fieldsV1"]);
        gone.iter().for_each(|path| fields.remove(path));
        if is_own(entry, writer, "Update") {
            own = fields;
            entry["fieldsV1"] = json!({});
            continue;
        }
        changed.iter().for_each(|path| fields.remove(path));
        entry["fieldsV1"] = fields.to_json();
    }
    changed.iter().for_each(|path| own.insert(path));
    let same = changed.is_empty() && gone.is_empty();
    if same {
        new["metadata"]["managedFields"] = entries(old).into();
        if entries(old).is_empty() {
            new["metadata"].as_object_mut().map(|metadata| metadata.shift_remove("managedFields"));
        }
        return;
    }
    all.push(entry(writer, "Update", &own));
    put_entries(new, all);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writer(manager: &str) -> Writer<'_> {
        Writer { manager, api_version: "apps/v1", subresource: "", now: "2026-01-02T03:04:05Z" }
    }

    fn object(replicas: i64, image: &str) -> Value {
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "a", "labels": { "x": "1" } },
            "spec": { "replicas": replicas, "template": { "spec": { "containers": [{ "name": "c", "image": image }] } } },
        })
    }

    #[test]
    fn applying_the_same_again_changes_nothing() {
        let first = apply(&Value::Null, &object(1, "a"), writer("m"), Force::No).unwrap();
        assert_eq!(apply(&first, &object(1, "a"), writer("m"), Force::No).unwrap(), first);
    }

    #[test]
    fn what_an_apply_no_longer_names_goes_away() {
        let first = apply(&Value::Null, &object(1, "a"), writer("m"), Force::No).unwrap();
        let mut less = object(1, "a");
        less["metadata"].as_object_mut().unwrap().remove("labels");
        less["spec"]["template"]["spec"]["containers"] = json!([]);
        let second = apply(&first, &less, writer("m"), Force::No).unwrap();
        assert_eq!(second["spec"]["template"]["spec"]["containers"], json!([]));
        assert!(second["metadata"]["labels"].get("x").is_none());
    }

    #[test]
    fn another_owner_conflicts_unless_forced() {
        let first = apply(&Value::Null, &object(1, "a"), writer("m"), Force::No).unwrap();
        let refused = apply(&first, &object(2, "a"), writer("n"), Force::No).unwrap_err();
        assert!(refused.message.contains(".spec.replicas"), "{}", refused.message);
        let forced = apply(&first, &object(2, "a"), writer("n"), Force::Yes).unwrap();
        assert_eq!(forced["spec"]["replicas"], 2);
        let back = apply(&forced, &object(1, "a"), writer("m"), Force::No);
        assert!(back.is_err(), "the field has another owner now");
    }

    #[test]
    fn an_update_takes_what_it_changes() {
        let first = apply(&Value::Null, &object(1, "a"), writer("m"), Force::No).unwrap();
        let mut new = first.clone();
        new["spec"]["replicas"] = json!(5);
        update(&first, &mut new, writer("hpa"));
        assert!(apply(&new, &object(1, "a"), writer("m"), Force::No).is_err());
        let mut silent = object(1, "a");
        silent["spec"].as_object_mut().unwrap().remove("replicas");
        let kept = apply(&new, &silent, writer("m"), Force::No).unwrap();
        assert_eq!(kept["spec"]["replicas"], 5);
    }
}
