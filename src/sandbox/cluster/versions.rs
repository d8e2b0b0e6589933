//! Kinds that are served in more than one version: how an object looks in another than the one in which it is kept.
//!
//! Invariant: what one version says and another cannot is not lost on the way.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::cluster::kinds::Served;

/// Whether objects are kept in this version.
pub(crate) fn is_stored(served: &Served) -> bool {
    match &served.custom {
        Some(custom) => custom.stored == served.version,
        None => !(served.is("autoscaling", "horizontalpodautoscalers") && served.version == "v1"),
    }
}

/// The API version in which objects of a kind are kept.
pub(crate) fn stored_version(served: &Served) -> String {
    match (&*served.group, &served.custom) {
        (group, Some(custom)) => format!("{group}/{}", custom.stored),
        ("autoscaling", None) => "autoscaling/v2".into(),
        ("events.k8s.io", None) => "v1".into(),
        _ => served.api_version(),
    }
}

/// An object as a version shows it.
pub(crate) fn shown(served: &Served, object: &Arc<Value>) -> Arc<Value> {
    if object["apiVersion"] == served.api_version() && served.custom.is_none() {
        return Arc::clone(object);
    }
    let mut new = (**object).clone();
    match (&*served.group, &served.custom) {
        // Defaults come with what is read, and read is the version that is kept.
        (_, Some(custom)) if custom.stored == served.version => custom.complete(&mut new),
        (_, Some(_)) => {}
        ("autoscaling", None) => down(&mut new),
        ("events.k8s.io", None) => newer_event(&mut new),
        _ => {}
    }
    new["apiVersion"] = served.api_version().into();
    Arc::new(new)
}

/// An object as it is kept.
pub(crate) fn kept(served: &Served, mut object: Value) -> Value {
    match &*served.group {
        "autoscaling" if served.version == "v1" => up(&mut object),
        "events.k8s.io" => older_event(&mut object),
        _ => {}
    }
    object["apiVersion"] = stored_version(served).into();
    object
}

/// An autoscaler of the second version in the first: only the processor's target has a member of its own.
fn down(object: &mut Value) {
    let mut rest = Vec::new();
    let mut percent = Value::Null;
    for metric in object["spec"]["metrics"].as_array().cloned().unwrap_or_default() {
        let target = &metric["resource"]["target"];
        if metric["resource"]["name"] == "cpu"
            && target["averageUtilization"].is_number()
            && percent.is_null()
        {
            percent = target["averageUtilization"].clone();
        } else {
            rest.push(metric);
        }
    }
    if let Some(spec) = object["spec"].as_object_mut() {
        spec.shift_remove("metrics");
        if !percent.is_null() {
            spec.insert("targetCPUUtilizationPercentage".into(), percent);
        }
    }
    let status = &mut object["status"];
    if let Some(status) = status.as_object_mut() {
        status.shift_remove("currentMetrics");
        status.shift_remove("conditions");
        status.entry("currentReplicas").or_insert_with(|| 0.into());
    }
    if !rest.is_empty() {
        let text = Value::Array(rest).to_string();
        object["metadata"]["annotations"]["autoscaling.alpha.kubernetes.io/metrics"] = text.into();
    }
}

fn up(object: &mut Value) {
    let annotations = object["metadata"].get_mut("annotations").and_then(Value::as_object_mut);
    let taken = annotations.and_then(|all| all.shift_remove("autoscaling.alpha.kubernetes.io/metrics"));
    let rest: Option<Vec<Value>> =
        taken.and_then(|text| serde_json::from_str(text.as_str().unwrap_or_default()).ok());
    if object["metadata"].get("annotations").and_then(Value::as_object).is_some_and(Map::is_empty) {
        object["metadata"].as_object_mut().map(|metadata| metadata.shift_remove("annotations"));
    }
    let mut metrics = rest.unwrap_or_default();
    let percent =
        object["spec"].as_object_mut().and_then(|spec| spec.shift_remove("targetCPUUtilizationPercentage"));
    if let Some(percent) = percent {
        let target = json!({ "type": "Utilization", "averageUtilization": percent });
        metrics.insert(0, json!({ "type": "Resource", "resource": { "name": "cpu", "target": target } }));
    }
    if !metrics.is_empty() {
        object["spec"]["metrics"] = metrics.into();
    }
    if let Some(status) = object["status"].as_object_mut() {
        if status.get("currentReplicas").is_some_and(|count| *count == 0) {
            status.shift_remove("currentReplicas");
        }
        status.entry("currentMetrics").or_insert(Value::Null);
    }
}

/// Members of events that have other names in the newer group: old, new.
const EVENT_NAMES: &[(&str, &str)] = &[
    ("involvedObject", "regarding"),
    ("message", "note"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
    ("reportingComponent", "reportingController"),
];

fn newer_event(object: &mut Value) {
    rename(object, EVENT_NAMES.iter().copied());
}

fn older_event(object: &mut Value) {
    rename(object, EVENT_NAMES.iter().map(|(old, new)| (*new, *old)));
}

fn rename<'n>(object: &mut Value, names: impl Iterator<Item = (&'n str, &'n str)>) {
    let Some(members) = object.as_object_mut() else { return };
    for (from, to) in names {
        if let Some(value) = members.shift_remove(from) {
            members.insert(to.to_owned(), value);
        }
    }
}
