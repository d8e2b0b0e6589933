//! What the API server fills in where an object does not say.
//!
//! Source: <https://kubernetes.io/docs/reference/kubernetes-api/>
//! Invariant: filling in twice changes nothing the second time; looking for a member never makes one.

mod pods;
mod policies;
mod workloads;

use serde_json::{Value, json};

use crate::cluster::kinds::Served;

/// Fills in what an object of a kind does not say.
pub(crate) fn complete(served: &Served, object: &mut Value) {
    match &*served.kind {
        "Pod" => pods::pod(object),
        "PodTemplate" => pods::template(object, "template"),
        "Deployment"
        | "ReplicaSet"
        | "ReplicationController"
        | "StatefulSet"
        | "DaemonSet"
        | "Job"
        | "CronJob" => {
            workloads::complete(&served.kind, object);
        }
        "HorizontalPodAutoscaler" => workloads::autoscaler(&served.version, object),
        "Service" => service(object),
        "Endpoints" | "EndpointSlice" => endpoints(object),
        "Namespace" => {
            let name = object["metadata"]["name"].clone();
            if name.as_str().is_some_and(|name| !name.is_empty()) {
                make(object, "metadata");
                let metadata = &mut object["metadata"];
                make(metadata, "labels");
                fill(&mut metadata["labels"], "kubernetes.io/metadata.name", name);
            }
        }
        "Secret" => {
            crate::cluster::strategy::fold_string_data(object);
            fill(object, "type", json!("Opaque"));
        }
        "PersistentVolume" | "PersistentVolumeClaim" | "StorageClass" | "CSIDriver" => {
            storage(&served.kind, object);
        }
        _ => policies::complete(&served.kind, object),
    }
}

/// Sets a member that is not there.
fn fill(value: &mut Value, name: &str, default: Value) {
    if let Some(members) = value.as_object_mut()
        && members.get(name).is_none_or(Value::is_null)
    {
        members.insert(name.to_owned(), default);
    }
}

/// Sets a member that is not there, or says nothing.
fn fill_text(value: &mut Value, name: &str, default: &str) {
    if value.get(name).and_then(Value::as_str).is_none_or(str::is_empty) {
        fill(value, name, Value::Null);
        if let Some(members) = value.as_object_mut() {
            members.insert(name.to_owned(), default.into());
        }
    }
}

/// Sets a number that is not there, or is zero.
fn fill_number(value: &mut Value, name: &str, default: i64) {
    if value.get(name).and_then(Value::as_i64).is_none_or(|number| number == 0)
        && let Some(members) = value.as_object_mut()
    {
        members.insert(name.to_owned(), default.into());
    }
}

/// Makes a member an object, if it is nothing.
fn make(value: &mut Value, name: &str) {
    fill(value, name, json!({}));
}

/// A member that is an object.
fn part<'v>(value: &'v mut Value, name: &str) -> Option<&'v mut Value> {
    value.get_mut(name).filter(|part| part.is_object())
}

fn each<'v>(value: &'v mut Value, name: &str) -> impl Iterator<Item = &'v mut Value> {
    value.get_mut(name).and_then(Value::as_array_mut).into_iter().flatten()
}

fn service(object: &mut Value) {
    let Some(spec) = part(object, "spec") else { return };
    fill_text(spec, "sessionAffinity", "None");
    if spec["sessionAffinity"] == "None" {
        spec.as_object_mut().map(|spec| spec.shift_remove("sessionAffinityConfig"));
    }
    if spec["sessionAffinity"] == "ClientIP" {
        make(spec, "sessionAffinityConfig");
        make(&mut spec["sessionAffinityConfig"], "clientIP");
        fill(&mut spec["sessionAffinityConfig"]["clientIP"], "timeoutSeconds", json!(10800));
    }
    fill_text(spec, "type", "ClusterIP");
    for port in each(spec, "ports") {
        fill_text(port, "protocol", "TCP");
        let target = port.get("targetPort").cloned().unwrap_or_default();
        if target.is_null() || target == 0 || target == "" {
            port["targetPort"] = port["port"].clone();
        }
    }
    let kind = spec["type"].as_str().unwrap_or_default().to_owned();
    if matches!(kind.as_str(), "NodePort" | "LoadBalancer") {
        fill_text(spec, "externalTrafficPolicy", "Cluster");
    }
    if kind != "ExternalName" {
        fill(spec, "internalTrafficPolicy", json!("Cluster"));
    }
    if kind == "LoadBalancer" {
        fill(spec, "allocateLoadBalancerNodePorts", json!(true));
        if let Some(balancer) = part(object, "status").and_then(|status| part(status, "loadBalancer")) {
            for ingress in each(balancer, "ingress") {
                if ingress["ip"].is_string() {
                    fill(ingress, "ipMode", json!("VIP"));
                }
            }
        }
    }
}

fn endpoints(object: &mut Value) {
    let newer = object["apiVersion"] != "v1";
    for subset in each(object, "subsets") {
        each(subset, "ports").for_each(|port| fill_text(port, "protocol", "TCP"));
    }
    if newer {
        for port in each(object, "ports") {
            fill(port, "name", json!(""));
            fill(port, "protocol", json!("TCP"));
        }
    }
}

fn storage(kind: &str, object: &mut Value) {
    match kind {
        "PersistentVolume" => {
            if let Some(spec) = part(object, "spec") {
                fill_text(spec, "persistentVolumeReclaimPolicy", "Retain");
                fill(spec, "volumeMode", json!("Filesystem"));
                if let Some(path) = part(spec, "hostPath") {
                    fill(path, "type", json!(""));
                }
            }
        }
        "PersistentVolumeClaim" => {
            if let Some(spec) = part(object, "spec") {
                claim(spec);
            }
        }
        "StorageClass" => {
            fill(object, "reclaimPolicy", json!("Delete"));
            fill(object, "volumeBindingMode", json!("Immediate"));
        }
        _ => {
            if let Some(spec) = part(object, "spec") {
                for (name, default) in
                    [("attachRequired", true), ("podInfoOnMount", false), ("storageCapacity", false)]
                {
                    fill(spec, name, default.into());
                }
                fill(spec, "fsGroupPolicy", json!("ReadWriteOnceWithFSType"));
                if spec["volumeLifecycleModes"].as_array().is_none_or(Vec::is_empty) {
                    spec["volumeLifecycleModes"] = json!(["Persistent"]);
                }
                fill(spec, "requiresRepublish", false.into());
                fill(spec, "seLinuxMount", false.into());
            }
        }
    }
}

/// What a claim does not say.
fn claim(spec: &mut Value) {
    fill(spec, "volumeMode", json!("Filesystem"));
}
