//! Reading: the value of an object, out of what the cluster says.
//!
//! Rule: what the cluster filled in and neither configuration nor state mentions is not read, so that it is no difference.
//! Labels, annotations and data that somebody else added are, unless they belong to Kubernetes itself.
//!
//! Invariant: a spelling that means the same as the known one is kept: `1024Mi` stays where the cluster says `1Gi`.

use std::collections::BTreeMap;

use aksel_lang::number::Number;
use aksel_lang::set::set;
use aksel_lang::types::{Text, Type};
use aksel_lang::value::Value;
use serde_json::Value as Json;

use crate::form;
use crate::kind::Kind;
use crate::row::{Default, Form, Presence, Reach, Row, Shape};
use crate::schema::{limits_type, object_type, row_type};

/// How much of an object is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// What is mentioned, and what the cluster gives.
    Mentioned,
    /// All of it: an object that is imported, or read as data.
    Whole,
}

/// Reads an object. `known` is what state or plan says of it; null if nothing is known.
pub fn object(kind: &Kind, json: &Json, known: &Value, extent: Extent) -> Value {
    let reading = Reading { extent, extras: Extras::Foreign };
    let filled = has_filled_in_labels(kind, json, known).then(|| without_labels(json));
    let seen = filled.as_ref().unwrap_or(json);
    let mut values = reading.members(kind.rows, seen, Some(known).filter(|value| !value.is_null()));
    values.insert("id".into(), Value::string(id(kind, json)));
    if crate::schema::has_limits(&kind.limits) {
        let limits = known.attribute("timeouts").cloned();
        values.insert("timeouts".into(), limits.unwrap_or_else(|| Value::null(limits_type(&kind.limits))));
    }
    keep_versions(Value::object(values), known)
}

/// Whether the labels are those that the API server gives to a Job that has none: its pods'.
///
/// Rule: `SetDefaults_Job` of Kubernetes' `batch/v1`.
fn has_filled_in_labels(kind: &Kind, json: &Json, known: &Value) -> bool {
    let mentioned =
        known.attribute("metadata").and_then(|metadata| metadata.elements().next()?.attribute("labels"));
    if kind.api.kind != "Job" || mentioned.is_some_and(|labels| !is_empty(labels)) {
        return false;
    }
    let of_pods = &json["spec"]["template"]["metadata"]["labels"];
    let labels = json["metadata"]["labels"].as_object();
    labels.is_some_and(|labels| labels.iter().all(|(name, value)| of_pods[name] == *value))
}

fn without_labels(json: &Json) -> Json {
    let mut json = json.clone();
    if let Some(metadata) = json["metadata"].as_object_mut() {
        metadata.remove("labels");
    }
    json
}

/// `namespace/name`, or `name` in the cluster's own scope.
pub fn id(kind: &Kind, json: &Json) -> String {
    let text = |name: &str| json["metadata"][name].as_str().unwrap_or_default();
    match kind.api.scope {
        crate::kind::Scope::Namespaced => format!("{}/{}", text("namespace"), text("name")),
        crate::kind::Scope::Cluster => text("name").to_owned(),
    }
}

/// An object in which nothing else has changed keeps the version that is known: that its status moved is no difference.
fn keep_versions(read: Value, known: &Value) -> Value {
    let settled = with_versions_of(&read, known);
    if settled == *known { settled } else { read }
}

fn with_versions_of(read: &Value, known: &Value) -> Value {
    let metadata = |value: &Value| value.attribute("metadata")?.elements().next().cloned();
    let (Some(of_read), Some(of_known), Some(all)) = (metadata(read), metadata(known), read.as_named())
    else {
        return read.clone();
    };
    let mut items = of_read.as_named().cloned().unwrap_or_default();
    for name in ["generation", "resource_version"] {
        if let Some(value) = of_known.attribute(name) {
            items.insert(name.into(), value.clone());
        }
    }
    let ty = of_read.ty();
    let mut all = all.clone();
    all.insert("metadata".into(), Value::list(ty, [Value::object(items)]));
    if let Some(status) = known.attribute("status") {
        all.insert("status".into(), status.clone());
    }
    Value::object(all)
}

/// Whose labels, annotations and data are read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extras {
    /// Also those that are not mentioned.
    Foreign,
    /// Only those that are mentioned.
    None,
}

#[derive(Clone, Copy)]
struct Reading {
    extent: Extent,
    extras: Extras,
}

impl Reading {
    fn members(self, rows: &[Row], json: &Json, known: Option<&Value>) -> BTreeMap<Text, Value> {
        let inner = |row: &Row| Reading {
            // The metadata of a template is nobody's but the configuration's.
            extras: if row.name == "metadata" { self.extras } else { Extras::None },
            ..self
        };
        rows.iter()
            .map(|row| {
                let known = known.and_then(|known| known.attribute(row.name));
                let value = match row.inner() {
                    Some(rows) => inner(row).nested(row, rows, json, known),
                    None => self.plain(row, &json[row.json_key()], known),
                };
                (Text::from(row.name), value)
            })
            .collect()
    }

