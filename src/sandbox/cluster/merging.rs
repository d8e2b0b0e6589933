//! Typed values: which fields they have, how two of them differ, and how one is laid over another.
//!
//! Source: <https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy>
//! Invariant: a list of keyed elements is taken apart by their keys, never by position.
//! Never: who owns what is decided here.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::cluster::decoding::zero;
use crate::cluster::fieldset::{Fields, Here};
use crate::cluster::structure::{List, MapMerging, Merging, Presence, Shape};

/// What lies between two values.
#[derive(Clone, Debug, Default)]
pub(crate) struct Comparison {
    pub(crate) added: Fields,
    pub(crate) modified: Fields,
    pub(crate) removed: Fields,
}

impl Comparison {
    pub(crate) fn is_same(&self) -> bool {
        self.added.is_empty() && self.modified.is_empty() && self.removed.is_empty()
    }

    /// Leaves out what a filter excludes.
    pub(crate) fn without(self, ignored: &Fields) -> Comparison {
        let cut = |set: &Fields| cut_below(set, ignored);
        Comparison { added: cut(&self.added), modified: cut(&self.modified), removed: cut(&self.removed) }
    }
}

/// A set without the places of another and all that is below them.
pub(crate) fn cut_below(set: &Fields, ignored: &Fields) -> Fields {
    let mut kept = Fields { here: set.here, inner: BTreeMap::new() };
    for (step, below) in &set.inner {
        match ignored.inner.get(step) {
            Some(all) if all.here == Here::Yes => {}
            Some(some) => kept.put(step.clone(), cut_below(below, some)),
            None => kept.put(step.clone(), below.clone()),
        }
    }
    kept
}

/// How a value is looked at: as one, by its members, or by its elements.
enum Look<'s> {
    Whole,
    Members,
    Elements(&'s List),
}

fn look<'s>(shape: &'s Shape, values: [Option<&Value>; 2]) -> Look<'s> {
    let any = |fits: fn(&Value) -> bool| values.iter().flatten().any(|value| fits(value));
    let empty = values.iter().all(|value| value.is_none_or(is_empty));
    match shape {
        Shape::List(list) if list.merging != Merging::Atomic && any(Value::is_array) && !empty => {
            Look::Elements(list)
        }
        Shape::Map(dict) if dict.merging == MapMerging::Granular && any(Value::is_object) && !empty => {
            Look::Members
        }
        Shape::Loose
            if any(Value::is_object) && !any(|value| !value.is_object() && !value.is_null()) && !empty =>
        {
            Look::Members
        }
        _ => match shape.record() {
            Some(record) if record.merging == MapMerging::Granular && any(Value::is_object) && !empty => {
                Look::Members
            }
            _ => Look::Whole,
        },
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(members) => members.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// What is in a shape that does not say: one value.
const UNKNOWN: &Shape = &Shape::Any;

fn member<'s>(shape: &'s Shape, name: &str) -> &'s Shape {
    shape.member(name).unwrap_or(UNKNOWN)
}

/// The step that leads to an element.
pub(crate) fn step_of(list: &List, item: &Value) -> String {
    let Merging::Keyed(keys) = &list.merging else { return format!("v:{item}") };
    let sorted: BTreeSet<&String> = keys.iter().collect();
    let mut members = Map::new();
    for key in sorted {
        let found = item.get(key).filter(|value| !value.is_null()).cloned();
        let declared = || key_default(list, key);
        members.insert(key.clone(), found.or_else(declared).unwrap_or(Value::Null));
    }
    format!("k:{}", Value::Object(members))
}

/// What a key of an element is if it is left out: its declared default, or the zero that is written anyway.
fn key_default(list: &List, key: &str) -> Option<Value> {
    let field = list.item.record()?.fields.get(key)?;
    let written = field.presence == Presence::Zero;
    field.default.clone().or_else(|| written.then(|| zero(&field.shape)))
}

fn keyed<'v>(list: &List, value: Option<&'v Value>) -> Vec<(String, &'v Value)> {
    let items = value.and_then(Value::as_array).into_iter().flatten();
    items.map(|item| (step_of(list, item), item)).collect()
}

