//! What is peculiar to a kind when it is written: its generation, what a client cannot set, what it begins with.
//!
//! Source: the behaviour of the API server's registries, as recorded from Kubernetes 1.36.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::cluster::controllers::Part;
use crate::cluster::controllers::pods::quality;
use crate::cluster::decoding::zero;
use crate::cluster::fieldset::Fields;
use crate::cluster::kinds::Served;
use crate::cluster::world::stamp;

/// Where the number of a daemon set's template stands.
const TEMPLATE_GENERATION: &str = "deprecated.daemonset.template.generation";

/// Kinds whose objects count their generations.
const COUNTED: &[&str] = &[
    "CronJob",
    "CustomResourceDefinition",
    "DaemonSet",
    "Deployment",
    "DeviceClass",
    "EndpointSlice",
    "FlowSchema",
    "Ingress",
    "IngressClass",
    "Job",
    "MutatingAdmissionPolicy",
    "MutatingAdmissionPolicyBinding",
    "MutatingWebhookConfiguration",
    "NetworkPolicy",
    "Pod",
    "PodDisruptionBudget",
    "PodTemplate",
    "PriorityClass",
    "PriorityLevelConfiguration",
    "ReplicaSet",
    "ReplicationController",
    "ResourceSlice",
    "StatefulSet",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration",
];

/// Kinds that a PUT makes when they are not there.
const MADE_BY_PUT: &[&str] = &[
    "ClusterRole",
    "ClusterRoleBinding",
    "Endpoints",
    "Event",
    "Lease",
    "LimitRange",
    "Role",
    "RoleBinding",
    "RuntimeClass",
    "Service",
];

/// Kinds that a PUT changes only when it names the version that it has read.
const VERSIONED: &[&str] = &[
    "APIService",
    "CustomResourceDefinition",
    "EndpointSlice",
    "FlowSchema",
    "IPAddress",
    "Lease",
    "MutatingAdmissionPolicy",
    "MutatingAdmissionPolicyBinding",
    "MutatingWebhookConfiguration",
    "PodDisruptionBudget",
    "PriorityLevelConfiguration",
    "RuntimeClass",
    "ServiceCIDR",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration",
];

pub(crate) fn has_generation(served: &Served) -> bool {
    served.custom.is_some() || COUNTED.contains(&&*served.kind)
}

pub(crate) fn is_made_by_put(served: &Served) -> bool {
    served.custom.is_none() && MADE_BY_PUT.contains(&&*served.kind)
}

pub(crate) fn needs_version(served: &Served) -> bool {
    served.custom.is_some() || VERSIONED.contains(&&*served.kind)
}

/// The members whose owners a write to a part does not touch.
pub(crate) fn ignored(served: &Served, part: Part) -> Fields {
    let mut set = Fields::default();
    match part {
        Part::Main | Part::Scale if served.has_status() => set.put("f:status".into(), Fields::leaf()),
        Part::Main | Part::Finalize | Part::Scale => {}
        Part::Status => {
            let members = served.shape.record().into_iter().flat_map(|record| record.fields.keys());
            for name in
                members.filter(|name| !matches!(name.as_str(), "status" | "metadata" | "apiVersion" | "kind"))
            {
                set.put(format!("f:{name}"), Fields::leaf());
            }
            if served.custom.is_some() {
                set.put("f:metadata".into(), Fields::leaf());
            }
        }
    }
    set
}