    fn plain(self, row: &Row, json: &Json, known: Option<&Value>) -> Value {
        if row.secrecy == crate::row::Secrecy::WriteOnly {
            return Value::null(row_type(row));
        }
        if row.reach == Reach::Local {
            return known.filter(|value| value.is_known()).cloned().unwrap_or_else(|| default_value(row));
        }
        if let Shape::Map(form) = row.shape {
            return self.map(row, form, json, known);
        }
        if !self.mentions(row, known) {
            return known.cloned().unwrap_or_else(|| default_value(row));
        }
        match from_json(row, json) {
            Some(value) => keep_spelling(row, value, known),
            None => absent(row, known),
        }
    }

    /// Whether what the cluster says of a row is of interest.
    fn mentions(self, row: &Row, known: Option<&Value>) -> bool {
        self.extent == Extent::Whole
            || matches!(row.presence, Presence::Computed | Presence::ReadOnly | Presence::Required)
            || row.default != Default::None
            || known.is_some_and(|known| !is_empty(known))
    }

    fn map(self, row: &Row, form: Form, json: &Json, known: Option<&Value>) -> Value {
        let mentioned = known.filter(|known| known.is_known()).and_then(Value::as_named);
        let free = self.extras == Extras::Foreign
            && matches!(row.name, "labels" | "annotations" | "data" | "binary_data");
        let all = self.extent == Extent::Whole
            || known.is_some_and(|known| !known.is_known())
            || row.presence != Presence::Optional && mentioned.is_none();
        let entries = json.as_object().into_iter().flatten().filter_map(|(key, json)| {
            let before = mentioned.and_then(|known| known.get(&**key));
            let ours = match before {
                Some(_) => true,
                None => all && !is_internal(row, key) || free && !is_internal(row, key),
            };
            let text = if ours { form::from_json(form, json)? } else { return None };
            let kept = before.and_then(Value::as_str).filter(|before| form::same(form, before, &text));
            Some((key.as_str(), Value::string(kept.unwrap_or(&text))))
        });
        let entries: Vec<(&str, Value)> = entries.collect();
        match entries.is_empty() {
            // Nothing there is what is known of nothing: null, or an empty map.
            true => match known.filter(|known| known.is_known() && is_empty(known)) {
                Some(known) => known.clone(),
                None => Value::null(row_type(row)),
            },
            false => Value::map(Type::String, entries),
        }
    }

    fn nested(self, row: &Row, rows: &'static [Row], json: &Json, known: Option<&Value>) -> Value {
        let inlined = matches!(row.shape, Shape::Inline(_));
        let json = if inlined { json } else { &json[row.json_key()] };
        if row.reach == Reach::Local {
            return known.cloned().unwrap_or_else(|| list_of(row, rows, Vec::new()));
        }
        let before: Vec<&Value> = known
            .filter(|known| known.is_known() && !known.is_null())
            .map(|known| known.elements().collect())
            .unwrap_or_default();
        let open = self.extent == Extent::Whole
            || known.is_some_and(|known| !known.is_known())
            || matches!(row.presence, Presence::Computed | Presence::ReadOnly) && before.is_empty();
        let element = |json: &Json, known: Option<&Value>, extent: Extent| {
            Value::object(Reading { extent, ..self }.members(rows, json, known))
        };
        let items: Vec<Value> = match json {
            Json::Object(_) if !before.is_empty() => {
                vec![element(json, before.first().copied(), self.extent)]
            }
            Json::Object(_) if open => vec![element(json, None, Extent::Whole)],
            Json::Array(found) if !before.is_empty() => matched(rows, &before, found)
                .into_iter()
                .map(|(known, json)| element(json, Some(known), self.extent))
                .collect(),
            Json::Array(found) if open => {
                found.iter().map(|json| element(json, None, Extent::Whole)).collect()
            }
            // An empty block and none at all are the same to the cluster.
            Json::Null if before.iter().all(|block| is_hollow(rows, block)) => {
                before.into_iter().cloned().collect()
            }
            _ => Vec::new(),
        };
        list_of(row, rows, items)
    }
}

/// Known elements with what the cluster has for them: by name where elements have one, else by place. What the cluster
/// has besides belongs to others.
fn matched<'a>(rows: &[Row], known: &[&'a Value], found: &'a [Json]) -> Vec<(&'a Value, &'a Json)> {
    let by = rows.iter().find(|row| matches!(row.name, "name" | "mount_path" | "container_port"));
    let by = by.filter(|row| known.iter().all(|item| item.attribute(row.name).is_some_and(is_scalar)));
    let Some(by) = by else { return known.iter().copied().zip(found).collect() };
    let key = by.json_key();
    let mut used = vec![false; found.len()];
    let mut place_of = |item: &Value| {
        let wanted = item.attribute(by.name)?;
        let fits = |at: &usize| !used[*at] && from_json(by, &found[*at][&key]).as_ref() == Some(wanted);
        let place = (0..found.len()).find(fits)?;
        used[place] = true;
        Some(place)
    };
    known.iter().filter_map(|item| place_of(item).map(|place| (*item, &found[place]))).collect()
}

