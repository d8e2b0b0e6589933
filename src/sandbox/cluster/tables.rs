//! Tables: what `kubectl get` shows of objects.
//!
//! Source: <https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables>

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::cluster::kinds::Served;

/// A column: its name and what it shows of an object.
type Column = (&'static str, fn(&Value, Timestamp) -> String);

/// The table of objects.
pub(crate) fn table(
    served: &Served,
    objects: &[&Value],
    metadata: &Value,
    version: &str,
    now: Timestamp,
) -> Value {
    if let Some(custom) = &served.custom {
        return custom_table(&custom.columns, objects, metadata, version, now);
    }
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
            json!({ "cells": cells, "object": crate::cluster::forms::partial(object, version) })
        })
        .collect();
    document(metadata, version, definitions, rows)
}

fn document(metadata: &Value, version: &str, definitions: Vec<Value>, rows: Vec<Value>) -> Value {
    json!({
        "kind": "Table", "apiVersion": format!("meta.k8s.io/{version}"), "metadata": metadata,
        "columnDefinitions": definitions, "rows": rows,
    })
}

const NAME_SENTENCES: &str = "Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names";
const AGE_SENTENCES: &str = "CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata";

/// The table of custom objects: the columns of their definition, or their age.
fn custom_table(
    columns: &[Value],
    objects: &[&Value],
    metadata: &Value,
    version: &str,
    now: Timestamp,
) -> Value {
    let age_alone = [json!({
        "name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp", "description": AGE_SENTENCES,
    })];
    let columns = if columns.is_empty() { &age_alone } else { columns };
    let mut definitions = vec![json!({
        "name": "Name", "type": "string", "format": "name", "description": NAME_SENTENCES, "priority": 0,
    })];
    definitions.extend(columns.iter().map(|column| {
        let path = column["jsonPath"].as_str().unwrap_or_default();
        let told = format!("Custom resource definition column (in JSONPath format): {path}");
        json!({
            "name": column["name"], "type": column["type"],
            "format": column["format"].as_str().unwrap_or_default(),
            "description": column["description"].as_str().unwrap_or(&told),
            "priority": column["priority"].as_i64().unwrap_or(0),
        })
    }));
    let row = |object: &&Value| {
        let mut cells = vec![object["metadata"]["name"].clone()];
        cells.extend(columns.iter().map(|column| custom_cell(column, object, now)));
        json!({ "cells": cells, "object": crate::cluster::forms::partial(object, version) })
    };
    let rows = objects.iter().map(row).collect();
    document(metadata, version, definitions, rows)
}

/// What a column of a definition shows of an object: nothing where its type does not fit.
fn custom_cell(column: &Value, object: &Value, now: Timestamp) -> Value {
    let path = column["jsonPath"].as_str().unwrap_or_default();
    let found = found_at(object, path);
    match (column["type"].as_str().unwrap_or_default(), found) {
        (_, None | Some(Value::Null)) => Value::Null,
        ("integer", Some(found)) => found.as_i64().map_or(Value::Null, Value::from),
        ("number", Some(found)) if found.is_number() => found.clone(),
        ("boolean", Some(found)) if found.is_boolean() => found.clone(),
        ("date", Some(Value::String(time))) => {
            time.parse().map_or_else(|_| "<invalid>".into(), |then| since(then, now)).into()
        }
        ("string", Some(Value::String(text))) => text.clone().into(),
        ("string", Some(other)) => other.to_string().into(),
        (_, Some(_)) => Value::Null,
    }
}

/// The first value at a path such as `.status.conditions[?(@.type=="Ready")].status`.
fn found_at<'v>(object: &'v Value, path: &str) -> Option<&'v Value> {
    let mut at = object;
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("[?(@.") {
            let (condition, after) = after.split_once(")]")?;
            let (member, wanted) = condition.split_once("==")?;
            let wanted = wanted.trim().trim_matches(['"', '\'']);
            at = at.as_array()?.iter().find(|one| one[member.trim()] == wanted)?;
            rest = after;
        } else if let Some(after) = rest.strip_prefix('[') {
            let (index, after) = after.split_once(']')?;
            at = match index.parse::<usize>() {
                Ok(index) => at.get(index)?,
                Err(_) if index == "*" => at.get(0)?,
                Err(_) => at.get(index.trim_matches(['"', '\'']))?,
            };
            rest = after;
        } else {
            let after = rest.strip_prefix('.').unwrap_or(rest);
            let end = member_end(after);
            at = at.get(after[..end].replace("\\.", "."))?;
            rest = &after[end..];
        }
    }
    Some(at)
}

/// Where a member's name ends: at a dot or a bracket that is not escaped.
fn member_end(text: &str) -> usize {
    let mut before = ' ';
    for (index, c) in text.char_indices() {
        if matches!(c, '.' | '[') && before != '\\' {
            return index;
        }
        before = c;
    }
    text.len()
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
    since(made, now)
}

/// The time between two instants as kubectl writes it: two units while they say something.
fn since(then: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(then).as_secs();
    if seconds < -1 {
        return "<invalid>".into();
    }
    let seconds = seconds.max(0);
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    let (days, years) = (hours / 24, hours / 24 / 365);
    let pair = |large: i64, unit: &str, small: i64, small_unit: &str| match small {
        0 => format!("{large}{unit}"),
        small => format!("{large}{unit}{small}{small_unit}"),
    };
    match seconds {
        0..120 => format!("{seconds}s"),
        120..600 => pair(minutes, "m", seconds % 60, "s"),
        600..10_800 => format!("{minutes}m"),
        10_800..28_800 => pair(hours, "h", minutes % 60, "m"),
        28_800..172_800 => format!("{hours}h"),
        172_800..691_200 => pair(days, "d", hours % 24, "h"),
        691_200..63_072_000 => format!("{days}d"),
        63_072_000..252_288_000 => pair(years, "y", days % 365, "d"),
        _ => format!("{years}y"),
    }
}
