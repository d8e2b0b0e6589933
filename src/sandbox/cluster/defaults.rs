//! What the API server fills in where an object does not say.
//!
//! Source: <https://kubernetes.io/docs/reference/kubernetes-api/>
//! Invariant: filling in twice changes nothing the second time.

use serde_json::{Value, json};

/// Fills in what an object of a kind does not say.
pub(crate) fn complete(kind: &str, object: &mut Value) {
    let spec = &mut object["spec"];
    match kind {
        "Pod" => pod(spec),
        "Deployment" => {
            fill(spec, "replicas", json!(1));
            fill(spec, "revisionHistoryLimit", json!(10));
            fill(spec, "progressDeadlineSeconds", json!(600));
            fill(spec, "strategy", json!({ "type": "RollingUpdate" }));
            if spec["strategy"]["type"] == "RollingUpdate" {
                fill(&mut spec["strategy"], "rollingUpdate", json!({}));
                fill(&mut spec["strategy"]["rollingUpdate"], "maxSurge", json!("25%"));
                fill(&mut spec["strategy"]["rollingUpdate"], "maxUnavailable", json!("25%"));
            }
            template(spec);
        }
        "ReplicaSet" | "ReplicationController" => {
            fill(spec, "replicas", json!(1));
            template(spec);
        }
        "StatefulSet" => stateful_set(spec),
        "DaemonSet" => {
            fill(spec, "revisionHistoryLimit", json!(10));
            fill(spec, "updateStrategy", json!({ "type": "RollingUpdate" }));
            if spec["updateStrategy"]["type"] == "RollingUpdate" {
                fill(
                    &mut spec["updateStrategy"],
                    "rollingUpdate",
                    json!({ "maxSurge": 0, "maxUnavailable": 1 }),
                );
            }
            template(spec);
        }
        "Job" => job(object),
        "CronJob" => {
            fill(spec, "concurrencyPolicy", json!("Allow"));
            fill(spec, "suspend", json!(false));
            fill(spec, "successfulJobsHistoryLimit", json!(3));
            fill(spec, "failedJobsHistoryLimit", json!(1));
            template(&mut spec["jobTemplate"]["spec"]);
        }
        "Service" => service(spec),
        "HorizontalPodAutoscaler" => {
            fill(spec, "minReplicas", json!(1));
            let metric = json!([{ "type": "Resource", "resource": { "name": "cpu", "target": { "type": "Utilization", "averageUtilization": 80 } } }]);
            fill(spec, "metrics", metric);
        }
        "PersistentVolumeClaim" => fill(spec, "volumeMode", json!("Filesystem")),
        "Secret" => fill(object, "type", json!("Opaque")),
        "Namespace" => {
            fill(object, "spec", json!({ "finalizers": ["kubernetes"] }));
            fill(object, "status", json!({ "phase": "Active" }));
        }
        "StorageClass" => {
            fill(object, "reclaimPolicy", json!("Delete"));
            fill(object, "volumeBindingMode", json!("Immediate"));
        }
        "NetworkPolicy" => fill(spec, "policyTypes", json!(["Ingress"])),
        _ => {}
    }
    tidy(object);
}

/// Reading members that are not there leaves nulls behind; they were never meant.
fn tidy(object: &mut Value) {
    if let Some(members) = object.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
}

fn fill(value: &mut Value, name: &str, default: Value) {
    if value.is_null() {
        *value = json!({});
    }
    if value[name].is_null() {
        value[name] = default;
    }
}

fn each<'v>(value: &'v mut Value, name: &str) -> impl Iterator<Item = &'v mut Value> {
    value.get_mut(name).and_then(Value::as_array_mut).into_iter().flatten()
}

fn template(spec: &mut Value) {
    if spec["template"].is_object() {
        fill(&mut spec["template"], "metadata", json!({}));
        pod(&mut spec["template"]["spec"]);
    }
}

/// A pod's specification.
fn pod(spec: &mut Value) {
    fill(spec, "restartPolicy", json!("Always"));
    fill(spec, "terminationGracePeriodSeconds", json!(30));
    fill(spec, "dnsPolicy", json!("ClusterFirst"));
    fill(spec, "securityContext", json!({}));
    fill(spec, "schedulerName", json!("default-scheduler"));
    if let Some(account) = spec["serviceAccountName"].as_str().map(str::to_owned) {
        fill(spec, "serviceAccount", account.into());
    }
    for list in ["containers", "initContainers"] {
        each(spec, list).for_each(container);
    }
    each(spec, "volumes").for_each(volume);
    tidy(spec);
}

