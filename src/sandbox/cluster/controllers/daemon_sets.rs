//! DaemonSets: one pod on every node that fits; the scheduler binds them, each aimed at its node.
//!
//! Invariant: a node has at most one pod of the wanted revision that is neither ended nor being deleted.
//! Rule: <https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/>

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Value, json};

use super::claims::claim;
use super::events::Event;
use super::fields::{
    self, Rounding, at, count, is_going, label, list, map, namespace, scaled, set, set_count, text, uid,
};
use super::history::{self, Style};
use super::memory::Memory;
use super::pods::{self, Availability, availability, is_ready};
use super::replica_sets::{creation, giving_up, size};
use super::selectors::{self, tolerated};
use super::view::{Object, View};
use super::{Agent, Part, Round};

const SETS: (&str, &str) = ("apps", "daemonsets");
const SOURCE: &str = "daemonset-controller";
const HASH: &str = "controller-revision-hash";
const STYLE: Style = Style { label: HASH, annotated: true };
/// What every daemon pod tolerates: it belongs to the node, whatever its state.
const TOLERATED: [(&str, &str); 6] = [
    ("node.kubernetes.io/not-ready", "NoExecute"),
    ("node.kubernetes.io/unreachable", "NoExecute"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"),
    ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"),
    ("node.kubernetes.io/unschedulable", "NoSchedule"),
];

/// One set with its pods by node.
struct Scene<'a> {
    view: &'a View<'a>,
    owner: &'a Value,
    hash: String,
    by_node: BTreeMap<String, Vec<Object>>,
    wanted: BTreeSet<String>,
    running: BTreeSet<String>,
}

/// Moves all daemon sets one step.
pub(super) fn reconcile(view: &View<'_>, memory: &mut Memory, round: &mut Round) {
    let revisions = history::by_owner(view);
    for owner in view.all(SETS.0, SETS.1) {
        one(view, memory, round, &owner, &revisions);
    }
}

fn one(
    view: &View<'_>,
    memory: &mut Memory,
    round: &mut Round,
    owner: &Value,
    revisions: &HashMap<String, Vec<Object>>,
) {
    if is_going(owner) || view.is_namespace_going(namespace(owner)) {
        return;
    }
    let fits = |pod: &Value| selectors::matches(at(owner, "spec.selector"), map(pod, "metadata.labels"));
    let own = claim(view, owner, &fits, round);
    let known = revisions.get(uid(owner)).map_or(&[][..], Vec::as_slice);
    let Some(revision) = history::current(owner, known, &STYLE, round) else { return };
    let hash = label(&revision, HASH).unwrap_or_default().to_owned();
    let scene = scene(view, owner, hash, own);
    if let Some(trouble) = memory.trouble(uid(owner)).filter(|trouble| view.now < trouble.retry_at) {
        round.wake(trouble.retry_at);
    } else {
        place(&scene, memory, round);
    }
    write_status(&scene, round);
    let in_use = |one: &Value| {
        history::is_same(one, &revision)
            || scene.by_node.values().flatten().any(|pod| label(pod, HASH) == label(one, HASH))
    };
    history::tidy(owner, known, &in_use, round);
}

fn scene<'a>(view: &'a View<'a>, owner: &'a Value, hash: String, own: Vec<Object>) -> Scene<'a> {
    let mut by_node: BTreeMap<String, Vec<Object>> = BTreeMap::new();
    for pod in own {
        by_node.entry(target(&pod).to_owned()).or_default().push(pod);
    }
    for pods in by_node.values_mut() {
        pods.sort_by_key(|pod| {
            (text(pod, "metadata.creationTimestamp").to_owned(), fields::name(pod).to_owned())
        });
    }
    let template = daemon_template(owner, "");
    let (mut wanted, mut running) = (BTreeSet::new(), BTreeSet::new());
    for node in &view.nodes {
        let (run, keep) = belongs(&template, node);
        if run {
            wanted.insert(fields::name(node).to_owned());
        }
        if keep {
            running.insert(fields::name(node).to_owned());
        }
    }
    // A node that is gone keeps its pod until the pod collector takes it; nothing tells this controller.
    let gone = by_node.keys().filter(|name| view.node(name).is_none()).cloned();
    let gone: Vec<String> = gone.collect();
    wanted.extend(gone.iter().cloned());
    running.extend(gone);
    Scene { view, owner, hash, by_node, wanted, running }
}

/// The node that a daemon pod is on or aims at.
fn target(pod: &Value) -> &str {
    match text(pod, "spec.nodeName") {
        "" => list(
            pod,
            "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms",
        )
        .iter()
        .flat_map(|term| list(term, "matchFields"))
        .find(|field| text(field, "key") == "metadata.name")
        .and_then(|field| list(field, "values").first()?.as_str())
        .unwrap_or_default(),
        name => name,
    }
}