/// Brings a new object into its first state: what the server alone decides is set back.
pub(crate) fn begin(served: &Served, object: &mut Value, now: Timestamp) {
    if has_generation(served) {
        object["metadata"]["generation"] = 1.into();
    }
    // A node says how it is when it registers.
    if served.has_status() && !served.is("", "nodes") {
        reset_status(served, object);
    }
    match (&*served.group, &*served.kind) {
        ("", "Pod") => {
            object["status"] = json!({ "phase": "Pending", "qosClass": quality(object) });
            if object["spec"]["schedulingGates"].as_array().is_some_and(|gates| !gates.is_empty()) {
                object["status"]["conditions"] = json!([{
                    "type": "PodScheduled", "status": "False", "lastProbeTime": null, "lastTransitionTime": stamp(now),
                    "reason": "SchedulingGated", "message": "Scheduling is blocked due to non-empty scheduling gates",
                }]);
            }
        }
        ("", "Namespace") => {
            let mut finalizers = object["spec"]["finalizers"].as_array().cloned().unwrap_or_default();
            if !finalizers.contains(&"kubernetes".into()) {
                finalizers.push("kubernetes".into());
            }
            object["spec"] = json!({ "finalizers": finalizers });
            object["status"] = json!({ "phase": "Active" });
        }
        ("", "PersistentVolumeClaim") => {
            object["status"] = json!({ "phase": "Pending" });
            mirror_source(object);
        }
        ("", "PersistentVolume") => {
            object["status"] = json!({ "phase": "Pending", "lastPhaseTransitionTime": stamp(now) });
        }
        ("batch", "Job") => {
            select_own_pods(object);
            let labels = object["spec"]["template"]["metadata"]["labels"].clone();
            if labels.is_object() && object["metadata"]["labels"].is_null() {
                object["metadata"]["labels"] = labels;
            }
        }
        ("apps", "DaemonSet") => {
            object["metadata"]["annotations"][TEMPLATE_GENERATION] = "1".into();
        }
        ("apiextensions.k8s.io", "CustomResourceDefinition") => {
            let all = object["spec"]["versions"].as_array().into_iter().flatten();
            let stored: Vec<Value> = all
                .filter(|version| version["storage"] == true)
                .map(|version| version["name"].clone())
                .collect();
            object["status"]["storedVersions"] = stored.into();
        }
        _ => {}
    }
}

/// A claim's source has an older and a newer name.
fn mirror_source(claim: &mut Value) {
    let spec = &mut claim["spec"];
    for (from, to) in [("dataSource", "dataSourceRef"), ("dataSourceRef", "dataSource")] {
        let Some(source) = spec.get(from).cloned() else { continue };
        let crosses = source["namespace"].as_str().is_some_and(|space| !space.is_empty());
        if spec.get(to).is_none() && !crosses {
            spec[to] = source;
        }
    }
}

fn reset_status(served: &Served, object: &mut Value) {
    let Some(members) = object.as_object_mut() else { return };
    members.shift_remove("status");
    let field = served.shape.record().and_then(|record| record.fields.get("status"));
    if let Some(field) = field.filter(|_| served.custom.is_none()) {
        members.insert("status".into(), zero(&field.shape));
    }
}

/// A job selects its pods by its own uid, unless it says that it does so itself.
fn select_own_pods(object: &mut Value) {
    if object["spec"]["manualSelector"] == true {
        return;
    }
    let text = |name: &str| object["metadata"][name].as_str().unwrap_or_default().to_owned();
    let (uid, name) = (text("uid"), text("name"));
    let spec = &mut object["spec"];
    let labels = &mut spec["template"]["metadata"]["labels"];
    if !labels.is_object() {
        *labels = json!({});
    }
    for (label, value) in [
        ("job-name", &name),
        ("batch.kubernetes.io/job-name", &name),
        ("controller-uid", &uid),
        ("batch.kubernetes.io/controller-uid", &uid),
    ] {
        if labels[label].is_null() {
            labels[label] = value.clone().into();
        }
    }
    if !spec["selector"].is_object() {
        spec["selector"] = json!({ "matchLabels": {} });
    }
    if !spec["selector"]["matchLabels"].is_object() {
        spec["selector"]["matchLabels"] = json!({});
    }
    spec["selector"]["matchLabels"]["batch.kubernetes.io/controller-uid"] = uid.into();
}

/// The new object: only the part that may change is taken from what was sent.
pub(crate) fn combine(served: &Served, old: &Value, sent: Value, part: Part) -> Value {
    match part {
        Part::Status => {
            let mut new = old.clone();
            put_member(&mut new, "status", sent.get("status"));
            new["metadata"] = status_metadata(served, &old["metadata"], &sent["metadata"]);
            new
        }
        Part::Finalize => {
            let mut new = old.clone();
            new["spec"] = sent["spec"].clone();
            new["metadata"]["managedFields"] = sent["metadata"]["managedFields"].clone();
            new
        }
        Part::Main | Part::Scale => {
            let mut new = sent;
            if served.has_status() {
                put_member(&mut new, "status", old.get("status"));
            }
            if served.is("", "namespaces") {
                new["spec"]["finalizers"] = old["spec"]["finalizers"].clone();
            }
            if served.is("", "services") {
                keep_addresses(old, &mut new);
            }
            new
        }
    }
}