fn container(container: &mut Value) {
    fill(container, "terminationMessagePath", json!("/dev/termination-log"));
    fill(container, "terminationMessagePolicy", json!("File"));
    fill(container, "resources", json!({}));
    let latest = container["image"].as_str().is_some_and(|image| {
        let name = image.rsplit('/').next().unwrap_or_default();
        !image.contains('@') && (!name.contains(':') || name.ends_with(":latest"))
    });
    fill(container, "imagePullPolicy", json!(if latest { "Always" } else { "IfNotPresent" }));
    each(container, "ports").for_each(|port| fill(port, "protocol", json!("TCP")));
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        let Some(probe) = container.get_mut(probe).filter(|probe| probe.is_object()) else { continue };
        fill(probe, "timeoutSeconds", json!(1));
        fill(probe, "periodSeconds", json!(10));
        fill(probe, "successThreshold", json!(1));
        fill(probe, "failureThreshold", json!(3));
        if let Some(get) = probe.get_mut("httpGet") {
            fill(get, "path", json!("/"));
            fill(get, "scheme", json!("HTTP"));
        }
    }
    for variable in each(container, "env") {
        if let Some(field) = variable.get_mut("valueFrom").and_then(|from| from.get_mut("fieldRef")) {
            fill(field, "apiVersion", json!("v1"));
        }
    }
    // What is limited is asked for.
    let limits = container["resources"]["limits"].as_object().cloned();
    for (name, amount) in limits.into_iter().flatten() {
        if container["resources"]["requests"].is_null() {
            container["resources"]["requests"] = json!({});
        }
        fill(&mut container["resources"]["requests"], &name, amount);
    }
    if let Some(resources) = container.get_mut("resources") {
        tidy(resources);
    }
    tidy(container);
}

fn volume(volume: &mut Value) {
    for (source, mode) in [
        ("configMap", "defaultMode"),
        ("secret", "defaultMode"),
        ("downwardAPI", "defaultMode"),
        ("projected", "defaultMode"),
    ] {
        if let Some(source) = volume.get_mut(source).filter(|source| source.is_object()) {
            fill(source, mode, json!(420));
        }
    }
    if let Some(path) = volume.get_mut("hostPath").filter(|path| path.is_object()) {
        fill(path, "type", json!(""));
    }
}

fn stateful_set(spec: &mut Value) {
    fill(spec, "replicas", json!(1));
    fill(spec, "revisionHistoryLimit", json!(10));
    fill(spec, "podManagementPolicy", json!("OrderedReady"));
    fill(
        spec,
        "persistentVolumeClaimRetentionPolicy",
        json!({ "whenDeleted": "Retain", "whenScaled": "Retain" }),
    );
    fill(spec, "updateStrategy", json!({ "type": "RollingUpdate" }));
    if spec["updateStrategy"]["type"] == "RollingUpdate" {
        fill(&mut spec["updateStrategy"], "rollingUpdate", json!({ "partition": 0 }));
    }
    template(spec);
}

/// A job selects its pods by its own uid.
fn job(object: &mut Value) {
    let uid = object["metadata"]["uid"].as_str().unwrap_or_default().to_owned();
    let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    let spec = &mut object["spec"];
    fill(spec, "backoffLimit", json!(6));
    if spec["completions"].is_null() && spec["parallelism"].is_null() {
        fill(spec, "completions", json!(1));
    }
    fill(spec, "parallelism", json!(1));
    fill(spec, "completionMode", json!("NonIndexed"));
    fill(spec, "suspend", json!(false));
    fill(spec, "manualSelector", json!(false));
    fill(spec, "podReplacementPolicy", json!("TerminatingOrFailed"));
    if spec["manualSelector"] != true && !uid.is_empty() {
        fill(spec, "selector", json!({ "matchLabels": { "batch.kubernetes.io/controller-uid": uid } }));
        fill(&mut spec["template"], "metadata", json!({}));
        fill(&mut spec["template"]["metadata"], "labels", json!({}));
        for (label, value) in [
            ("batch.kubernetes.io/controller-uid", &uid),
            ("batch.kubernetes.io/job-name", &name),
            ("controller-uid", &uid),
            ("job-name", &name),
        ] {
            fill(&mut spec["template"]["metadata"]["labels"], label, value.clone().into());
        }
    }
    template(spec);
    tidy(spec);
}

fn service(spec: &mut Value) {
    fill(spec, "type", json!("ClusterIP"));
    fill(spec, "sessionAffinity", json!("None"));
    if spec["type"] != "ExternalName" {
        fill(spec, "internalTrafficPolicy", json!("Cluster"));
        fill(spec, "ipFamilies", json!(["IPv4"]));
        fill(spec, "ipFamilyPolicy", json!("SingleStack"));
    }
    if matches!(spec["type"].as_str(), Some("LoadBalancer" | "NodePort")) {
        fill(spec, "externalTrafficPolicy", json!("Cluster"));
    }
    if spec["type"] == "LoadBalancer" {
        fill(spec, "allocateLoadBalancerNodePorts", json!(true));
    }
    for port in each(spec, "ports") {
        fill(port, "protocol", json!("TCP"));
        let number = port["port"].clone();
        fill(port, "targetPort", number);
    }
}
