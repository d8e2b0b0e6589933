//! Pods and templates of pods.

use serde_json::{Value, json};

use super::{each, fill, fill_number, fill_text, make, part};

/// A pod by itself: also what is filled in for no template.
pub(super) fn pod(object: &mut Value) {
    let Some(spec) = part(object, "spec") else { return };
    pod_spec(spec);
    fill(spec, "enableServiceLinks", json!(true));
    for list in ["initContainers", "containers"] {
        each(spec, list).for_each(ask_for_limits);
    }
    let overall = spec.get("resources").is_some();
    if overall && let Some(resources) = part(spec, "resources") {
        requests_from_limits(resources);
    }
}

/// What is limited is asked for.
fn ask_for_limits(container: &mut Value) {
    if let Some(resources) = part(container, "resources") {
        requests_from_limits(resources);
    }
}

fn requests_from_limits(resources: &mut Value) {
    let limits = resources.get("limits").and_then(Value::as_object).cloned().unwrap_or_default();
    if limits.is_empty() {
        return;
    }
    make(resources, "requests");
    for (name, amount) in limits {
        fill(&mut resources["requests"], &name, amount);
    }
}

/// The template of pods at a member.
pub(super) fn template(object: &mut Value, member: &str) {
    if let Some(template) = part(object, member)
        && let Some(spec) = part(template, "spec")
    {
        pod_spec(spec);
    }
}

fn pod_spec(spec: &mut Value) {
    fill_text(spec, "dnsPolicy", "ClusterFirst");
    fill_text(spec, "restartPolicy", "Always");
    if spec["hostNetwork"] == true {
        for list in ["containers", "initContainers"] {
            for container in each(spec, list) {
                for port in each(container, "ports") {
                    let number = port["containerPort"].as_i64().unwrap_or(0);
                    fill_number(port, "hostPort", number);
                }
            }
        }
    }
    make(spec, "securityContext");
    fill(spec, "terminationGracePeriodSeconds", json!(30));
    // Less than nothing once meant to be killed at once.
    if spec["terminationGracePeriodSeconds"].as_i64().is_some_and(i64::is_negative) {
        spec["terminationGracePeriodSeconds"] = json!(1);
    }
    fill_text(spec, "schedulerName", "default-scheduler");
    // Two names of one thing.
    for (from, to) in [("serviceAccountName", "serviceAccount"), ("serviceAccount", "serviceAccountName")] {
        if let Some(account) = spec.get(from).and_then(Value::as_str).map(str::to_owned) {
            fill(spec, to, account.into());
        }
    }
    for list in ["containers", "initContainers", "ephemeralContainers"] {
        each(spec, list).for_each(container);
    }
    each(spec, "volumes").for_each(volume);
    each(spec, "topologySpreadConstraints").for_each(|one| {
        fill(one, "nodeAffinityPolicy", Value::Null);
        if let Some(one) = one.as_object_mut() {
            one.retain(|_, value| !value.is_null());
        }
    });
}

fn container(container: &mut Value) {
    let image = container.get("image").and_then(Value::as_str).unwrap_or_default();
    let name = image.rsplit('/').next().unwrap_or_default();
    let digest = name.contains('@');
    let tag = name.split('@').next().unwrap_or_default().split_once(':').map(|(_, tag)| tag);
    let latest = tag == Some("latest") || tag.is_none() && !digest;
    fill_text(container, "imagePullPolicy", if latest { "Always" } else { "IfNotPresent" });
    fill_text(container, "terminationMessagePath", "/dev/termination-log");
    fill_text(container, "terminationMessagePolicy", "File");
    make(container, "resources");
    each(container, "ports").for_each(|port| fill_text(port, "protocol", "TCP"));
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(found) = part(container, probe) {
            self::probe(found);
        }
    }
    if let Some(lifecycle) = part(container, "lifecycle") {
        for hook in ["postStart", "preStop"] {
            if let Some(hook) = part(lifecycle, hook) {
                http(hook);
            }
        }
    }
    for variable in each(container, "env") {
        let Some(from) = part(variable, "valueFrom") else { continue };
        if let Some(field) = part(from, "fieldRef") {
            fill_text(field, "apiVersion", "v1");
        }
        if let Some(field) = part(from, "resourceFieldRef") {
            fill(field, "divisor", json!("0"));
        }
        if let Some(key) = part(from, "fileKeyRef") {
            fill(key, "optional", json!(false));
        }
    }
}

fn probe(probe: &mut Value) {
    fill_number(probe, "timeoutSeconds", 1);
    fill_number(probe, "periodSeconds", 10);
    fill_number(probe, "successThreshold", 1);
    fill_number(probe, "failureThreshold", 3);
    http(probe);
    if let Some(grpc) = part(probe, "grpc") {
        fill(grpc, "service", json!(""));
    }
}

fn http(handler: &mut Value) {
    if let Some(get) = part(handler, "httpGet") {
        fill_text(get, "path", "/");
        fill_text(get, "scheme", "HTTP");
    }
}

fn volume(volume: &mut Value) {
    let sources =
        volume.as_object().map_or(0, |members| members.keys().filter(|name| *name != "name").count());
    if sources == 0 {
        make(volume, "emptyDir");
    }
    for source in ["configMap", "secret", "downwardAPI", "projected"] {
        if let Some(source) = part(volume, source) {
            fill(source, "defaultMode", json!(420));
        }
    }
    if let Some(path) = part(volume, "hostPath") {
        fill(path, "type", json!(""));
    }
    if let Some(disk) = part(volume, "azureDisk") {
        for (name, default) in [("cachingMode", "ReadWrite"), ("kind", "Shared"), ("fsType", "ext4")] {
            fill(disk, name, default.into());
        }
        fill(disk, "readOnly", false.into());
    }
    if let Some(iscsi) = part(volume, "iscsi") {
        fill_text(iscsi, "iscsiInterface", "default");
    }
    if let Some(ephemeral) = part(volume, "ephemeral")
        && let Some(template) = part(ephemeral, "volumeClaimTemplate")
        && let Some(spec) = part(template, "spec")
    {
        super::claim(spec);
    }
    downward(volume);
    if let Some(projected) = part(volume, "projected") {
        for source in each(projected, "sources") {
            downward(source);
            if let Some(token) = part(source, "serviceAccountToken") {
                fill(token, "expirationSeconds", json!(3600));
            }
        }
    }
}

fn downward(source: &mut Value) {
    if let Some(api) = part(source, "downwardAPI") {
        for item in each(api, "items") {
            if let Some(field) = part(item, "fieldRef") {
                fill_text(field, "apiVersion", "v1");
            }
            if let Some(field) = part(item, "resourceFieldRef") {
                fill(field, "divisor", json!("0"));
            }
        }
    }
}
