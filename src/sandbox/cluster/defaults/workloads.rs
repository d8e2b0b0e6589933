//! Workloads and their autoscalers.

use serde_json::{Value, json};

use super::pods::template;
use super::{each, fill, fill_text, make, part};

/// Fills in what a workload does not say.
pub(super) fn complete(kind: &str, object: &mut Value) {
    if kind == "ReplicationController" {
        labels_of_template(object);
    }
    if kind == "DaemonSet" {
        mark_generation(object);
    }
    if kind == "Job" {
        let labels = object["spec"]["template"]["metadata"].get("labels").cloned();
        if let (Some(metadata), Some(labels @ Value::Object(_))) = (part(object, "metadata"), labels) {
            fill(metadata, "labels", labels);
        }
    }
    let Some(spec) = part(object, "spec") else { return };
    match kind {
        "Deployment" => deployment(spec),
        "ReplicaSet" | "ReplicationController" => fill(spec, "replicas", json!(1)),
        "StatefulSet" => stateful_set(spec),
        "DaemonSet" => daemon_set(spec),
        "Job" => job(spec),
        _ => {
            fill_text(spec, "concurrencyPolicy", "Allow");
            fill(spec, "suspend", json!(false));
            fill(spec, "successfulJobsHistoryLimit", json!(3));
            fill(spec, "failedJobsHistoryLimit", json!(1));
            if let Some(inner) = part(spec, "jobTemplate").and_then(|template| part(template, "spec")) {
                template(inner, "template");
            }
        }
    }
    template(spec, "template");
}

/// A controller without labels has those of its pods, and selects by them.
fn labels_of_template(object: &mut Value) {
    let labels = object["spec"]["template"]["metadata"]["labels"].clone();
    if !labels.is_object() {
        return;
    }
    if let Some(spec) = part(object, "spec") {
        fill(spec, "selector", labels.clone());
    }
    if let Some(metadata) = part(object, "metadata") {
        fill(metadata, "labels", labels);
    }
}

/// The generation of a daemon set's template, as an annotation that older clients read.
fn mark_generation(object: &mut Value) {
    let Some(metadata) = part(object, "metadata") else { return };
    make(metadata, "annotations");
    fill(&mut metadata["annotations"], "deprecated.daemonset.template.generation", json!("0"));
}

fn deployment(spec: &mut Value) {
    fill(spec, "replicas", json!(1));
    make(spec, "strategy");
    let strategy = &mut spec["strategy"];
    fill_text(strategy, "type", "RollingUpdate");
    if strategy["type"] == "RollingUpdate" {
        make(strategy, "rollingUpdate");
        let rolling = &mut strategy["rollingUpdate"];
        fill(rolling, "maxUnavailable", json!("25%"));
        fill(rolling, "maxSurge", json!("25%"));
    }
    fill(spec, "revisionHistoryLimit", json!(10));
    fill(spec, "progressDeadlineSeconds", json!(600));
}

fn stateful_set(spec: &mut Value) {
    fill_text(spec, "podManagementPolicy", "OrderedReady");
    make(spec, "updateStrategy");
    let strategy = &mut spec["updateStrategy"];
    fill_text(strategy, "type", "RollingUpdate");
    if strategy["type"] == "RollingUpdate" {
        make(strategy, "rollingUpdate");
        fill(&mut strategy["rollingUpdate"], "partition", json!(0));
    }
    make(spec, "persistentVolumeClaimRetentionPolicy");
    let retention = &mut spec["persistentVolumeClaimRetentionPolicy"];
    fill_text(retention, "whenDeleted", "Retain");
    fill_text(retention, "whenScaled", "Retain");
    fill(spec, "replicas", json!(1));
    fill(spec, "revisionHistoryLimit", json!(10));
    for claim in each(spec, "volumeClaimTemplates") {
        fill(claim, "apiVersion", json!("v1"));
        fill(claim, "kind", json!("PersistentVolumeClaim"));
        if let Some(spec) = part(claim, "spec") {
            super::claim(spec);
        }
        make(claim, "status");
        fill_text(&mut claim["status"], "phase", "Pending");
    }
}

fn daemon_set(spec: &mut Value) {
    make(spec, "updateStrategy");
    let strategy = &mut spec["updateStrategy"];
    fill_text(strategy, "type", "RollingUpdate");
    if strategy["type"] == "RollingUpdate" {
        make(strategy, "rollingUpdate");
        let rolling = &mut strategy["rollingUpdate"];
        fill(rolling, "maxUnavailable", json!(1));
        fill(rolling, "maxSurge", json!(0));
    }
    fill(spec, "revisionHistoryLimit", json!(10));
}

fn job(spec: &mut Value) {
    if spec.get("completions").is_none() && spec.get("parallelism").is_none() {
        fill(spec, "completions", json!(1));
    }
    fill(spec, "parallelism", json!(1));
    let per_index = spec.get("backoffLimitPerIndex").is_some_and(Value::is_number);
    fill(spec, "backoffLimit", json!(if per_index { i64::from(i32::MAX) } else { 6 }));
    fill(spec, "completionMode", json!("NonIndexed"));
    fill(spec, "suspend", json!(false));
    fill(spec, "manualSelector", json!(false));
    let failures = spec.get("podFailurePolicy").is_some_and(Value::is_object);
    fill(spec, "podReplacementPolicy", json!(if failures { "Failed" } else { "TerminatingOrFailed" }));
    if let Some(policy) = part(spec, "podFailurePolicy") {
        for rule in each(policy, "rules") {
            for condition in each(rule, "onPodConditions") {
                fill_text(condition, "status", "True");
            }
        }
    }
}

/// Fills in what an autoscaler does not say.
pub(super) fn autoscaler(version: &str, object: &mut Value) {
    let Some(spec) = part(object, "spec") else { return };
    fill(spec, "minReplicas", json!(1));
    if version == "v1" {
        return;
    }
    if spec["metrics"].as_array().is_none_or(Vec::is_empty) {
        spec["metrics"] = json!([{ "type": "Resource", "resource": { "name": "cpu", "target": { "type": "Utilization", "averageUtilization": 80 } } }]);
    }
    let Some(behavior) = part(spec, "behavior") else { return };
    let percent = json!({ "type": "Percent", "value": 100, "periodSeconds": 15 });
    let pods = json!({ "type": "Pods", "value": 4, "periodSeconds": 15 });
    make(behavior, "scaleUp");
    make(behavior, "scaleDown");
    fill(&mut behavior["scaleUp"], "stabilizationWindowSeconds", json!(0));
    for (direction, policies) in [("scaleUp", json!([pods, percent])), ("scaleDown", json!([percent]))] {
        let rules = &mut behavior[direction];
        fill(rules, "selectPolicy", json!("Max"));
        if rules["policies"].as_array().is_none_or(Vec::is_empty) {
            rules["policies"] = policies;
        }
    }
}
