//! Revisions of templates: their fingerprints, and the ControllerRevisions in which stateful and daemon sets keep them.
//!
//! Invariant: equal templates have one revision; a template that comes back gets the highest number again.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::fields::{self, at, controller, count, int, namespace, set, text, uid};
use super::view::{Object, View};
use super::{Agent, Part, Round};

/// The resource of revisions.
pub(super) const REVISIONS: (&str, &str) = ("apps", "controllerrevisions");
const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// A short name for a template: FNV-1a over its canonical text, in characters that spell no word.
pub(super) fn fingerprint(template: &Value, collisions: Option<i64>) -> String {
    let mut hash: u32 = 0x811c_9dc5;
    let mut feed = |bytes: &[u8]| {
        for byte in bytes {
            hash = (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
        }
    };
    feed(canonical(template).to_string().as_bytes());
    if let Some(collisions) = collisions.filter(|collisions| *collisions > 0) {
        feed(collisions.to_string().as_bytes());
    }
    let safe = |digit: u8| char::from(ALPHABET[usize::from(digit) % ALPHABET.len()]);
    hash.to_string().bytes().map(safe).collect()
}

/// The value with sorted keys and without nulls, so that the order in which it was written means nothing.
fn canonical(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().filter(|(_, value)| !value.is_null()).collect();
            entries.sort_by_key(|(key, _)| key.as_str());
            Value::Object(entries.into_iter().map(|(key, value)| (key.clone(), canonical(value))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(canonical).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// All revisions by the uid of their controller.
pub(super) fn by_owner(view: &View<'_>) -> HashMap<String, Vec<Object>> {
    let mut found: HashMap<String, Vec<Object>> = HashMap::new();
    for revision in view.all(REVISIONS.0, REVISIONS.1) {
        if let Some(owner) = controller(&revision) {
            found.entry(text(owner, "uid").to_owned()).or_default().push(revision);
        }
    }
    found.values_mut().for_each(|list| list.sort_by_key(|one| number(one)));
    found
}

/// The number of a revision.
pub(super) fn number(revision: &Value) -> i64 {
    count(revision, "revision")
}

/// What a revision keeps: the template as a patch of its owner.
fn data_of(owner: &Value) -> Value {
    let mut template = at(owner, "spec.template").cloned().unwrap_or_else(|| json!({}));
    fields::remove(&mut template, "metadata.creationTimestamp");
    template["$patch"] = Value::from("replace");
    json!({"spec": {"template": template}})
}

/// The template that a revision keeps.
pub(super) fn template_of(revision: &Value) -> Value {
    let mut template = at(revision, "data.spec.template").cloned().unwrap_or_else(|| json!({}));
    fields::remove(&mut template, "$patch");
    template
}

/// How a kind labels its revisions.
pub(super) struct Style {
    /// The label with the fingerprint.
    pub(super) label: &'static str,
    /// The annotations that go from the owner to its revision; `None` for no copying.
    pub(super) annotated: bool,
}

/// The revision of the wanted template; `None` while it is still to be made or renumbered.
pub(super) fn current(owner: &Value, own: &[Object], style: &Style, round: &mut Round) -> Option<Object> {
    let data = canonical(&data_of(owner));
    let next = own.last().map_or(1, |last| number(last) + 1);
    let equal = own.iter().rev().find(|one| at(one, "data").map(canonical).as_ref() == Some(&data));
    match equal {
        Some(found) if number(found) + 1 >= next => Some(Object::clone(found)),
        Some(found) => {
            let mut object = Value::clone(found);
            set(&mut object, "revision", Value::from(next));
            round.replace(Agent::Controllers, REVISIONS, object, Part::Main);
            None
        }
        None => {
            round.create(Agent::Controllers, REVISIONS, revision(owner, style, next));
            None
        }
    }
}

fn revision(owner: &Value, style: &Style, number: i64) -> Value {
    let hash = fingerprint(&data_of(owner), int(owner, "status.collisionCount"));
    let mut labels = at(owner, "spec.template.metadata.labels").cloned().unwrap_or_else(|| json!({}));
    labels[style.label] = Value::from(hash.as_str());
    let mut object = json!({
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": {
            "name": format!("{}-{hash}", fields::name(owner)),
            "namespace": namespace(owner),
            "labels": labels,
            "ownerReferences": [fields::controlled_by(owner)],
        },
        "data": data_of(owner),
        "revision": number,
    });
    if style.annotated
        && let Some(annotations) = at(owner, "metadata.annotations")
    {
        object["metadata"]["annotations"] = annotations.clone();
    }
    object
}

/// Deletes the oldest revisions that no pod uses, beyond the limit.
pub(super) fn tidy(owner: &Value, own: &[Object], in_use: &dyn Fn(&Value) -> bool, round: &mut Round) {
    let limit = usize::try_from(int(owner, "spec.revisionHistoryLimit").unwrap_or(10)).unwrap_or(0);
    let idle: Vec<&Object> = own.iter().filter(|one| !in_use(one)).collect();
    for revision in idle.iter().take(idle.len().saturating_sub(limit)) {
        round.delete(Agent::Controllers, REVISIONS, revision);
    }
}

/// Whether two objects are the same one.
pub(super) fn is_same(a: &Value, b: &Value) -> bool {
    uid(a) == uid(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_depends_on_contents_only() {
        let a = json!({"spec": {"x": 1, "y": [1, 2]}, "z": null});
        let b = json!({"spec": {"y": [1, 2], "x": 1}});
        assert_eq!(fingerprint(&a, None), fingerprint(&b, Some(0)));
        assert_ne!(fingerprint(&a, None), fingerprint(&a, Some(1)));
    }
}
