//! The scheduler: takes waiting pods by priority, finds each a node, or says why none takes it.
//!
//! Invariant: pods that are placed in this round count on their nodes for those that come after them.
//! Invariant: an unchanged verdict is not written again, so that a pod that cannot be placed costs no writes.
//! Rule: <https://kubernetes.io/docs/concepts/scheduling-eviction/kube-scheduler/>

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use serde_json::{Value, json};

use super::events::Event;
use super::fields::{self, at, is_going, list, namespace, set, text, uid};
use super::memory::Memory;
use super::pods::{self, is_ended, priority};
use super::preemption::{self, Answer};
use super::scheduler_scores::best;
use super::scheduling::{Incoming, Objection, Place, Surroundings, filter};
use super::view::{Object, View};
use super::volume_plan::VolumePlan;
use super::{Agent, Change, Part, Round, Write};

const PODS: (&str, &str) = ("", "pods");
const SOURCE: &str = "default-scheduler";

/// What came of looking for a place.
enum Verdict {
    /// There is one.
    Place(usize),
    /// There is none: the message, and the node that is being cleared for it.
    None { message: String, nominated: Option<String> },
}

/// Places all waiting pods.
pub(super) fn reconcile(view: &View<'_>, memory: &mut Memory, round: &mut Round) {
    let mut waiting: Vec<&Object> = view.pods.iter().filter(|pod| waits(view, pod)).collect();
    if waiting.is_empty() {
        return;
    }
    waiting.sort_by_cached_key(|pod| {
        (
            -priority(pod),
            text(pod, "metadata.creationTimestamp").to_owned(),
            age(pod),
            fields::name(pod).to_owned(),
        )
    });
    let mut places: Vec<Place> = view.nodes.iter().map(|node| Place::of(view, node)).collect();
    for pod in waiting {
        if is_going(pod) {
            refuse_going(memory, round, pod);
        } else if !is_held(view, memory, pod) {
            one(view, memory, round, &mut places, pod);
        }
    }
}

/// Objects are numbered in the order in which they came to be.
fn age(pod: &Value) -> u64 {
    text(pod, "metadata.resourceVersion").parse().unwrap_or(u64::MAX)
}

/// Whether a pod is in the scheduler's queue.
fn waits(view: &View<'_>, pod: &Value) -> bool {
    let scheduler = text(pod, "spec.schedulerName");
    text(pod, "spec.nodeName").is_empty()
        && !is_ended(pod)
        && matches!(scheduler, "" | SOURCE)
        && list(pod, "spec.schedulingGates").is_empty()
        && has_claims(view, pod)
}

/// Whether the device claims of a pod exist; without them it is not even tried.
fn has_claims(view: &View<'_>, pod: &Value) -> bool {
    list(pod, "spec.resourceClaims").iter().all(|claim| {
        let made = list(pod, "status.resourceClaimStatuses")
            .iter()
            .find(|one| text(one, "name") == text(claim, "name"))
            .map(|one| text(one, "resourceClaimName"));
        let name = made.unwrap_or_else(|| text(claim, "resourceClaimName"));
        view.get("resource.k8s.io", "resourceclaims", namespace(pod), name).is_some()
    })
}

fn refuse_going(memory: &mut Memory, round: &mut Round, pod: &Value) {
    let message = format!("skip schedule deleting pod: {}/{}", namespace(pod), fields::name(pod));
    if memory.said.insert(format!("schedule {}", uid(pod)), message.clone()).as_ref() != Some(&message) {
        round.announce(Event::warning(SOURCE, pod, "FailedScheduling", message));
    }
}

/// Whether a pod waits for its victims: nothing on its nominated node has changed since they were told to go.
fn is_held(view: &View<'_>, memory: &Memory, pod: &Value) -> bool {
    let node = text(pod, "status.nominatedNodeName");
    !node.is_empty()
        && memory.said.get(&format!("nominated {}", uid(pod))) == Some(&signature(view, node))
        && preemption::has_victims_going(view, pod, node)
}

fn signature(view: &View<'_>, node: &str) -> String {
    let mut uids: Vec<&str> =
        view.pods_on(node).iter().filter(|pod| !is_ended(pod)).map(|pod| uid(pod)).collect();
    uids.sort_unstable();
    uids.join(" ")
}

fn one(view: &View<'_>, memory: &mut Memory, round: &mut Round, places: &mut [Place], pod: &Object) {
    if places.is_empty() {
        return refuse(view, memory, round, pod, "no nodes available to schedule pods", None);
    }
    let volumes = match VolumePlan::of(view, pod) {
        Ok(volumes) => volumes,
        Err(reason) => {
            let message = format!("0/{} nodes are available: {reason}. not found", places.len());
            return refuse(view, memory, round, pod, &message, None);
        }
    };
    let incoming = Incoming::of(pod, volumes);
    match find(view, memory, round, places, &incoming) {
        Verdict::Place(index) => {
            settle(view, round, &incoming, &places[index]);
            places[index].take(pod);
        }
        Verdict::None { message, nominated } => {
            if let Some(node) = &nominated {
                memory.said.insert(format!("nominated {}", uid(pod)), signature(view, node));
            }
            refuse(view, memory, round, pod, &message, nominated.as_deref());
        }
    }
}