/// Whether a pod is to be made on a node, and whether one that is there may stay.
fn belongs(template: &Value, node: &Value) -> (bool, bool) {
    let pod = json!({"spec": template["spec"]});
    let named = text(template, "spec.nodeName");
    let fits = (named.is_empty() || named == fields::name(node))
        && selectors::equals_all(map(&pod, "spec.nodeSelector"), map(node, "metadata.labels"))
        && at(&pod, "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution")
            .is_none_or(|selector| selectors::node_selector(selector, node));
    let repelled = |effects: &[&str]| {
        list(node, "spec.taints")
            .iter()
            .any(|taint| effects.contains(&text(taint, "effect")) && !tolerated(&pod, taint))
    };
    (fits && !repelled(&["NoSchedule", "NoExecute"]), fits && !repelled(&["NoExecute"]))
}

/// The template with what daemons tolerate, aimed at a node if one is named.
fn daemon_template(owner: &Value, node: &str) -> Value {
    let mut template = at(owner, "spec.template").cloned().unwrap_or_else(|| json!({}));
    let mut tolerations = list(&template, "spec.tolerations").to_vec();
    let mut tolerate = |key: &str, effect: &str| {
        let one = json!({"key": key, "operator": "Exists", "effect": effect});
        if !tolerations.contains(&one) {
            tolerations.push(one);
        }
    };
    TOLERATED.iter().for_each(|(key, effect)| tolerate(key, effect));
    if fields::is_set(&template, "spec.hostNetwork") {
        tolerate("node.kubernetes.io/network-unavailable", "NoSchedule");
    }
    set(&mut template, "spec.tolerations", Value::from(tolerations));
    if !node.is_empty() {
        aim(&mut template, node);
    }
    template
}

/// Restricts a template to one node; each term of its own keeps its labels and loses its fields.
fn aim(template: &mut Value, node: &str) {
    const TERMS: &str =
        "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms";
    let field = json!([{"key": "metadata.name", "operator": "In", "values": [node]}]);
    set(template, TERMS, json!([{"matchFields": field}]));
}

fn place(scene: &Scene<'_>, memory: &mut Memory, round: &mut Round) {
    let rolling = text(scene.owner, "spec.updateStrategy.type") != "OnDelete";
    for node in &scene.view.nodes {
        let name = fields::name(node);
        let pods = scene.by_node.get(name).map_or(&[][..], Vec::as_slice);
        if !scene.running.contains(name) {
            pods.iter()
                .filter(|pod| !is_going(pod))
                .for_each(|pod| round.writes.push(giving_up(SOURCE, scene.owner, pod)));
            continue;
        }
        if bury_ended(scene, memory, round, name, pods) {
            continue;
        }
        if pods.is_empty() && scene.wanted.contains(name) {
            make(scene, memory, round, name);
        }
    }
    if rolling {
        update(scene, memory, round);
    }
}

/// Deletes pods that ended. Returns whether there were any.
fn bury_ended(
    scene: &Scene<'_>,
    memory: &mut Memory,
    round: &mut Round,
    node: &str,
    pods: &[Object],
) -> bool {
    let mut any = false;
    for pod in pods.iter().filter(|pod| pods::is_ended(pod) && !is_going(pod)) {
        any = true;
        let at = format!("{}/{} on node {node}", namespace(pod), fields::name(pod));
        // A pod that fails again and again is not remade in a tight loop.
        let key = format!("daemon {} {node}", uid(scene.owner));
        let due = memory.not_before.get(&key).copied().unwrap_or(scene.view.now);
        if due > scene.view.now {
            round.wake(due);
            continue;
        }
        memory.not_before.insert(key, fields::after(scene.view.now, 1));
        let (reason, event) = match text(pod, "status.phase") {
            "Failed" => ("FailedDaemonPod", format!("Found failed daemon pod {at}, will try to kill it")),
            _ => ("SucceededDaemonPod", format!("Found succeeded daemon pod {at}, will try to delete it")),
        };
        round.announce(match reason {
            "FailedDaemonPod" => Event::warning(SOURCE, scene.owner, reason, event),
            _ => Event::normal(SOURCE, scene.owner, reason, event),
        });
        round.writes.push(giving_up(SOURCE, scene.owner, pod));
    }
    any
}