/// A status is written with the metadata as it was, but for what marks the writer.
fn status_metadata(served: &Served, old: &Value, sent: &Value) -> Value {
    let mut new = if served.custom.is_some() { old.clone() } else { sent.clone() };
    let kept: &[&str] = match &*served.kind {
        "Pod" => &["ownerReferences", "deletionTimestamp"],
        "Deployment"
        | "DaemonSet"
        | "ReplicaSet"
        | "StatefulSet"
        | "Job"
        | "CronJob"
        | "ReplicationController" => &["labels"],
        _ => &[],
    };
    for name in kept {
        put_member(&mut new, name, old.get(*name));
    }
    put_member(&mut new, "managedFields", sent.get("managedFields"));
    new
}

fn put_member(object: &mut Value, name: &str, value: Option<&Value>) {
    let Some(members) = object.as_object_mut() else { return };
    match value {
        Some(value) => drop(members.insert(name.to_owned(), value.clone())),
        None => drop(members.shift_remove(name)),
    }
}

/// A service keeps the addresses that it was given when a client leaves them out.
fn keep_addresses(old: &Value, new: &mut Value) {
    if new["spec"]["type"] == "ExternalName" {
        return;
    }
    for name in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "healthCheckNodePort"] {
        let absent = new["spec"].get(name).is_none_or(Value::is_null);
        let fits = name != "healthCheckNodePort"
            || new["spec"]["externalTrafficPolicy"] == "Local" && new["spec"]["type"] == "LoadBalancer";
        if absent && fits {
            put_member(&mut new["spec"], name, old["spec"].get(name));
        }
    }
    if matches!(new["spec"]["type"].as_str(), Some("NodePort" | "LoadBalancer")) {
        let before = old["spec"]["ports"].as_array().cloned().unwrap_or_default();
        for port in new["spec"]["ports"].as_array_mut().into_iter().flatten() {
            let same =
                |other: &&Value| other["port"] == port["port"] && other["protocol"] == port["protocol"];
            let known = before.iter().find(same).map(|other| other["nodePort"].clone());
            if port.get("nodePort").is_none()
                && let Some(known @ Value::Number(_)) = known
            {
                port["nodePort"] = known;
            }
        }
    }
}

/// `stringData` is written in plain text and kept as `data`.
pub(crate) fn fold_string_data(object: &mut Value) {
    use base64::Engine as _;
    let Some(plain) = object.as_object_mut().and_then(|members| members.shift_remove("stringData")) else {
        return;
    };
    let plain: Map<String, Value> = plain.as_object().cloned().unwrap_or_default();
    if !plain.is_empty() && !object["data"].is_object() {
        object["data"] = json!({});
    }
    for (name, value) in plain {
        let encoded = base64::engine::general_purpose::STANDARD.encode(value.as_str().unwrap_or_default());
        object["data"][name.as_str()] = encoded.into();
    }
}

/// A daemon set counts how often its template has changed.
pub(crate) fn count_template(served: &Served, old: &Value, new: &mut Value) {
    if !served.is("apps", "daemonsets") {
        return;
    }
    let before = old["metadata"]["annotations"][TEMPLATE_GENERATION].as_str().unwrap_or("0");
    let count: u64 = before.parse().unwrap_or(0);
    let is_same = old["spec"]["template"] == new["spec"]["template"];
    let count = if is_same { count } else { count + 1 };
    new["metadata"]["annotations"][TEMPLATE_GENERATION] = count.to_string().into();
}

/// Everything that counts as a new generation.
pub(crate) fn body(served: &Served, object: &Value) -> Value {
    let counts = |name: &str| match name {
        "metadata" | "apiVersion" | "kind" => false,
        "status" => !served.has_status(),
        _ => true,
    };
    let members = object.as_object().into_iter().flatten().filter(|(name, _)| counts(name));
    let mut body: Map<String, Value> = members.map(|(name, value)| (name.clone(), value.clone())).collect();
    // The annotations of a deployment go to its replica sets.
    if served.is("apps", "deployments") {
        body.insert("annotations".into(), object["metadata"]["annotations"].clone());
    }
    if served.is("discovery.k8s.io", "endpointslices") {
        body.insert("labels".into(), object["metadata"]["labels"].clone());
    }
    Value::Object(body)
}
