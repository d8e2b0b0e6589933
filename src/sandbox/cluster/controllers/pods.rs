//! Facts about pods that several controllers need: alive, ready, available, what they ask for.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::fields::{self, after, at, condition, count, holds, is_going, list, map, set, text, time};
use super::memory::Memory;
use super::quantities::{Amounts, add, amounts, raise};

/// Whether a pod has ended for good.
pub(super) fn is_ended(pod: &Value) -> bool {
    matches!(text(pod, "status.phase"), "Succeeded" | "Failed")
}

/// Whether a pod counts for a controller: neither ended nor being deleted.
pub(super) fn is_active(pod: &Value) -> bool {
    !is_ended(pod) && !is_going(pod)
}

/// Whether a pod is being deleted and has not ended.
pub(super) fn is_terminating(pod: &Value) -> bool {
    !is_ended(pod) && is_going(pod)
}

/// Whether a pod is ready.
pub(super) fn is_ready(pod: &Value) -> bool {
    holds(pod, "Ready")
}

/// Whether a pod is available, or when it will be if nothing happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Availability {
    /// Ready for long enough.
    Available,
    /// Ready, available from then on.
    From(Timestamp),
    /// Not ready.
    Unready,
}

/// Judges availability with `minReadySeconds`.
pub(super) fn availability(pod: &Value, min_ready_seconds: i64, now: Timestamp) -> Availability {
    if !is_ready(pod) {
        return Availability::Unready;
    }
    let since = condition(pod, "Ready").and_then(|ready| time(ready, "lastTransitionTime"));
    match since {
        _ if min_ready_seconds == 0 => Availability::Available,
        Some(since) if after(since, min_ready_seconds) > now => {
            Availability::From(after(since, min_ready_seconds))
        }
        Some(_) | None => Availability::Available,
    }
}

/// The restarts of all containers.
pub(super) fn restarts(pod: &Value) -> i64 {
    list(pod, "status.containerStatuses").iter().map(|one| count(one, "restartCount")).sum()
}

/// What a pod asks of a node: containers side by side, init containers one after the other, sidecars throughout.
pub(super) fn requests(pod: &Value) -> Amounts {
    let mut total = Amounts::new();
    list(pod, "spec.containers").iter().for_each(|one| add(&mut total, &container_requests(one)));
    let (mut peak, mut sidecars) = (Amounts::new(), Amounts::new());
    for init in list(pod, "spec.initContainers") {
        let own = container_requests(init);
        let mut meanwhile = sidecars.clone();
        add(&mut meanwhile, &own);
        raise(&mut peak, &meanwhile);
        if text(init, "restartPolicy") == "Always" {
            add(&mut sidecars, &own);
        }
    }
    add(&mut total, &sidecars);
    raise(&mut total, &peak);
    // Requests of the pod as a whole stand above those of its containers.
    for (name, amount) in amounts(map(pod, "spec.resources.requests")) {
        total.insert(name, amount);
    }
    add(&mut total, &amounts(map(pod, "spec.overhead")));
    total
}

/// What a container asks for; a limit without a request is a request.
fn container_requests(container: &Value) -> Amounts {
    let mut requests = amounts(map(container, "resources.limits"));
    requests.extend(amounts(map(container, "resources.requests")));
    requests
}

/// The quality of service that a pod's resources imply.
pub(crate) fn quality(pod: &Value) -> &'static str {
    let containers = list(pod, "spec.containers").iter().chain(list(pod, "spec.initContainers"));
    let (mut any, mut guaranteed) = (false, true);
    for container in containers {
        let limits = amounts(map(container, "resources.limits"));
        let requests = container_requests(container);
        for resource in ["cpu", "memory"] {
            let request = requests.get(resource).copied().unwrap_or(0);
            any |= request > 0;
            guaranteed &= limits.get(resource).is_some_and(|limit| *limit > 0 && *limit == request);
        }
    }
    match (any, guaranteed) {
        (false, _) => "BestEffort",
        (true, true) => "Guaranteed",
        (true, false) => "Burstable",
    }
}

/// A pod from a controller's template, with a generated name.
pub(super) fn from_template(owner: &Value, template: &Value, prefix: &str, memory: &mut Memory) -> Value {
    let mut pod = named_from_template(owner, template, &memory.generated(prefix));
    pod["metadata"]["generateName"] = Value::from(prefix);
    pod
}

/// A pod from a controller's template, with a given name.
pub(super) fn named_from_template(owner: &Value, template: &Value, name: &str) -> Value {
    let mut metadata = json!({"name": name, "namespace": fields::namespace(owner)});
    for key in ["labels", "annotations", "finalizers"] {
        if let Some(value) = at(template, &format!("metadata.{key}")) {
            metadata[key] = value.clone();
        }
    }
    metadata["ownerReferences"] = json!([fields::controlled_by(owner)]);
    let spec = template.get("spec").cloned().unwrap_or_else(|| json!({}));
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
}

/// Sets a condition of a pod; the time of transition stays while the status does.
pub(crate) fn set_condition(pod: &mut Value, new: Value, now: Timestamp) {
    let before = condition(pod, text(&new, "type")).cloned();
    let since = before
        .as_ref()
        .filter(|before| text(before, "status") == text(&new, "status"))
        .map_or_else(|| fields::stamp(now), |before| before["lastTransitionTime"].clone());
    let mut new = new;
    new["lastTransitionTime"] = since;
    if new.get("lastProbeTime").is_none() {
        new["lastProbeTime"] = Value::Null;
    }
    let mut conditions: Vec<Value> = list(pod, "status.conditions").to_vec();
    match conditions.iter_mut().find(|one| text(one, "type") == text(&new, "type")) {
        Some(place) => *place = new,
        None => conditions.push(new),
    }
    set(pod, "status.conditions", Value::from(conditions));
}

/// The order in which a controller gives up pods: what is least useful comes first.
///
/// Rule: <https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/#scaling-down-a-replicaset>
pub(super) fn by_usefulness(pods: &mut [super::view::Object]) {
    let mut per_node: BTreeMap<String, i64> = BTreeMap::new();
    for pod in pods.iter().filter(|pod| is_active(pod)) {
        *per_node.entry(text(pod, "spec.nodeName").to_owned()).or_default() += 1;
    }
    pods.sort_by_cached_key(|pod| {
        let ready = is_ready(pod);
        let phase = match text(pod, "status.phase") {
            "Pending" => 0,
            "Unknown" => 1,
            _ => 2,
        };
        let cost: i64 = fields::annotation(pod, "controller.kubernetes.io/pod-deletion-cost")
            .and_then(|cost| cost.parse().ok())
            .unwrap_or(0);
        let neighbours = per_node.get(text(pod, "spec.nodeName")).copied().unwrap_or(0);
        let since = condition(pod, "Ready").map_or("", |one| text(one, "lastTransitionTime"));
        let since = if ready { since } else { "" };
        (
            !text(pod, "spec.nodeName").is_empty(),
            phase,
            ready,
            cost,
            -neighbours,
            std::cmp::Reverse(since.to_owned()),
            -restarts(pod),
            std::cmp::Reverse(text(pod, "metadata.creationTimestamp").to_owned()),
        )
    });
}

/// The priority of a pod.
pub(super) fn priority(pod: &Value) -> i64 {
    count(pod, "spec.priority")
}