fn at<'v>(value: Option<&'v Value>, name: &str) -> Option<&'v Value> {
    value.and_then(|value| value.get(name))
}

fn names(values: [Option<&Value>; 2]) -> Vec<&String> {
    let mut found: Vec<&String> = Vec::new();
    let mut seen = BTreeSet::new();
    for members in values.into_iter().flatten().filter_map(Value::as_object) {
        found.extend(members.keys().filter(|name| seen.insert(*name)));
    }
    found
}

/// The differences between two values of a shape. Cost: O(size).
pub(crate) fn compare(shape: &Shape, old: Option<&Value>, new: Option<&Value>) -> Comparison {
    let mut found = Comparison::default();
    let inner: Vec<(String, Comparison)> = match look(shape, [old, new]) {
        Look::Whole => {
            match (old, new) {
                (None, None) => {}
                (None, Some(_)) => found.added = Fields::leaf(),
                (Some(_), None) => found.removed = Fields::leaf(),
                (Some(old), Some(new)) if old != new => found.modified = Fields::leaf(),
                (Some(_), Some(_)) => {}
            }
            return found;
        }
        Look::Members => names([old, new])
            .into_iter()
            .map(|name| (format!("f:{name}"), compare(member(shape, name), at(old, name), at(new, name))))
            .collect(),
        Look::Elements(list) => {
            let (before, after) = (keyed(list, old), keyed(list, new));
            let index = |all: &[(String, &'_ Value)]| -> BTreeMap<String, usize> {
                all.iter().enumerate().map(|(at, (step, _))| (step.clone(), at)).collect()
            };
            let (left, right) = (index(&before), index(&after));
            let mut steps: Vec<&String> = left.keys().collect();
            steps.extend(right.keys().filter(|step| !left.contains_key(*step)));
            steps
                .into_iter()
                .map(|step| {
                    let old = left.get(step).map(|at| before[*at].1);
                    let new = right.get(step).map(|at| after[*at].1);
                    (step.clone(), compare(&list.item, old, new))
                })
                .collect()
        }
    };
    for (step, below) in inner {
        found.added.put(step.clone(), below.added);
        found.modified.put(step.clone(), below.modified);
        found.removed.put(step, below.removed);
    }
    if old.is_none() {
        found.added.here = Here::Yes;
    } else if new.is_none() {
        found.removed.here = Here::Yes;
    }
    found
}

/// The fields that a value sets.
pub(crate) fn fields_of(shape: &Shape, value: &Value) -> Fields {
    let mut set = Fields::default();
    match look(shape, [Some(value), None]) {
        Look::Whole => return if is_composite(shape, value) { Fields::default() } else { Fields::leaf() },
        Look::Members => {
            for (name, inner) in value.as_object().into_iter().flatten() {
                let mut below = fields_of(member(shape, name), inner);
                let free = shape.record().is_none_or(|record| !record.fields.contains_key(name));
                let bare = inner.is_null() || inner.as_object().is_some_and(Map::is_empty);
                if free || bare {
                    below.here = Here::Yes;
                }
                set.put(format!("f:{name}"), below);
            }
        }
        Look::Elements(list) => {
            for (step, item) in keyed(list, Some(value)) {
                let mut below = fields_of(&list.item, item);
                below.here = Here::Yes;
                set.put(step, below);
            }
        }
    }
    set
}

/// Whether it is an empty list or map whose elements would be fields.
fn is_composite(shape: &Shape, value: &Value) -> bool {
    is_empty(value)
        && match shape {
            Shape::List(list) => list.merging != Merging::Atomic,
            Shape::Map(dict) => dict.merging == MapMerging::Granular,
            _ => shape.record().is_some_and(|record| record.merging == MapMerging::Granular),
        }
}

/// Lays a value over another. Members that the upper one does not have stay.
pub(crate) fn merge(shape: &Shape, under: Option<&Value>, over: Option<&Value>) -> Option<Value> {
    match look(shape, [under, over]) {
        Look::Whole => over.or(under).cloned(),
        Look::Members => {
            let merged: Map<String, Value> = names([under, over])
                .into_iter()
                .filter_map(|name| {
                    Some((name.clone(), merge(member(shape, name), at(under, name), at(over, name))?))
                })
                .collect();
            Some(Value::Object(merged))
        }
        Look::Elements(list) => Some(merge_elements(list, under, over)),
    }
}

/// The elements of both: those of the upper list keep their order, the others keep their place before them.
fn merge_elements(list: &List, under: Option<&Value>, over: Option<&Value>) -> Value {
    let (left, right) = (keyed(list, under), keyed(list, over));
    let in_left: BTreeMap<&str, &Value> = left.iter().map(|(step, item)| (step.as_str(), *item)).collect();
    let in_right: BTreeMap<&str, &Value> = right.iter().map(|(step, item)| (step.as_str(), *item)).collect();
    let mut shared = right.iter().map(|(step, _)| step.as_str()).filter(|step| in_left.contains_key(step));
    let mut next = shared.next();
    let (mut l, mut r) = (0, 0);
    let mut done = BTreeSet::new();
    let mut out = Vec::new();
    while l < left.len() || r < right.len() {
        if let (Some((step, _)), Some((other, _))) = (left.get(l), right.get(r)) {
            if step == other {
                done.insert(step.as_str());
                let both = (in_left.get(step.as_str()).copied(), in_right.get(step.as_str()).copied());
                out.extend(merge(&list.item, both.0, both.1));
                (l, r) = (l + 1, r + 1);
                next = shared.next();
                continue;
            }
            if in_right.contains_key(step.as_str()) && next.is_some_and(|next| next != step) {
                l += 1;
                continue;
            }
        }
        if let Some((step, item)) = left.get(l) {
            if !in_right.contains_key(step.as_str()) {
                out.push((*item).clone());
                l += 1;
                continue;
            }
            if done.contains(step.as_str()) {
                l += 1;
            }
        }
        if let Some((step, item)) = right.get(r) {
            done.insert(step.as_str());
            out.extend(merge(&list.item, in_left.get(step.as_str()).copied(), Some(item)));
            r += 1;
            if next == Some(step.as_str()) {
                next = shared.next();
            }
        }
    }
    Value::Array(out)
}

/// A value without the fields of a set; what loses everything becomes null.
pub(crate) fn remove(shape: &Shape, value: &Value, gone: &Fields) -> Value {
    match look(shape, [Some(value), None]) {
        Look::Whole => value.clone(),
        Look::Members => {
            let mut kept = Map::new();
            for (name, inner) in value.as_object().into_iter().flatten() {
                match gone.inner.get(&format!("f:{name}")) {
                    Some(below) if below.here == Here::Yes => {}
                    Some(below) => drop(kept.insert(name.clone(), remove(member(shape, name), inner, below))),
                    None => drop(kept.insert(name.clone(), inner.clone())),
                }
            }
            if kept.is_empty() { Value::Null } else { Value::Object(kept) }
        }
        Look::Elements(list) => {
            let mut kept = Vec::new();
            for (step, item) in keyed(list, Some(value)) {
                match gone.inner.get(&step) {
                    Some(below) if below.here == Here::Yes => {}
                    Some(below) => kept.push(remove(&list.item, item, below)),
                    None => kept.push(item.clone()),
                }
            }
            if kept.is_empty() { Value::Null } else { Value::Array(kept) }
        }
    }
}

/// The set in which each named member that holds a field is a field itself.
pub(crate) fn with_named(shape: &Shape, set: &Fields) -> Fields {
    let mut all = Fields { here: set.here, inner: BTreeMap::new() };
    for (step, below) in &set.inner {
        let (inner, named) = match step.strip_prefix("f:") {
            Some(name) => (
                member(shape, name),
                shape.record().is_some_and(|record| record.fields.contains_key(name))
                    && !below.inner.is_empty(),
            ),
            None => (shape.item().unwrap_or(UNKNOWN), false),
        };
        let mut below = with_named(inner, below);
        if named {
            below.here = Here::Yes;
        }
        all.inner.insert(step.clone(), below);
    }
    all
}

/// What keeps a configuration from being a value of a shape, as the server words it.
pub(crate) fn faults(shape: &Shape, value: &Value, path: &str) -> Vec<String> {
    let expected = |what: &str| vec![format!("{path}: expected {what}, got {}", go_value(value))];
    if value.is_null() {
        return Vec::new();
    }
    match shape {
        Shape::Any | Shape::Loose => Vec::new(),
        Shape::Quantity | Shape::IntOrText if !value.is_object() && !value.is_array() => Vec::new(),
        Shape::Quantity | Shape::IntOrText => expected("scalar"),
        Shape::Text | Shape::Time | Shape::MicroTime | Shape::Bytes if value.is_string() => Vec::new(),
        Shape::Text | Shape::Time | Shape::MicroTime | Shape::Bytes => expected("string"),
        Shape::Int32 | Shape::Int64 | Shape::Number if value.is_number() => Vec::new(),
        Shape::Int32 | Shape::Int64 | Shape::Number => expected("numeric (int or float)"),
        Shape::Flag if value.is_boolean() => Vec::new(),
        Shape::Flag => expected("boolean"),
        Shape::List(list) => {
            let Some(items) = value.as_array() else {
                return vec![format!("{path}: expected list, got &{{{}}}", go_plain(value))];
            };
            element_faults(list, items, path)
        }
        Shape::Map(_) | Shape::BuiltIn(_) | Shape::Own(_) => {
            let Some(members) = value.as_object() else {
                return vec![format!("{path}: expected map, got &{{{}}}", go_plain(value))];
            };
            let mut found = Vec::new();
            for (name, inner) in members {
                let path = format!("{path}.{name}");
                match shape.member(name) {
                    Some(shape) => found.extend(faults(shape, inner, &path)),
                    None => found.push(format!("{path}: field not declared in schema")),
                }
            }
            found
        }
    }
}

fn element_faults(list: &List, items: &[Value], path: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for (index, item) in items.iter().enumerate() {
        if list.merging == Merging::Atomic {
            found.extend(faults(&list.item, item, &format!("{path}[{index}]")));
            continue;
        }
        if let Merging::Keyed(keys) = &list.merging {
            let missing =
                keys.iter().find(|key| item.get(*key).is_none() && key_default(list, key).is_none());
            if let Some(missing) = missing {
                found.push(format!(
                    "{path}: element {index}: associative list with keys has an element that omits key field \"{missing}\" (and doesn't have default value)"
                ));
                continue;
            }
        }
        let step = step_of(list, item);
        let label = crate::cluster::fieldset::dotted_step(&step);
        if !seen.insert(step) {
            found.push(format!("{path}: duplicate entries for key {label}"));
        }
        found.extend(faults(&list.item, item, &format!("{path}{label}")));
    }
    found
}

fn go_value(value: &Value) -> String {
    format!("&value.valueUnstructured{{Value:{}}}", go_quoted(value))
}

/// A value as Go prints it with `%#v`.
fn go_quoted(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{text:?}"),
        Value::Object(members) => {
            let inner: Vec<String> = sorted(members)
                .into_iter()
                .map(|(name, value)| format!("{name:?}:{}", go_quoted(value)))
                .collect();
            format!("map[string]interface {{}}{{{}}}", inner.join(", "))
        }
        Value::Array(items) => {
            let inner: Vec<String> = items.iter().map(go_quoted).collect();
            format!("[]interface {{}}{{{}}}", inner.join(", "))
        }
        Value::Null => "interface {}(nil)".into(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

fn sorted(members: &Map<String, Value>) -> BTreeMap<&String, &Value> {
    members.iter().collect()
}

/// A value as Go prints it with `%v`.
pub(crate) fn go_plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(members) => {
            let inner: Vec<String> = sorted(members)
                .into_iter()
                .map(|(name, value)| format!("{name}:{}", go_plain(value)))
                .collect();
            format!("map[{}]", inner.join(" "))
        }
        Value::Array(items) => {
            let inner: Vec<String> = items.iter().map(go_plain).collect();
            format!("[{}]", inner.join(" "))
        }
        Value::Null => "<nil>".into(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}
