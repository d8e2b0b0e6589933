//! Tables: what `kubectl get` shows of objects.
//!
//! Source: <https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables>

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::cluster::kinds::Served;

/// A column: its name and what it shows of an object.
type Column = (&'static str, fn(&Value, Timestamp) -> String);

/// The table of objects.
pub(crate) fn table(served: &Served, objects: &[&Value], list_version: &str, now: Timestamp) -> Value {
    let columns = columns(&served.kind);
    let definitions: Vec<Value> = columns
        .iter()
        .map(|(name, _)| {
            let format = if *name == "Name" { "name" } else { "" };
            json!({ "name": name, "type": "string", "format": format, "description": "", "priority": 0 })
        })
        .collect();
    let rows: Vec<Value> = objects
        .iter()
        .map(|object| {
            let cells: Vec<String> = columns.iter().map(|(_, show)| show(object, now)).collect();
            let partial = json!({ "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object["metadata"] });
            json!({ "cells": cells, "object": partial })
        })
        .collect();
    json!({
        "kind": "Table", "apiVersion": "meta.k8s.io/v1",
        "metadata": { "resourceVersion": list_version },
        "columnDefinitions": definitions, "rows": rows,
    })
}

#[expect(clippy::too_many_lines, reason = "a table of columns, one line each")]
fn columns(kind: &str) -> Vec<Column> {
    let name: Column = ("Name", |object, _| text(object, "/metadata/name"));
    let age: Column = ("Age", age);
    let mut all = vec![name];
    let own: &[Column] = match kind {
        "Pod" => &[
            ("Ready", ready_containers),
            ("Status", pod_status),
            ("Restarts", |object, _| {
                let statuses = object["status"]["containerStatuses"].as_array().cloned().unwrap_or_default();
                statuses.iter().map(|one| one["restartCount"].as_i64().unwrap_or(0)).sum::<i64>().to_string()
            }),
        ],
        "Deployment" => &[
            ("Ready", |object, _| {
                format!("{}/{}", number(object, "/status/readyReplicas"), number(object, "/spec/replicas"))
            }),
            ("Up-to-date", |object, _| number(object, "/status/updatedReplicas").to_string()),
            ("Available", |object, _| number(object, "/status/availableReplicas").to_string()),
        ],
        "ReplicaSet" => &[
            ("Desired", |object, _| number(object, "/spec/replicas").to_string()),
            ("Current", |object, _| number(object, "/status/replicas").to_string()),
            ("Ready", |object, _| number(object, "/status/readyReplicas").to_string()),
        ],
        "StatefulSet" => &[("Ready", |object, _| {
            format!("{}/{}", number(object, "/status/readyReplicas"), number(object, "/spec/replicas"))
        })],
        "Job" => &[
            ("Status", |object, _| job_status(object)),
            ("Completions", |object, _| {
                format!(
                    "{}/{}",
                    number(object, "/status/succeeded"),
                    number(object, "/spec/completions").max(1)
                )
            }),
        ],
        "Node" => &[
            ("Status", |object, _| if holds(object, "Ready") { "Ready".into() } else { "NotReady".into() }),
            ("Roles", |_, _| "<none>".into()),
        ],
        "Namespace" => &[("Status", |object, _| text(object, "/status/phase"))],
        "Service" => &[
            ("Type", |object, _| text(object, "/spec/type")),
            ("Cluster-IP", |object, _| or_none(text(object, "/spec/clusterIP"))),
            ("External-IP", |object, _| or_none(text(object, "/status/loadBalancer/ingress/0/ip"))),
            ("Port(s)", |object, _| ports(object)),
        ],
        "ConfigMap" | "Secret" => {
            &[("Data", |object, _| object["data"].as_object().map_or(0, serde_json::Map::len).to_string())]
        }
        "HorizontalPodAutoscaler" => &[
            ("Reference", |object, _| {
                format!(
                    "{}/{}",
                    text(object, "/spec/scaleTargetRef/kind"),
                    text(object, "/spec/scaleTargetRef/name")
                )
            }),
            ("MinPods", |object, _| number(object, "/spec/minReplicas").to_string()),
            ("MaxPods", |object, _| number(object, "/spec/maxReplicas").to_string()),
            ("Replicas", |object, _| number(object, "/status/currentReplicas").to_string()),
        ],
        "PodDisruptionBudget" => &[
            ("Min Available", |object, _| any(object, "/spec/minAvailable")),
            ("Max Unavailable", |object, _| any(object, "/spec/maxUnavailable")),
            ("Allowed Disruptions", |object, _| number(object, "/status/disruptionsAllowed").to_string()),
        ],
        "Event" => &[
            ("Type", |object, _| text(object, "/type")),
            ("Reason", |object, _| text(object, "/reason")),
            ("Message", |object, _| text(object, "/message")),
        ],
        _ => &[],
    };
    all.extend_from_slice(own);
    all.push(age);
    if kind == "Node" {
        all.push(("Version", |object, _| text(object, "/status/nodeInfo/kubeletVersion")));
    }
    all
}

fn text(object: &Value, path: &str) -> String {
    object.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn any(object: &Value, path: &str) -> String {
    match object.pointer(path) {
        None | Some(Value::Null) => "N/A".into(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

fn number(object: &Value, path: &str) -> i64 {
    object.pointer(path).and_then(Value::as_i64).unwrap_or(0)
}

fn or_none(text: String) -> String {
    if text.is_empty() { "<none>".into() } else { text }
}

fn holds(object: &Value, kind: &str) -> bool {
    let conditions = object["status"]["conditions"].as_array();
    conditions.into_iter().flatten().any(|one| one["type"] == kind && one["status"] == "True")
}

fn ready_containers(object: &Value, _now: Timestamp) -> String {
    let statuses = object["status"]["containerStatuses"].as_array();
    let ready = statuses.into_iter().flatten().filter(|one| one["ready"] == true).count();
    let all = object["spec"]["containers"].as_array().map_or(0, Vec::len);
    format!("{ready}/{all}")
}

fn pod_status(object: &Value, _now: Timestamp) -> String {
    if object["metadata"]["deletionTimestamp"].is_string() {
        return "Terminating".into();
    }
    let statuses = object["status"]["containerStatuses"].as_array();
    let waiting = statuses.into_iter().flatten().find_map(|one| one["state"]["waiting"]["reason"].as_str());
    match (waiting, object["status"]["phase"].as_str()) {
        (Some(reason), _) => reason.to_owned(),
        (None, Some("Succeeded")) => "Completed".into(),
        (None, phase) => phase.unwrap_or("Pending").to_owned(),
    }
}

fn job_status(object: &Value) -> String {
    ["Complete", "Failed", "Suspended"]
        .into_iter()
        .find(|kind| holds(object, kind))
        .unwrap_or("Running")
        .to_owned()
}

fn ports(object: &Value) -> String {
    let ports = object["spec"]["ports"].as_array();
    let shown: Vec<String> = ports
        .into_iter()
        .flatten()
        .map(|port| format!("{}/{}", port["port"], port["protocol"].as_str().unwrap_or("TCP")))
        .collect();
    or_none(shown.join(","))
}

/// How long ago, in the words of kubectl.
fn age(object: &Value, now: Timestamp) -> String {
    let made: Option<Timestamp> =
        object["metadata"]["creationTimestamp"].as_str().and_then(|text| text.parse().ok());
    let Some(made) = made else { return "<unknown>".into() };
    let seconds = now.duration_since(made).as_secs().max(0);
    match seconds {
        0..120 => format!("{seconds}s"),
        120..7200 => format!("{}m", seconds / 60),
        7200..172_800 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}
