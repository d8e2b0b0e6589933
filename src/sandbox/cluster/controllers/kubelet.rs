//! The simulated agents of nodes that come from node pools: containers start, become ready, end, and go away.
//!
//! Rule: a container whose pod restarts always runs for ever; any other ends well after a short while.
//! Rule: an image of the registry `nonexistent.invalid` cannot be pulled, so that failures can be tried, too.
//! Never: a pod on a node that somebody else registered is touched.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::events::Event;
use super::fields::{after_millis, annotation, at, is_going, list, namespace, set, stamp, text, uid};
use super::memory::Memory;
use super::pods::{is_ended, set_condition};
use super::view::{Object, View};
use super::{Agent, Change, MANAGED_NODE, Part, Round};

const PODS: (&str, &str) = ("", "pods");
const LEASES: (&str, &str) = ("coordination.k8s.io", "leases");
const LEASE_SPACE: &str = "kube-node-lease";
const SOURCE: &str = "kubelet";
/// How long it takes until a container runs, in milliseconds.
const START_MILLIS: i64 = 200;
/// How long a container runs that ends, in milliseconds.
const WORK_MILLIS: i64 = 1000;
/// A registry that does not exist.
const NO_REGISTRY: &str = "nonexistent.invalid/";

/// What a node agent knows of a pod.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    /// When the agent saw it first.
    since: Timestamp,
}

/// Lets all pods on managed nodes get on.
pub(super) fn reconcile(view: &View<'_>, memory: &mut Memory, round: &mut Round) {
    let alive: std::collections::HashSet<&str> = view.pods.iter().map(|pod| uid(pod)).collect();
    memory.runs.retain(|uid, _| alive.contains(uid.as_str()));
    for node in view.nodes.iter().filter(|node| annotation(node, MANAGED_NODE).is_some()) {
        let address = address(node);
        lease(view, round, node);
        for pod in view.pods_on(text(node, "metadata.name")) {
            tend(view.now, memory, round, pod, &address);
        }
    }
}

/// The lease by which a node shows that it lives. It is not renewed: here, a node dies when it is removed.
fn lease(view: &View<'_>, round: &mut Round, node: &Value) {
    let name = text(node, "metadata.name");
    if view.get(LEASES.0, LEASES.1, LEASE_SPACE, name).is_some() || is_going(node) {
        return;
    }
    let renewed = view.now.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string();
    let owner = json!({ "apiVersion": "v1", "kind": "Node", "name": name, "uid": uid(node) });
    let object = json!({
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
        "metadata": { "name": name, "namespace": LEASE_SPACE, "ownerReferences": [owner] },
        "spec": { "holderIdentity": name, "leaseDurationSeconds": 40, "renewTime": renewed },
    });
    round.create(Agent::Kubelet, LEASES, object);
}

fn address(node: &Value) -> String {
    let internal = list(node, "status.addresses").iter().find(|one| text(one, "type") == "InternalIP");
    internal.map(|one| text(one, "address").to_owned()).unwrap_or_default()
}

fn tend(now: Timestamp, memory: &mut Memory, round: &mut Round, pod: &Object, host: &str) {
    let run = *memory.runs.entry(uid(pod).to_owned()).or_insert(Run { since: now });
    if is_going(pod) {
        end(round, pod);
        return;
    }
    if is_ended(pod) {
        return;
    }
    let running = text(pod, "status.phase") == "Running";
    let (due, step) = match (running, ends(pod)) {
        (false, _) => (after_millis(run.since, START_MILLIS), Step::Start),
        (true, true) => (after_millis(run.since, START_MILLIS + WORK_MILLIS), Step::Finish),
        (true, false) => return,
    };
    if due > now {
        round.wake(due);
        return;
    }
    match step {
        Step::Start => start(now, round, pod, host),
        Step::Finish => finish(now, round, pod),
    }
}

#[derive(Clone, Copy)]
enum Step {
    Start,
    Finish,
}

/// Whether the containers of a pod end by themselves.
fn ends(pod: &Value) -> bool {
    matches!(text(pod, "spec.restartPolicy"), "Never" | "OnFailure")
}

/// Nothing has to be waited for: containers here end as soon as they are told.
fn end(round: &mut Round, pod: &Value) {
    round.write(
        Agent::Kubelet,
        Change::Delete {
            group: PODS.0.into(),
            resource: PODS.1.into(),
            namespace: namespace(pod).into(),
            name: text(pod, "metadata.name").into(),
            uid: uid(pod).into(),
            grace: Some(0),
            propagation: None,
        },
    );
}

