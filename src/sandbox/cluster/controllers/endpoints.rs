//! Endpoints and EndpointSlices of Services, and the addresses of load balancers.
//!
//! Invariant: an endpoint is a pod with an address that the Service selects; a Service without selector has none of ours.
//! Rule: <https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/>

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::fields::{
    annotate, controlled_by, is_going, is_set, label, list, map, name, namespace, set, stamp, text, uid,
};
use super::memory::Memory;
use super::pods::{is_ended, is_ready};
use super::selectors::equals_all;
use super::view::{Object, View};
use super::{Agent, Part, Round};

const SERVICES: (&str, &str) = ("", "services");
const SLICES: (&str, &str) = ("discovery.k8s.io", "endpointslices");
const ENDPOINTS: (&str, &str) = ("", "endpoints");
const CHANGED: &str = "endpoints.kubernetes.io/last-change-trigger-time";
const OF_SERVICE: &str = "kubernetes.io/service-name";
const MANAGED_SLICE: (&str, &str) =
    ("endpointslice.kubernetes.io/managed-by", "endpointslice-controller.k8s.io");
const MANAGED: (&str, &str) = ("endpoints.kubernetes.io/managed-by", "endpoint-controller");
const HEADLESS: &str = "service.kubernetes.io/headless";

/// A Service with the pods behind it, in order of their names.
struct Scene<'v> {
    view: &'v View<'v>,
    service: &'v Object,
    pods: Vec<&'v Object>,
}

