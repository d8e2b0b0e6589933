//! Endpoints and EndpointSlices of Services, and the addresses of load balancers.
//!
//! Invariant: an endpoint is a ready pod that the Service selects; a Service without selector has none of ours.

use serde_json::{Value, json};

use super::fields::{at, controlled_by, list, map, name, namespace, set, text};
use super::memory::Memory;
use super::pods::{is_ended, is_ready};
use super::view::{Object, View};
use super::{Agent, Part, Round};

const SERVICES: (&str, &str) = ("", "services");
const SLICES: (&str, &str) = ("discovery.k8s.io", "endpointslices");

/// Lets endpoints follow pods.
pub(super) fn reconcile(view: &View<'_>, _memory: &mut Memory, round: &mut Round) {
    for service in view.all(SERVICES.0, SERVICES.1) {
        if view.is_namespace_going(namespace(&service)) {
            continue;
        }
        balance(view, round, &service);
        if map(&service, "spec.selector").is_some_and(|selector| !selector.is_empty()) {
            slice(view, round, &service);
        }
    }
}

/// A load balancer gets an address where there is a cloud.
fn balance(view: &View<'_>, round: &mut Round, service: &Object) {
    let wanted = text(service, "spec.type") == "LoadBalancer" && view.has_cloud();
    if !wanted || !list(service, "status.loadBalancer.ingress").is_empty() {
        return;
    }
    let sum = text(service, "metadata.uid")
        .bytes()
        .fold(3_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
    let address = format!("20.{}.{}.{}", 50 + (sum >> 16) % 150, (sum >> 8) % 250, 1 + sum % 250);
    let mut new = (**service).clone();
    set(&mut new, "status.loadBalancer.ingress", json!([{ "ip": address, "ipMode": "VIP" }]));
    round.replace(Agent::Cloud, SERVICES, new, Part::Status);
}

fn slice(view: &View<'_>, round: &mut Round, service: &Object) {
    let Some(selector) = map(service, "spec.selector") else { return };
    let selected = |pod: &&Object| {
        selector
            .iter()
            .all(|(key, value)| at(pod, "metadata.labels").and_then(|labels| labels.get(key)) == Some(value))
    };
    let mut pods: Vec<&Object> = view.pods_in(namespace(service)).iter().filter(selected).collect();
    pods.retain(|pod| !is_ended(pod) && !text(pod, "status.podIP").is_empty());
    pods.sort_by(|a, b| name(a).cmp(name(b)));
    let endpoints: Vec<Value> = pods
        .iter()
        .map(|pod| {
            json!({
                "addresses": [text(pod, "status.podIP")],
                "conditions": { "ready": is_ready(pod), "serving": is_ready(pod), "terminating": false },
                "nodeName": text(pod, "spec.nodeName"),
                "targetRef": { "kind": "Pod", "namespace": namespace(pod), "name": name(pod), "uid": text(pod, "metadata.uid") },
            })
        })
        .collect();
    let ports: Vec<Value> = list(service, "spec.ports").iter().map(|port| port_of(port, &pods)).collect();
    let own = format!("{}-aksel", name(service));
    let before = view.get(SLICES.0, SLICES.1, namespace(service), &own);
    match before {
        Some(before)
            if said(&before["endpoints"]) == said(&json!(endpoints))
                && said(&before["ports"]) == said(&json!(ports)) => {}
        Some(before) => {
            let mut new = (*before).clone();
            new["endpoints"] = endpoints.into();
            new["ports"] = ports.into();
            round.replace(Agent::Controllers, SLICES, new, Part::Main);
        }
        None => round.create(Agent::Controllers, SLICES, made(service, &own, endpoints, ports)),
    }
}

/// What a value says: what is null is as if it were absent, and a list of nothing is null.
fn said(value: &Value) -> Value {
    match value {
        Value::Array(items) if items.is_empty() => Value::Null,
        Value::Array(items) => items.iter().map(said).collect(),
        Value::Object(members) => {
            let members = members.iter().filter(|(_, value)| !value.is_null());
            Value::Object(members.map(|(name, value)| (name.clone(), said(value))).collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

fn made(service: &Value, own: &str, endpoints: Vec<Value>, ports: Vec<Value>) -> Value {
    json!({
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": own,
            "namespace": namespace(service),
            "labels": {
                "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
                "kubernetes.io/service-name": name(service),
            },
            "ownerReferences": [controlled_by(service)],
        },
        "addressType": "IPv4",
        "endpoints": endpoints,
        "ports": ports,
    })
}

/// A port of a slice: a named target is looked up in the pods.
fn port_of(port: &Value, pods: &[&Object]) -> Value {
    let target = match port.get("targetPort") {
        Some(Value::String(named)) => {
            let containers = pods.iter().flat_map(|pod| list(pod, "spec.containers"));
            let mut ports = containers.flat_map(|container| list(container, "ports"));
            ports
                .find(|one| text(one, "name") == named)
                .map(|one| one["containerPort"].clone())
                .unwrap_or(Value::Null)
        }
        Some(number) => number.clone(),
        None => port["port"].clone(),
    };
    json!({ "name": text(port, "name"), "port": target, "protocol": port["protocol"] })
}