fn start(now: Timestamp, round: &mut Round, pod: &Object, host: &str) {
    if let Some(container) =
        list(pod, "spec.containers").iter().find(|one| text(one, "image").starts_with(NO_REGISTRY))
    {
        cannot_pull(now, round, pod, host, container);
        return;
    }
    let mut new = (**pod).clone();
    let started = json!({ "startedAt": stamp(now) });
    let statuses: Vec<Value> = list(pod, "spec.containers")
        .iter()
        .map(|container| status(container, json!({ "running": started }), Ready::Yes))
        .collect();
    set(&mut new, "status.phase", "Running".into());
    set(&mut new, "status.hostIP", host.into());
    set(&mut new, "status.hostIPs", json!([{ "ip": host }]));
    let ip = pod_address(pod);
    set(&mut new, "status.podIPs", json!([{ "ip": ip }]));
    set(&mut new, "status.podIP", ip.into());
    if at(&new, "status.startTime").is_none() {
        set(&mut new, "status.startTime", stamp(now));
    }
    set(&mut new, "status.containerStatuses", Value::from(statuses));
    for kind in ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"] {
        set_condition(&mut new, json!({ "type": kind, "status": "True" }), now);
    }
    round.replace(Agent::Kubelet, PODS, new, Part::Status);
    for container in list(pod, "spec.containers") {
        let name = text(container, "name");
        let said = format!("Started container {name}");
        round.announce(Event::normal(SOURCE, pod, "Started", said).of_container(name));
    }
}

/// An address that follows from the pod's uid.
fn pod_address(pod: &Value) -> String {
    let sum = uid(pod).bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
    format!("10.244.{}.{}", sum >> 8 & 0xff, 1 + sum % 250)
}

fn finish(now: Timestamp, round: &mut Round, pod: &Object) {
    let mut new = (**pod).clone();
    let began = |name: &str| {
        let before = list(pod, "status.containerStatuses").iter().find(|one| text(one, "name") == name);
        before.map(|one| one["state"]["running"]["startedAt"].clone()).unwrap_or_else(|| stamp(now))
    };
    let statuses: Vec<Value> = list(pod, "spec.containers")
        .iter()
        .map(|container| {
            let name = text(container, "name");
            let ended = json!({ "exitCode": 0, "reason": "Completed", "startedAt": began(name), "finishedAt": stamp(now) });
            status(container, json!({ "terminated": ended }), Ready::No)
        })
        .collect();
    set(&mut new, "status.phase", "Succeeded".into());
    set(&mut new, "status.containerStatuses", Value::from(statuses));
    for kind in ["Ready", "ContainersReady"] {
        set_condition(&mut new, json!({ "type": kind, "status": "False", "reason": "PodCompleted" }), now);
    }
    round.replace(Agent::Kubelet, PODS, new, Part::Status);
}

fn cannot_pull(now: Timestamp, round: &mut Round, pod: &Object, host: &str, container: &Value) {
    let image = text(container, "image");
    let message = format!("failed to pull image \"{image}\": the registry cannot be resolved");
    let known = list(pod, "status.containerStatuses").iter().any(|one| at(one, "state.waiting").is_some());
    if known {
        return;
    }
    let mut new = (**pod).clone();
    let waiting = json!({ "waiting": { "reason": "ErrImagePull", "message": message } });
    let statuses: Vec<Value> =
        list(pod, "spec.containers").iter().map(|one| status(one, waiting.clone(), Ready::No)).collect();
    set(&mut new, "status.containerStatuses", Value::from(statuses));
    set(&mut new, "status.hostIP", host.into());
    set(&mut new, "status.startTime", stamp(now));
    for kind in ["Ready", "ContainersReady"] {
        let names = text(container, "name");
        let said = format!("containers with unready status: [{names}]");
        set_condition(
            &mut new,
            json!({ "type": kind, "status": "False", "reason": "ContainersNotReady", "message": said }),
            now,
        );
    }
    round.replace(Agent::Kubelet, PODS, new, Part::Status);
    round.announce(Event::warning(SOURCE, pod, "Failed", message).of_container(text(container, "name")));
}

/// Whether a container answers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ready {
    Yes,
    No,
}

fn status(container: &Value, state: Value, ready: Ready) -> Value {
    let image = text(container, "image");
    let id = super::history::fingerprint(&json!([image]), None);
    json!({
        "name": text(container, "name"),
        "image": image,
        "imageID": format!("{image}@sha256:{id}"),
        "containerID": format!("containerd://{id}"),
        "ready": ready == Ready::Yes,
        "started": ready == Ready::Yes,
        "restartCount": 0,
        "state": state,
        "lastState": {},
    })
}
