//! What every object's metadata must be.

use serde_json::Value;

use super::{Causes, names, quoted};
use crate::cluster::kinds::{Scope, Served};
use crate::cluster::status::Cause;

/// How many bytes all annotations together may have.
const ANNOTATIONS_MAX: usize = 256 << 10;

/// What is wrong with the metadata of an object.
pub(crate) fn metadata_causes(served: &Served, object: &Value) -> Vec<Cause> {
    let metadata = &object["metadata"];
    let mut causes = Causes::new();
    name_causes(served, metadata, &mut causes);
    if served.scope == Scope::Cluster && metadata["namespace"].as_str().is_some_and(|space| !space.is_empty())
    {
        causes.add(Cause::forbidden("metadata.namespace", "not allowed on this type"));
    }
    if metadata["generation"].as_i64().is_some_and(|count| count < 0) {
        causes.invalid("metadata.generation", &metadata["generation"], "must be greater than or equal to 0");
    }
    label_causes(&metadata["labels"], "metadata.labels", &mut causes);
    annotation_causes(&metadata["annotations"], "metadata.annotations", &mut causes);
    owner_causes(&metadata["ownerReferences"], &mut causes);
    finalizer_causes(&metadata["finalizers"], &mut causes);
    causes.into_vec()
}

/// What is wrong with a change of an object's metadata.
pub(crate) fn metadata_change_causes(served: &Served, old: &Value, new: &Value) -> Vec<Cause> {
    let mut all = metadata_causes(served, new);
    let (old, new) = (&old["metadata"], &new["metadata"]);
    let mut causes = Causes::new();
    if old["deletionTimestamp"].is_string() {
        let known = |one: &&Value| old["finalizers"].as_array().is_some_and(|all| all.contains(one));
        let added: Vec<String> = new["finalizers"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|one| !known(one))
            .map(Value::to_string)
            .collect();
        if !added.is_empty() {
            let words = format!(
                "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
                added.join(", ")
            );
            causes.add(Cause::forbidden("metadata.finalizers", &words));
        }
    }
    for name in ["name", "namespace", "uid", "deletionTimestamp", "deletionGracePeriodSeconds"] {
        if old[name] != new[name] && !(old[name].is_null() && new[name].is_null()) {
            causes.invalid(&format!("metadata.{name}"), &new[name], "field is immutable");
        }
    }
    // The server judges a change of metadata twice: for all objects, and for the kind.
    let found = causes.into_vec();
    if served.custom.is_none() {
        all.extend(found.clone());
    }
    all.extend(found);
    all
}

/// How the names of a kind are judged.
fn judge(served: &Served) -> fn(&str) -> Vec<String> {
    match (&*served.group, &*served.kind) {
        ("", "Namespace" | "Service") => names::label,
        ("rbac.authorization.k8s.io", _) => names::path_segment,
        _ => names::subdomain,
    }
}

fn name_causes(served: &Served, metadata: &Value, causes: &mut Causes) {
    let name = metadata["name"].as_str().unwrap_or_default();
    let judge = judge(served);
    if let Some(prefix) = metadata["generateName"].as_str().filter(|prefix| !prefix.is_empty()) {
        let masked = prefix.strip_suffix('-').map_or_else(|| prefix.to_owned(), |start| format!("{start}a"));
        for words in judge(&masked) {
            causes.invalid("metadata.generateName", &metadata["generateName"], &words);
        }
    }
    if name.is_empty() {
        causes.required("metadata.name", "name or generateName is required");
        return;
    }
    for words in judge(name) {
        // A name's length is counted in characters.
        causes.invalid(
            "metadata.name",
            &metadata["name"],
            &words.replace("63 bytes", "63 characters").replace("253 bytes", "253 characters"),
        );
    }
    if served.is("batch", "cronjobs") && name.len() > 52 {
        causes.invalid("metadata.name", &metadata["name"], "must be no more than 52 characters");
    }
}

/// Judges labels.
pub(super) fn label_causes(labels: &Value, field: &str, causes: &mut Causes) {
    let mut members: Vec<(&String, &Value)> = labels.as_object().into_iter().flatten().collect();
    members.sort_by_key(|(key, _)| *key);
    for (key, value) in members {
        for words in names::key(key) {
            causes.invalid(field, &quoted(key), &words);
        }
        for words in names::value(value.as_str().unwrap_or_default()) {
            causes.invalid(field, value, &words);
        }
    }
}

/// Judges annotations.
pub(super) fn annotation_causes(annotations: &Value, field: &str, causes: &mut Causes) {
    let mut size = 0;
    for (key, value) in annotations.as_object().into_iter().flatten() {
        size += key.len() + value.as_str().map_or(0, str::len);
        for words in names::key(&key.to_lowercase()) {
            causes.invalid(field, &quoted(key), &words);
        }
    }
    if size > ANNOTATIONS_MAX {
        causes.add(Cause::too_long(field, ANNOTATIONS_MAX));
    }
}

fn owner_causes(owners: &Value, causes: &mut Causes) {
    let all = owners.as_array().map_or(&[][..], Vec::as_slice);
    for owner in all {
        owner_cause(owner, causes);
    }
    let controllers: Vec<&Value> = all.iter().filter(|owner| owner["controller"] == true).collect();
    if let [first, second, ..] = controllers.as_slice() {
        let text = |owner: &Value, name: &str| owner[name].as_str().unwrap_or_default().to_owned();
        let words = format!(
            "Only one reference can have Controller set to true. Found \"true\" in references for {}/{} and {}/{}",
            text(first, "kind"),
            text(first, "name"),
            text(second, "kind"),
            text(second, "name")
        );
        let ordered = Value::Array(all.iter().map(in_order).collect());
        causes.invalid("metadata.ownerReferences", &ordered, &words);
    }
}

/// A reference with its members in the order of its type.
fn in_order(owner: &Value) -> Value {
    let names = ["apiVersion", "kind", "name", "uid", "controller", "blockOwnerDeletion"];
    names.into_iter().filter_map(|name| Some((name.to_owned(), owner.get(name)?.clone()))).collect()
}

fn owner_cause(owner: &Value, causes: &mut Causes) {
    let text = |name: &str| owner[name].as_str().unwrap_or_default();
    let field = |name: &str| format!("metadata.ownerReferences.{name}");
    let version = text("apiVersion");
    if version.is_empty() || version.matches('/').count() > 1 {
        causes.invalid(&field("apiVersion"), &quoted(version), "version must not be empty");
    }
    for name in ["kind", "name", "uid"] {
        if text(name).is_empty() {
            causes.invalid(&field(name), &quoted(""), "must not be empty");
        }
    }
    if version == "v1" && text("kind") == "Event" {
        let words = "/v1, Kind=Event is disallowed from being an owner";
        causes.invalid("metadata.ownerReferences", &in_order(owner), words);
    }
}

fn finalizer_causes(finalizers: &Value, causes: &mut Causes) {
    let known = ["orphan", "foregroundDeletion", "kubernetes"];
    for (index, finalizer) in finalizers.as_array().into_iter().flatten().enumerate() {
        let text = finalizer.as_str().unwrap_or_default();
        for words in names::key(text) {
            causes.invalid("metadata.finalizers", finalizer, &words);
        }
        if !text.contains('/') && !known.contains(&text) && names::key(text).is_empty() {
            let words = "name is neither a standard finalizer name nor is it fully qualified";
            causes.invalid(&format!("metadata.finalizers[{index}]"), finalizer, words);
        }
    }
}
