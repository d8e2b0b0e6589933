//! What the API server refuses: names, missing parts, changes of what cannot change.
//!
//! Source: <https://kubernetes.io/docs/concepts/overview/working-with-objects/names/>

use serde_json::Value;

use crate::cluster::kinds::Served;
use crate::cluster::status::{Cause, Refused};

/// Fields that stay as they were made.
const FIXED: &[(&str, &[&str])] = &[
    ("Deployment", &["spec.selector"]),
    ("ReplicaSet", &["spec.selector"]),
    ("DaemonSet", &["spec.selector"]),
    (
        "StatefulSet",
        &["spec.selector", "spec.serviceName", "spec.podManagementPolicy", "spec.volumeClaimTemplates"],
    ),
    ("Job", &["spec.selector", "spec.template", "spec.completions", "spec.completionMode"]),
    (
        "PersistentVolumeClaim",
        &["spec.accessModes", "spec.storageClassName", "spec.volumeMode", "spec.selector"],
    ),
    ("StorageClass", &["provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"]),
    ("RoleBinding", &["roleRef"]),
    ("ClusterRoleBinding", &["roleRef"]),
    ("Secret", &["type"]),
];

/// Kinds that have to have these.
const NEEDED: &[(&str, &[&str])] = &[
    ("Deployment", &["spec.selector", "spec.template.spec.containers"]),
    ("ReplicaSet", &["spec.selector"]),
    ("DaemonSet", &["spec.selector", "spec.template.spec.containers"]),
    ("StatefulSet", &["spec.selector", "spec.template.spec.containers"]),
    ("Job", &["spec.template.spec.containers"]),
    ("Pod", &["spec.containers"]),
    ("HorizontalPodAutoscaler", &["spec.maxReplicas", "spec.scaleTargetRef"]),
    ("PersistentVolumeClaim", &["spec.accessModes", "spec.resources.requests"]),
];

/// Judges a new object.
///
/// # Errors
/// All that is wrong with it.
pub(crate) fn check_new(served: &Served, object: &Value) -> Result<(), Refused> {
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    let mut causes = Vec::new();
    causes.extend(name_cause(served, name));
    let needed = NEEDED.iter().find(|(kind, _)| *kind == served.kind).map_or(&[][..], |(_, paths)| *paths);
    for path in needed.iter().filter(|path| is_empty(at(object, path))) {
        causes.push(Cause {
            reason: "FieldValueRequired",
            field: (*path).to_owned(),
            message: "Required value".into(),
        });
    }
    causes.extend(selector_cause(served, object));
    causes.extend(restart_cause(served, object));
    if causes.is_empty() { Ok(()) } else { Err(Refused::invalid(served, name, &causes)) }
}

/// Judges a change.
///
/// # Errors
/// All fields that cannot be changed and are.
pub(crate) fn check_change(served: &Served, old: &Value, new: &Value) -> Result<(), Refused> {
    let fixed = FIXED.iter().find(|(kind, _)| *kind == served.kind).map_or(&[][..], |(_, paths)| *paths);
    let changed = fixed.iter().filter(|path| at(old, path) != at(new, path));
    let mut causes: Vec<Cause> = changed
        .map(|path| Cause {
            reason: "FieldValueInvalid",
            field: (*path).to_owned(),
            message: format!("Invalid value: {}: field is immutable", at(new, path)),
        })
        .collect();
    if old["immutable"] == true && (old["data"] != new["data"] || old["binaryData"] != new["binaryData"]) {
        causes.push(Cause {
            reason: "FieldValueForbidden",
            field: "data".into(),
            message: "Forbidden: field is immutable when `immutable` is set".into(),
        });
    }
    let name = new["metadata"]["name"].as_str().unwrap_or_default();
    if causes.is_empty() { Ok(()) } else { Err(Refused::invalid(served, name, &causes)) }
}

fn at<'v>(object: &'v Value, path: &str) -> &'v Value {
    path.split('.').fold(object, |value, name| &value[name])
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

fn name_cause(served: &Served, name: &str) -> Option<Cause> {
    let label = matches!(&*served.kind, "Namespace" | "Service");
    let free = served.group == "rbac.authorization.k8s.io";
    let (most, words, fits) = if free {
        (253, "", !name.is_empty() && !name.contains(['/', '%']))
    } else if label {
        (63, LABEL, is_label(name))
    } else {
        (253, SUBDOMAIN, name.split('.').all(is_label))
    };
    let long = name.len() > most;
    if fits && !long {
        return None;
    }
    let message = if long { format!("must be no more than {most} bytes") } else { words.to_owned() };
    Some(Cause {
        reason: "FieldValueInvalid",
        field: "metadata.name".into(),
        message: format!("Invalid value: \"{name}\": {message}"),
    })
}

const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

fn is_label(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !text.is_empty() && text.chars().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

/// A workload must select the pods that it makes.
fn selector_cause(served: &Served, object: &Value) -> Option<Cause> {
    if !matches!(&*served.kind, "Deployment" | "ReplicaSet" | "DaemonSet" | "StatefulSet") {
        return None;
    }
    let labels = &object["spec"]["template"]["metadata"]["labels"];
    let wanted = object["spec"]["selector"]["matchLabels"].as_object()?;
    let misses = wanted.iter().any(|(name, value)| labels.get(name) != Some(value));
    misses.then(|| Cause {
        reason: "FieldValueInvalid",
        field: "spec.template.metadata.labels".into(),
        message: format!("Invalid value: {labels}: `selector` does not match template `labels`"),
    })
}

fn restart_cause(served: &Served, object: &Value) -> Option<Cause> {
    let policy = object["spec"]["template"]["spec"]["restartPolicy"].as_str()?;
    let wrong = match &*served.kind {
        "Job" => policy == "Always",
        "Deployment" | "ReplicaSet" | "DaemonSet" | "StatefulSet" => policy != "Always",
        _ => false,
    };
    let known = if served.kind == "Job" { "\"OnFailure\", \"Never\"" } else { "\"Always\"" };
    wrong.then(|| Cause {
        reason: "FieldValueNotSupported",
        field: "spec.template.spec.restartPolicy".into(),
        message: format!("Unsupported value: \"{policy}\": supported values: {known}"),
    })
}
