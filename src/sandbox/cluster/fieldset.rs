//! Sets of fields, as `managedFields` keeps them.
//!
//! A step is written as there: `f:name`, `k:{"name":"a"}` (keys in order), `v:"value"`.
//! Invariant: a node that holds nothing is not kept.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// A set of fields as a tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fields {
    /// Whether the place itself is in the set.
    pub(crate) here: Here,
    pub(crate) inner: BTreeMap<String, Fields>,
}

/// Whether a place is in a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Here {
    #[default]
    No,
    Yes,
}

impl Here {
    fn and(self, other: Here) -> Here {
        if self == Here::Yes { other } else { Here::No }
    }

    fn or(self, other: Here) -> Here {
        if self == Here::Yes { Here::Yes } else { other }
    }

    fn not(self) -> Here {
        if self == Here::Yes { Here::No } else { Here::Yes }
    }
}

impl Fields {
    /// The set of one place.
    pub(crate) fn leaf() -> Fields {
        Fields { here: Here::Yes, inner: BTreeMap::new() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.here == Here::No && self.inner.is_empty()
    }

    /// Adds what is below a step; nothing is added for an empty set.
    pub(crate) fn put(&mut self, step: String, below: Fields) {
        if below.is_empty() {
            return;
        }
        let at = self.inner.entry(step).or_default();
        *at = at.union(&below);
    }

    pub(crate) fn union(&self, other: &Fields) -> Fields {
        let mut inner = self.inner.clone();
        for (step, below) in &other.inner {
            let at = inner.entry(step.clone()).or_default();
            *at = at.union(below);
        }
        Fields { here: self.here.or(other.here), inner }
    }

    pub(crate) fn difference(&self, other: &Fields) -> Fields {
        let mut inner = BTreeMap::new();
        for (step, below) in &self.inner {
            let rest = match other.inner.get(step) {
                Some(gone) => below.difference(gone),
                None => below.clone(),
            };
            if !rest.is_empty() {
                inner.insert(step.clone(), rest);
            }
        }
        Fields { here: self.here.and(other.here.not()), inner }
    }

    pub(crate) fn intersection(&self, other: &Fields) -> Fields {
        let mut inner = BTreeMap::new();
        for (step, below) in &self.inner {
            let both = other.inner.get(step).map(|theirs| below.intersection(theirs)).unwrap_or_default();
            if !both.is_empty() {
                inner.insert(step.clone(), both);
            }
        }
        Fields { here: self.here.and(other.here), inner }
    }

    /// All places, as paths of steps, in order.
    pub(crate) fn paths(&self) -> Vec<Vec<String>> {
        let mut found = Vec::new();
        self.collect(&mut Vec::new(), &mut found);
        found
    }

    fn collect(&self, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
        // Members of a level come before what is below them.
        for (step, _) in self.inner.iter().filter(|(_, below)| below.here == Here::Yes) {
            let mut whole = path.clone();
            whole.push(step.clone());
            found.push(whole);
        }
        for (step, below) in &self.inner {
            path.push(step.clone());
            below.collect(path, found);
            path.pop();
        }
    }

    /// Reads `fieldsV1`; none if it is no set.
    pub(crate) fn from_json(json: &Value) -> Option<Fields> {
        let mut set = Fields::default();
        for (step, below) in json.as_object()? {
            if step == "." {
                set.here = Here::Yes;
                continue;
            }
            // A step of no known kind leads nowhere.
            if !matches!(step.get(..2), Some("f:" | "k:" | "v:" | "i:")) {
                continue;
            }
            let mut inner = Fields::from_json(below)?;
            if below.as_object().is_some_and(Map::is_empty) {
                inner.here = Here::Yes;
            }
            set.inner.insert(step.clone(), inner);
        }
        Some(set)
    }

    pub(crate) fn to_json(&self) -> Value {
        let mut members = Map::new();
        for (step, below) in &self.inner {
            let mut inner = Map::new();
            if below.here == Here::Yes && !below.inner.is_empty() {
                // Before the others, as it is sorted.
                inner.insert(".".into(), Value::Object(Map::new()));
            }
            if let Value::Object(below) = below.to_json() {
                inner.extend(below);
            }
            members.insert(step.clone(), inner.into());
        }
        Value::Object(members)
    }
}

/// A path as people read it: `.spec.template.spec.containers[name="a"].image`.
pub(crate) fn dotted(path: &[String]) -> String {
    path.iter().map(|step| dotted_step(step)).collect()
}

pub(crate) fn dotted_step(step: &str) -> String {
    match step.split_at(2.min(step.len())) {
        ("f:", name) => format!(".{name}"),
        ("k:", key) => {
            let key: Value = serde_json::from_str(key).unwrap_or_default();
            let pairs = key.as_object().into_iter().flatten();
            let pairs: Vec<String> = pairs.map(|(name, value)| format!("{name}={value}")).collect();
            format!("[{}]", pairs.join(","))
        }
        ("v:", value) => format!("[={value}]"),
        (_, rest) => format!("[{rest}]"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sets_are_read_as_they_were_written() {
        let written = json!({ "f:data": { ".": {}, "f:a": {} }, "f:list": { "k:{\"name\":\"x\"}": { ".": {}, "f:name": {} } } });
        let set = Fields::from_json(&written).unwrap();
        assert_eq!(set.to_json(), written);
        let less = set.difference(&Fields::from_json(&json!({ "f:data": { "f:a": {} } })).unwrap());
        assert_eq!(less.to_json()["f:data"], json!({}));
        assert!(Fields::from_json(&json!({ "x:y": {} })).unwrap().is_empty());
    }
}