/// Looks at all places; those with higher nominated pods are looked at with these on them.
fn find(
    view: &View<'_>,
    memory: &mut Memory,
    round: &mut Round,
    places: &[Place],
    incoming: &Incoming<'_>,
) -> Verdict {
    let around = Surroundings::of(view, incoming, places, &HashSet::new());
    let expected = nominations(view, incoming.pod);
    let mut objections: BTreeMap<usize, Objection> = BTreeMap::new();
    let mut open = Vec::new();
    for (index, place) in places.iter().enumerate() {
        let nominated = expected.get(place.name());
        let verdict = match nominated {
            Some(guests) => {
                let mut full = place.clone();
                guests.iter().for_each(|guest| full.take(guest));
                filter(view, incoming, &full, &around)
            }
            None => filter(view, incoming, place, &around),
        };
        match verdict {
            Ok(()) => open.push(index),
            Err(objection) => {
                objections.insert(index, objection);
            }
        }
    }
    if let Some(index) = choose(view, incoming, places, &open) {
        return Verdict::Place(index);
    }
    let answer = preemption::consider(view, incoming, places, &objections);
    let nominated = match &answer {
        Answer::Victims { node, victims } => {
            preemption::evict(view, memory, round, incoming.pod, node, victims);
            Some(node.clone())
        }
        Answer::No(_) => None,
    };
    Verdict::None { message: message(places.len(), &objections, &answer), nominated }
}

/// The node that the pod was promised, if it is open; else the best.
fn choose(view: &View<'_>, incoming: &Incoming<'_>, places: &[Place], open: &[usize]) -> Option<usize> {
    let promised =
        incoming.volumes.promised().unwrap_or_else(|| text(incoming.pod, "status.nominatedNodeName"));
    let there = open.iter().copied().find(|index| places[*index].name() == promised);
    there.or_else(|| best(view, incoming, places, open))
}

/// Pods that were promised a node, by node, as far as they are not below this one.
fn nominations(view: &View<'_>, pod: &Value) -> BTreeMap<String, Vec<Object>> {
    let mut found: BTreeMap<String, Vec<Object>> = BTreeMap::new();
    for other in &view.pods {
        let node = text(other, "status.nominatedNodeName");
        let waits = !node.is_empty() && text(other, "spec.nodeName").is_empty() && !is_ended(other);
        if waits && uid(other) != uid(pod) && priority(other) >= priority(pod) {
            found.entry(node.to_owned()).or_default().push(Arc::clone(other));
        }
    }
    found
}

/// All reasons with their counts, then what preemption has to say.
fn message(nodes: usize, objections: &BTreeMap<usize, Objection>, answer: &Answer) -> String {
    let reasons = counted(objections.values().flat_map(|one| one.reasons.iter().cloned()));
    let verdict = match answer {
        Answer::Victims { .. } => String::new(),
        Answer::No(why) => format!(" no new claims to deallocate, preemption: {why}"),
    };
    format!("0/{nodes} nodes are available: {reasons}.{verdict}")
}

/// Equal reasons become one with its count; sorted as text.
pub(super) fn counted(reasons: impl Iterator<Item = String>) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for reason in reasons {
        *counts.entry(reason).or_default() += 1;
    }
    let mut parts: Vec<String> =
        counts.into_iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    parts.sort();
    parts.join(", ")
}

/// Binds the pod, or has its volumes made first.
fn settle(view: &View<'_>, round: &mut Round, incoming: &Incoming<'_>, place: &Place) {
    let pod = incoming.pod;
    if incoming.volumes.is_open() {
        incoming.volumes.claim_for(view, &place.node, round);
        if text(pod, "status.nominatedNodeName") != place.name() {
            let mut object = pod.clone();
            set(&mut object, "status.nominatedNodeName", Value::from(place.name()));
            round.replace(Agent::Scheduler, PODS, object, Part::Status);
        }
        return;
    }
    let message =
        format!("Successfully assigned {}/{} to {}", namespace(pod), fields::name(pod), place.name());
    round.writes.push(Write {
        by: Agent::Scheduler,
        change: Change::Bind {
            namespace: namespace(pod).into(),
            pod: fields::name(pod).into(),
            uid: uid(pod).into(),
            node: place.name().into(),
        },
        then: Some(Event::normal(SOURCE, pod, "Scheduled", message)),
        otherwise: None,
        owner: String::new(),
    });
}

/// Says why a pod has no node, if that is news.
fn refuse(
    view: &View<'_>,
    memory: &mut Memory,
    round: &mut Round,
    pod: &Value,
    message: &str,
    nominated: Option<&str>,
) {
    memory.marks.entry(format!("unschedulable {}", uid(pod))).or_insert(view.now);
    let said = fields::condition(pod, "PodScheduled").map_or("", |one| text(one, "message"));
    let is_told = said == message && !fields::holds(pod, "PodScheduled");
    let is_nominated = nominated.is_none_or(|node| text(pod, "status.nominatedNodeName") == node);
    if is_told && is_nominated {
        return;
    }
    let mut object = pod.clone();
    if at(&object, "status").is_none() {
        set(&mut object, "status", json!({}));
    }
    let condition = json!({
        "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message,
        "observedGeneration": pod["metadata"]["generation"],
    });
    pods::set_condition(&mut object, condition, view.now);
    if let Some(node) = nominated {
        set(&mut object, "status.nominatedNodeName", Value::from(node));
    }
    if !is_told {
        round.announce(Event::warning(SOURCE, pod, "FailedScheduling", message));
    }
    round.replace(Agent::Scheduler, PODS, object, Part::Status);
}