/// Whether a block says nothing that is not so anyway.
fn is_hollow(rows: &[Row], block: &Value) -> bool {
    rows.iter().all(|row| {
        let value = block.attribute(row.name);
        value.is_none_or(|value| value.is_known() && (is_empty(value) || *value == default_value(row)))
    })
}

fn is_scalar(value: &Value) -> bool {
    value.as_str().is_some() || value.as_number().is_some()
}

/// Labels and annotations that Kubernetes and its controllers put on objects for themselves.
fn is_internal(row: &Row, key: &str) -> bool {
    if !matches!(row.name, "labels" | "annotations") {
        return false;
    }
    let domain = key.split_once('/').map(|(domain, _)| domain);
    domain.is_some_and(|domain| domain == "kubernetes.io" || domain.ends_with(".kubernetes.io") || domain.ends_with(".k8s.io"))
        // A Job's controller writes these without a domain.
        || matches!(key, "controller-uid" | "job-name")
}

fn is_empty(value: &Value) -> bool {
    value.is_null()
        || value.is_known()
            && (value.as_slice().is_some_and(<[Value]>::is_empty)
                || value.as_named().is_some_and(BTreeMap::is_empty)
                || value.as_str() == Some(""))
}

/// What stands for a value that the cluster does not have.
fn absent(row: &Row, known: Option<&Value>) -> Value {
    let zero = |value: &&Value| {
        is_empty(value) || value.as_bool() == Some(false) || value.as_number().is_some_and(Number::is_zero)
    };
    // State written by others has `""` and `0` for what was never set.
    known.filter(|known| known.is_known()).filter(zero).cloned().unwrap_or_else(|| default_value(row))
}

fn keep_spelling(row: &Row, value: Value, known: Option<&Value>) -> Value {
    let Shape::Text(form) = row.shape else { return value };
    match (known.and_then(Value::as_str), value.as_str()) {
        (Some(known), Some(found)) if form::same(form, known, found) => Value::string(known),
        _ => value,
    }
}

/// The default of a row; null if it has none.
pub fn default_value(row: &Row) -> Value {
    match row.default {
        Default::None => Value::null(row_type(row)),
        Default::Text(text) => Value::string(text),
        Default::Flag(flag) => Value::from(flag),
        Default::Number(number) => Value::from(number),
    }
}

fn from_json(row: &Row, json: &Json) -> Option<Value> {
    let texts = |json: &Json| -> Option<Vec<Value>> {
        Some(json.as_array()?.iter().filter_map(Json::as_str).map(Value::string).collect())
    };
    let numbers =
        |json: &Json| -> Option<Vec<Value>> { Some(json.as_array()?.iter().filter_map(number).collect()) };
    match row.shape {
        Shape::Text(form) => form::from_json(form, json).map(Value::string),
        Shape::Flag => json.as_bool().map(Value::from),
        Shape::Number => number(json),
        Shape::Texts => texts(json).map(|items| Value::list(Type::String, items)),
        Shape::TextSet => texts(json).map(|items| set(Type::String, items)),
        Shape::NumberSet => numbers(json).map(|items| set(Type::Number, items)),
        Shape::Numbers => numbers(json).map(|items| Value::list(Type::Number, items)),
        Shape::Map(_) | Shape::Block(_) | Shape::Blocks(_) | Shape::BlockSet(_) | Shape::Inline(_) => None,
    }
}

fn number(json: &Json) -> Option<Value> {
    match json.as_i64() {
        Some(number) => Some(Value::from(number)),
        None => json.as_f64().and_then(Number::from_f64).map(Value::from_number),
    }
}

/// The blocks of a row.
pub fn list_of(row: &Row, rows: &[Row], items: Vec<Value>) -> Value {
    match row.shape {
        Shape::BlockSet(_) => set(object_type(rows), items),
        _ => Value::list(object_type(rows), items),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn labels_that_a_job_has_from_its_pods_are_not_read_unless_they_are_mentioned() {
        let job = crate::catalogue::kind("kubernetes_job_v1").expect("it is in the catalogue");
        let live = |labels: Json| {
            json!({
                "metadata": {"name": "a", "namespace": "n", "labels": labels},
                "spec": {"template": {"metadata": {"labels": {"app": "a", "job-name": "a"}}}},
            })
        };
        let labels = |json: &Json| {
            let known = object(job, &live(json!({})), &Value::null(Type::Dynamic), Extent::Whole);
            let read = object(job, json, &known, Extent::Mentioned);
            let metadata =
                read.attribute("metadata").and_then(|metadata| metadata.elements().next().cloned());
            metadata.and_then(|metadata| metadata.attribute("labels").cloned())
        };
        assert!(labels(&live(json!({"app": "a"}))).is_none_or(|labels| labels.is_null()));
        let foreign = Value::map(Type::String, [("team", Value::string("ml"))]);
        assert_eq!(labels(&live(json!({"team": "ml"}))), Some(foreign));
    }
}
