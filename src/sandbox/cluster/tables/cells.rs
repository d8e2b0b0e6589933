//! What the columns of tables show, kind by kind, in the order in which `columns.txt` lists them.
//!
//! Invariant: a kind has as many cells as columns; what has no value shows the words that kubectl's users know (`<none>`, `<unset>`).

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{age, resources, since, workloads};

/// An object whose cells are wanted, and the time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown<'o> {
    pub(super) object: &'o Value,
    pub(super) now: Timestamp,
}

/// The cells of an object: of its kind, or its name and when it was made.
pub(super) fn cells(kind: &str, object: &Value, now: Timestamp) -> Vec<Value> {
    let shown = Shown { object, now };
    let own = workloads::cells(kind, shown).or_else(|| resources::cells(kind, shown));
    own.unwrap_or_else(|| vec![shown.name(), object["metadata"]["creationTimestamp"].clone()])
}

impl<'o> Shown<'o> {
    /// The value at a pointer.
    pub(super) fn at(self, path: &str) -> Option<&'o Value> {
        self.object.pointer(path).filter(|value| !value.is_null())
    }

    /// The text at a pointer, empty when there is none.
    pub(super) fn text(self, path: &str) -> &'o str {
        self.at(path).and_then(Value::as_str).unwrap_or_default()
    }

    /// The text at a pointer, or other words.
    pub(super) fn text_or(self, path: &str, words: &str) -> Value {
        Some(self.text(path)).filter(|text| !text.is_empty()).unwrap_or(words).into()
    }

    /// The number at a pointer, zero when there is none.
    pub(super) fn number(self, path: &str) -> i64 {
        self.at(path).and_then(Value::as_i64).unwrap_or(0)
    }

    /// Whether the flag at a pointer is set.
    pub(super) fn is_set(self, path: &str) -> bool {
        self.at(path).and_then(Value::as_bool).unwrap_or(false)
    }

    /// The items at a pointer.
    pub(super) fn items(self, path: &str) -> &'o [Value] {
        self.at(path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// How many items or members there are at a pointer.
    pub(super) fn size(self, path: &str) -> usize {
        match self.at(path) {
            Some(Value::Array(items)) => items.len(),
            Some(Value::Object(members)) => members.len(),
            Some(_) | None => 0,
        }
    }

    pub(super) fn name(self) -> Value {
        self.object["metadata"]["name"].clone()
    }

    pub(super) fn age(self) -> Value {
        age(self.object, self.now).into()
    }

    /// How long ago the time at a pointer is.
    pub(super) fn ago(self, path: &str) -> Option<String> {
        let time: Timestamp = self.text(path).parse().ok()?;
        Some(since(time, self.now))
    }

    /// The status of a condition.
    pub(super) fn condition(self, kind: &str) -> Option<&'o Value> {
        self.items("/status/conditions").iter().find(|one| one["type"] == kind)
    }

    pub(super) fn holds(self, kind: &str) -> bool {
        self.condition(kind).is_some_and(|one| one["status"] == "True")
    }

    /// A number or text at a pointer, or other words.
    pub(super) fn any_or(self, path: &str, words: &str) -> Value {
        match self.at(path) {
            None => words.into(),
            Some(Value::String(text)) => text.as_str().into(),
            Some(other) => other.to_string().into(),
        }
    }
}

/// Words joined, or `<none>`.
pub(super) fn joined(words: &[String], between: &str) -> Value {
    if words.is_empty() { "<none>".into() } else { words.join(between).into() }
}

/// At most so many words, and how many more there are.
pub(super) fn first_of(words: &[String], most: usize, none: &str) -> String {
    match words.len() {
        0 => none.to_owned(),
        all if all > most => format!("{} + {} more...", words[..most].join(","), all - most),
        _ => words.join(","),
    }
}

/// `a=b,c=d`, in order of keys.
pub(super) fn labels(labels: Option<&Value>) -> String {
    let mut pairs: Vec<String> = labels
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
        .collect();
    pairs.sort();
    if pairs.is_empty() { "<none>".into() } else { pairs.join(",") }
}

/// A label selector as it is written in a query.
pub(super) fn selector(selector: Option<&Value>) -> Value {
    let Some(selector) = selector else { return "<none>".into() };
    let members = selector["matchLabels"].as_object().into_iter().flatten();
    let mut parts: Vec<(String, String)> = members
        .map(|(key, value)| (key.clone(), format!("{key}={}", value.as_str().unwrap_or_default())))
        .collect();
    for one in selector["matchExpressions"].as_array().into_iter().flatten() {
        let key = one["key"].as_str().unwrap_or_default();
        let mut values: Vec<&str> =
            one["values"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        values.sort_unstable();
        let written = match one["operator"].as_str() {
            Some("In") => format!("{key} in ({})", values.join(",")),
            Some("NotIn") => format!("{key} notin ({})", values.join(",")),
            Some("DoesNotExist") => format!("!{key}"),
            Some(_) | None => key.to_owned(),
        };
        parts.push((key.to_owned(), written));
    }
    parts.sort();
    let parts: Vec<String> = parts.into_iter().map(|(_, written)| written).collect();
    joined(&parts, ",")
}

/// The names and the images of a template's containers.
pub(super) fn containers(template: &Value) -> [Value; 2] {
    let of = |member: &str| -> Value {
        let containers = template["spec"]["containers"].as_array().into_iter().flatten();
        let all: Vec<&str> = containers.filter_map(|one| one[member].as_str()).collect();
        all.join(",").into()
    };
    [of("name"), of("image")]
}

/// What is shown of a flag that may be absent.
pub(super) fn flag_or_unset(flag: Option<&Value>) -> Value {
    match flag.and_then(Value::as_bool) {
        None => json!("<unset>"),
        Some(true) => json!("True"),
        Some(false) => json!("False"),
    }
}