/// Lets endpoints follow pods.
pub(super) fn reconcile(view: &View<'_>, memory: &mut Memory, round: &mut Round) {
    let slices: HashMap<(String, String), Object> = view
        .all(SLICES.0, SLICES.1)
        .into_iter()
        .filter(|slice| label(slice, MANAGED_SLICE.0) == Some(MANAGED_SLICE.1))
        .filter_map(|slice| {
            Some(((namespace(&slice).to_owned(), label(&slice, OF_SERVICE)?.to_owned()), slice))
        })
        .collect();
    for service in view.all(SERVICES.0, SERVICES.1) {
        if view.is_namespace_going(namespace(&service)) || is_going(&service) {
            continue;
        }
        balance(view, round, &service);
        let selector = map(&service, "spec.selector").filter(|selector| !selector.is_empty());
        if selector.is_none() || text(&service, "spec.type") == "ExternalName" {
            continue;
        }
        let chosen = |pod: &&Object| {
            equals_all(selector, map(pod, "metadata.labels"))
                && !is_ended(pod)
                && !text(pod, "status.podIP").is_empty()
        };
        let mut pods: Vec<&Object> = view.pods_in(namespace(&service)).iter().filter(chosen).collect();
        pods.sort_by(|a, b| name(a).cmp(name(b)));
        let scene = Scene { view, service: &service, pods };
        let key = (namespace(&service).to_owned(), name(&service).to_owned());
        scene.slice(memory, round, slices.get(&key));
        scene.endpoints(round);
    }
    for old in view.all(ENDPOINTS.0, ENDPOINTS.1) {
        let is_ours = label(&old, MANAGED.0) == Some(MANAGED.1);
        if is_ours && view.get(SERVICES.0, SERVICES.1, namespace(&old), name(&old)).is_none() {
            round.delete(Agent::Controllers, ENDPOINTS, &old);
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

fn target(pod: &Value) -> Value {
    json!({ "kind": "Pod", "namespace": namespace(pod), "name": name(pod), "uid": uid(pod) })
}

impl Scene<'_> {
    fn labels(&self, own: &[(&str, &str)]) -> Map<String, Value> {
        let mut labels = map(self.service, "metadata.labels").cloned().unwrap_or_default();
        if text(self.service, "spec.clusterIP") == "None" {
            labels.insert(HEADLESS.into(), "".into());
        }
        labels.extend(own.iter().map(|(key, value)| ((*key).to_owned(), Value::from(*value))));
        labels
    }

    /// The name under which a pod is found behind the Service.
    fn hostname<'p>(&self, pod: &'p Value) -> Option<&'p str> {
        let host = text(pod, "spec.hostname");
        (!host.is_empty() && text(pod, "spec.subdomain") == name(self.service)).then_some(host)
    }

    fn ports(&self) -> Vec<Value> {
        list(self.service, "spec.ports").iter().map(|port| port_of(port, &self.pods)).collect()
    }

    fn endpoint(&self, pod: &Value) -> Value {
        let going = is_going(pod);
        let serving = is_ready(pod);
        let ready = is_set(self.service, "spec.publishNotReadyAddresses") || serving && !going;
        let mut endpoint = json!({
            "addresses": [text(pod, "status.podIP")],
            "conditions": { "ready": ready, "serving": serving, "terminating": going },
            "nodeName": text(pod, "spec.nodeName"),
            "targetRef": target(pod),
        });
        if let Some(host) = self.hostname(pod) {
            endpoint["hostname"] = host.into();
        }
        let node = self.view.node(text(pod, "spec.nodeName"));
        if let Some(zone) = node.and_then(|node| label(node, "topology.kubernetes.io/zone")) {
            endpoint["zone"] = zone.into();
        }
        endpoint
    }

    fn slice(&self, memory: &mut Memory, round: &mut Round, before: Option<&Object>) {
        let endpoints: Value = self.pods.iter().map(|pod| self.endpoint(pod)).collect();
        let ports: Value = if self.pods.is_empty() { Value::Null } else { self.ports().into() };
        let labels = self.labels(&[MANAGED_SLICE, (OF_SERVICE, name(self.service))]);
        match before {
            Some(before)
                if said(&before["endpoints"]) == said(&endpoints)
                    && said(&before["ports"]) == said(&ports)
                    && map(before, "metadata.labels") == Some(&labels) => {}
            Some(before) => {
                let mut new = Value::clone(before);
                self.mark(&mut new);
                new["metadata"]["labels"] = labels.into();
                new["endpoints"] = endpoints;
                new["ports"] = ports;
                round.replace(Agent::Controllers, SLICES, new, Part::Main);
            }
            None => {
                let prefix = format!("{}-", name(self.service));
                let mut new = json!({
                    "apiVersion": "discovery.k8s.io/v1",
                    "kind": "EndpointSlice",
                    "metadata": {
                        "name": memory.generated(&prefix),
                        "generateName": prefix,
                        "namespace": namespace(self.service),
                        "labels": labels,
                        "ownerReferences": [controlled_by(self.service)],
                    },
                    "addressType": "IPv4",
                    "endpoints": endpoints,
                    "ports": ports,
                });
                self.mark(&mut new);
                round.create(Agent::Controllers, SLICES, new);
            }
        }
    }

    fn endpoints(&self, round: &mut Round) {
        let subsets = self.subsets();
        let labels = self.labels(&[MANAGED]);
        let before = self.view.get(ENDPOINTS.0, ENDPOINTS.1, namespace(self.service), name(self.service));
        match before {
            Some(before)
                if said(&before["subsets"]) == said(&subsets)
                    && map(&before, "metadata.labels") == Some(&labels) => {}
            Some(before) => {
                let mut new = Value::clone(&before);
                self.mark(&mut new);
                new["metadata"]["labels"] = labels.into();
                new["subsets"] = subsets;
                round.replace(Agent::Controllers, ENDPOINTS, new, Part::Main);
            }
            None => {
                let metadata = json!({
                    "name": name(self.service), "namespace": namespace(self.service), "labels": labels,
                });
                let mut new = json!({ "apiVersion": "v1", "kind": "Endpoints", "metadata": metadata });
                if !subsets.is_null() {
                    new["subsets"] = subsets;
                }
                self.mark(&mut new);
                round.create(Agent::Controllers, ENDPOINTS, new);
            }
        }
    }

    /// Notes when it was changed.
    fn mark(&self, object: &mut Value) {
        annotate(object, CHANGED, stamp(self.view.now).as_str().unwrap_or_default());
    }

    /// The addresses, with those apart that are not ready. What is going is no address.
    fn subsets(&self) -> Value {
        let (mut ready, mut waiting) = (Vec::new(), Vec::new());
        for pod in self.pods.iter().filter(|pod| !is_going(pod)) {
            let mut address = json!({
                "ip": text(pod, "status.podIP"), "nodeName": text(pod, "spec.nodeName"), "targetRef": target(pod),
            });
            if let Some(host) = self.hostname(pod) {
                address["hostname"] = host.into();
            }
            let counts = is_ready(pod) || is_set(self.service, "spec.publishNotReadyAddresses");
            if counts { ready.push(address) } else { waiting.push(address) }
        }
        if ready.is_empty() && waiting.is_empty() {
            return Value::Null;
        }
        let mut subset = json!({ "ports": self.ports() });
        for (member, addresses) in [("addresses", ready), ("notReadyAddresses", waiting)] {
            if !addresses.is_empty() {
                subset[member] = addresses.into();
            }
        }
        json!([subset])
    }
}

/// What a value says: what is null is as if it were absent, and a list of nothing is null.
fn said(value: &Value) -> Value {
    match value {
        Value::Array(items) if items.is_empty() => Value::Null,
        Value::Array(items) => items.iter().map(said).collect(),
        Value::Object(members) => {
            let members = members.iter().filter(|(_, value)| !value.is_null() && *value != "");
            Value::Object(members.map(|(name, value)| (name.clone(), said(value))).collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
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