fn make(scene: &Scene<'_>, memory: &mut Memory, round: &mut Round, node: &str) {
    let template = daemon_template(scene.owner, node);
    let prefix = format!("{}-", fields::name(scene.owner));
    let mut pod = pods::from_template(scene.owner, &template, &prefix, memory);
    let generation = text(scene.owner, "metadata.annotations").to_owned();
    let generation = fields::annotation(scene.owner, "deprecated.daemonset.template.generation")
        .map_or(generation, str::to_owned);
    pod["metadata"]["labels"][HASH] = Value::from(scene.hash.as_str());
    if !generation.is_empty() {
        pod["metadata"]["labels"]["pod-template-generation"] = Value::from(generation);
    }
    round.writes.push(creation(SOURCE, scene.owner, pod));
}

/// How many nodes may be without an available pod, and how many may have two.
fn slack(scene: &Scene<'_>) -> (i64, i64) {
    let nodes = size(scene.wanted.len());
    let field = |key: &str| at(scene.owner, &format!("spec.updateStrategy.rollingUpdate.{key}"));
    let surge = scaled(field("maxSurge"), nodes, Rounding::Up).unwrap_or(0);
    let unavailable = scaled(field("maxUnavailable"), nodes, Rounding::Up);
    (unavailable.unwrap_or(i64::from(surge == 0)), surge)
}

fn is_available(scene: &Scene<'_>, pod: &Value, round: &mut Round) -> bool {
    match availability(pod, count(scene.owner, "spec.minReadySeconds"), scene.view.now) {
        Availability::Available => true,
        Availability::From(at) => {
            round.wake(at);
            false
        }
        Availability::Unready => false,
    }
}

/// One step of a rolling update over all nodes.
fn update(scene: &Scene<'_>, memory: &mut Memory, round: &mut Round) {
    let (unavailable_max, surge_max) = slack(scene);
    let (mut unavailable, mut surging) = (0, 0);
    let mut candidates = Vec::new();
    for node in &scene.wanted {
        let pods = scene.by_node.get(node).map_or(&[][..], Vec::as_slice);
        let new = pods.iter().find(|pod| is_new(scene, pod) && !is_going(pod));
        let old = pods.iter().find(|pod| !is_new(scene, pod) && !is_going(pod));
        let old_ready = old.is_some_and(|pod| is_available(scene, pod, round));
        let new_ready = new.is_some_and(|pod| is_available(scene, pod, round));
        if !old_ready && !new_ready {
            unavailable += 1;
        }
        match (old, new) {
            (Some(old), Some(_)) if new_ready || !old_ready => {
                round.writes.push(giving_up(SOURCE, scene.owner, old));
            }
            (Some(_), Some(_)) => surging += 1,
            (Some(old), None) => candidates.push((node, Object::clone(old), old_ready)),
            (None, _) => {}
        }
    }
    for (node, old, ready) in candidates {
        if surge_max > 0 {
            if surging < surge_max && scene.view.node(node).is_some() {
                surging += 1;
                make(scene, memory, round, node);
            }
        } else if !ready {
            // A pod that serves nothing is replaced whatever the budget.
            round.writes.push(giving_up(SOURCE, scene.owner, &old));
        } else if unavailable < unavailable_max {
            unavailable += 1;
            round.writes.push(giving_up(SOURCE, scene.owner, &old));
        }
    }
}

fn is_new(scene: &Scene<'_>, pod: &Value) -> bool {
    label(pod, HASH) == Some(scene.hash.as_str())
}

fn write_status(scene: &Scene<'_>, round: &mut Round) {
    let (mut current, mut ready, mut available, mut updated, mut misplaced) = (0, 0, 0, 0, 0);
    for (node, pods) in &scene.by_node {
        let Some(first) = pods.first() else { continue };
        if !scene.wanted.contains(node) {
            misplaced += 1;
            continue;
        }
        current += 1;
        updated += i64::from(is_new(scene, first));
        if is_ready(first) {
            ready += 1;
            available += i64::from(is_available(scene, first, round));
        }
    }
    let wanted = size(scene.wanted.len());
    let mut status = at(scene.owner, "status").cloned().unwrap_or_else(|| json!({}));
    set(&mut status, "currentNumberScheduled", Value::from(current));
    set(&mut status, "numberMisscheduled", Value::from(misplaced));
    set(&mut status, "desiredNumberScheduled", Value::from(wanted));
    set(&mut status, "numberReady", Value::from(ready));
    set(
        &mut status,
        "observedGeneration",
        at(scene.owner, "metadata.generation").cloned().unwrap_or_default(),
    );
    set_count(&mut status, "updatedNumberScheduled", updated);
    set_count(&mut status, "numberAvailable", available);
    set_count(&mut status, "numberUnavailable", wanted - available);
    if at(scene.owner, "status") != Some(&status) {
        let mut object = scene.owner.clone();
        set(&mut object, "status", status);
        round.replace(Agent::Controllers, SETS, object, Part::Status);
    }
}
