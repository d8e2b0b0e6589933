//! ReplicaSets and ReplicationControllers: keep so many pods of one template.
//!
//! Invariant: pods are made and given up by the difference to `spec.replicas` alone; pods that end are made anew.
//! Rule: <https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/>

use serde_json::{Value, json};

use super::claims::claim;
use super::events::Event;
use super::fields::{self, at, count, is_going, list, map, set, set_count, stamp, text, uid};
use super::memory::Memory;
use super::pods::{self, Availability, availability, is_active, is_ready, is_terminating};
use super::selectors;
use super::view::{Object, View};
use super::{Agent, Change, Part, Round, Write};

/// What differs between the two kinds.
struct Flavour {
    resource: (&'static str, &'static str),
    source: &'static str,
    selects: fn(&Value, &Value) -> bool,
}

const REPLICA_SETS: Flavour = Flavour {
    resource: ("apps", "replicasets"),
    source: "replicaset-controller",
    selects: |owner, pod| selectors::matches(at(owner, "spec.selector"), map(pod, "metadata.labels")),
};

const REPLICATION_CONTROLLERS: Flavour = Flavour {
    resource: ("", "replicationcontrollers"),
    source: "replication-controller",
    selects: |owner, pod| {
        let wanted = map(owner, "spec.selector");
        wanted.is_some_and(|wanted| !wanted.is_empty())
            && selectors::equals_all(wanted, map(pod, "metadata.labels"))
    },
};

/// Brings all sets to their size.
pub(super) fn reconcile(view: &View<'_>, memory: &mut Memory, round: &mut Round) {
    for flavour in [REPLICA_SETS, REPLICATION_CONTROLLERS] {
        for set in view.all(flavour.resource.0, flavour.resource.1) {
            one(view, memory, round, &flavour, &set);
        }
    }
}

fn one(view: &View<'_>, memory: &mut Memory, round: &mut Round, flavour: &Flavour, set: &Value) {
    let all = claim(view, set, &|pod| (flavour.selects)(set, pod), round);
    let active: Vec<Object> = all.iter().filter(|pod| is_active(pod)).cloned().collect();
    if !is_going(set) && !view.is_namespace_going(fields::namespace(set)) {
        resize(view, memory, round, flavour, set, active.clone());
    }
    let terminating = all.iter().filter(|pod| is_terminating(pod)).count();
    let status = status(view, memory, round, set, &active, terminating);
    if at(set, "status") != Some(&status) {
        let mut object = set.clone();
        fields::set(&mut object, "status", status);
        round.replace(Agent::Controllers, flavour.resource, object, Part::Status);
    }
}

fn resize(
    view: &View<'_>,
    memory: &mut Memory,
    round: &mut Round,
    flavour: &Flavour,
    set: &Value,
    mut active: Vec<Object>,
) {
    let wanted = usize::try_from(fields::int(set, "spec.replicas").unwrap_or(1)).unwrap_or(0);
    if active.len() < wanted {
        if let Some(trouble) = memory.trouble(uid(set)).filter(|trouble| view.now < trouble.retry_at) {
            round.wake(trouble.retry_at);
            return;
        }
        let template = at(set, "spec.template").cloned().unwrap_or_else(|| json!({}));
        for _ in active.len()..wanted {
            let pod = pods::from_template(set, &template, &format!("{}-", fields::name(set)), memory);
            round.writes.push(creation(flavour.source, set, pod));
        }
    } else if active.len() > wanted {
        pods::by_usefulness(&mut active);
        for pod in &active[..active.len() - wanted] {
            round.writes.push(giving_up(flavour.source, set, pod));
        }
    }
}

/// The creation of a pod on behalf of a controller, with the events that controllers make of it.
pub(super) fn creation(source: &'static str, owner: &Value, pod: Value) -> Write {
    let made = format!("Created pod: {}", fields::name(&pod));
    Write {
        by: Agent::Controllers,
        change: Change::Create { group: String::new(), resource: "pods".into(), object: pod },
        then: Some(Event::normal(source, owner, "SuccessfulCreate", made)),
        otherwise: Some(Event::warning(source, owner, "FailedCreate", "Error creating: ")),
        owner: uid(owner).into(),
    }
}

/// The deletion of a pod on behalf of a controller.
pub(super) fn giving_up(source: &'static str, owner: &Value, pod: &Value) -> Write {
    let gone = format!("Deleted pod: {}", fields::name(pod));
    Write {
        by: Agent::Controllers,
        change: super::deletion(("", "pods"), pod, None, None),
        then: Some(Event::normal(source, owner, "SuccessfulDelete", gone)),
        otherwise: None,
        owner: String::new(),
    }
}

fn status(
    view: &View<'_>,
    memory: &Memory,
    round: &mut Round,
    set: &Value,
    active: &[Object],
    terminating: usize,
) -> Value {
    let min_ready = count(set, "spec.minReadySeconds");
    let mut available = 0;
    for pod in active {
        match availability(pod, min_ready, view.now) {
            Availability::Available => available += 1,
            Availability::From(at) => round.wake(at),
            Availability::Unready => {}
        }
    }
    let wanted = map(set, "spec.template.metadata.labels");
    let labeled =
        active.iter().filter(|pod| selectors::equals_all(wanted, map(pod, "metadata.labels"))).count();
    let ready = active.iter().filter(|pod| is_ready(pod)).count();
    let mut status = at(set, "status").cloned().unwrap_or_else(|| json!({}));
    fields::set(&mut status, "replicas", Value::from(active.len()));
    set_count(&mut status, "fullyLabeledReplicas", size(labeled));
    set_count(&mut status, "readyReplicas", size(ready));
    set_count(&mut status, "availableReplicas", available);
    if text(set, "kind") == "ReplicaSet" {
        fields::set(&mut status, "terminatingReplicas", Value::from(terminating));
    }
    fields::set(
        &mut status,
        "observedGeneration",
        at(set, "metadata.generation").cloned().unwrap_or_default(),
    );
    note_failure(view, memory, set, active.len(), &mut status);
    status
}

pub(super) fn size(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Keeps the condition `ReplicaFailure` while creations are refused.
fn note_failure(view: &View<'_>, memory: &Memory, owner: &Value, active: usize, status: &mut Value) {
    let wanted = fields::int(owner, "spec.replicas").unwrap_or(1);
    let trouble = memory.trouble(uid(owner)).filter(|_| size(active) < wanted);
    let mut conditions = list(status, "conditions").to_vec();
    let before = conditions.iter().position(|one| text(one, "type") == "ReplicaFailure");
    match (trouble, before) {
        (Some(_), Some(_)) | (None, None) => return,
        (Some(trouble), None) => conditions.push(json!({
            "type": "ReplicaFailure",
            "status": "True",
            "reason": "FailedCreate",
            "message": trouble.message,
            "lastTransitionTime": stamp(view.now),
        })),
        (None, Some(place)) => {
            conditions.remove(place);
        }
    }
    match conditions.is_empty() {
        true => fields::remove(status, "conditions"),
        false => set(status, "conditions", Value::from(conditions)),
    }
}
