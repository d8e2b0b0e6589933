//! Preemption: which pods of lower priority would have to go so that a pod finds a place, and where that hurts least.
//!
//! Rule: <https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/#preemption>

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};

use serde_json::{Value, json};

use super::events::Event;
use super::fields::{self, at, count, is_going, map, namespace, text, uid};
use super::memory::Memory;
use super::pods::{self, is_ended, priority};
use super::scheduler::counted;
use super::scheduling::{Incoming, Objection, Place, Surroundings, filter};
use super::selectors;
use super::view::{Object, View};
use super::{Agent, Part, Round, Write};

const PODS: (&str, &str) = ("", "pods");
const SOURCE: &str = "default-scheduler";

/// What preemption has to say.
pub(super) enum Answer {
    /// These pods go, and the node is kept for the pod.
    Victims {
        /// The node.
        node: String,
        /// The pods.
        victims: Vec<Object>,
    },
    /// It does nothing, for this reason.
    No(String),
}

/// The victims on one node.
struct Sacrifice {
    index: usize,
    victims: Vec<Object>,
    violations: usize,
}

/// Whether pods that were told to go for this pod are still going.
pub(super) fn has_victims_going(view: &View<'_>, pod: &Value, node: &str) -> bool {
    view.pods_on(node)
        .iter()
        .any(|other| is_going(other) && !is_ended(other) && priority(other) < priority(pod))
}

/// Considers all nodes where other pods are in the way.
pub(super) fn consider(
    view: &View<'_>,
    incoming: &Incoming<'_>,
    places: &[Place],
    objections: &BTreeMap<usize, Objection>,
) -> Answer {
    let pod = incoming.pod;
    if text(pod, "spec.preemptionPolicy") == "Never" {
        return Answer::No("not eligible due to preemptionPolicy=Never.".into());
    }
    let nominated = text(pod, "status.nominatedNodeName");
    if !nominated.is_empty() && has_victims_going(view, pod, nominated) {
        return Answer::No("not eligible due to a terminating pod on the nominated node.".into());
    }
    let budgets = view.all("policy", "poddisruptionbudgets");
    let mut options = Vec::new();
    let mut reasons = Vec::new();
    for (index, objection) in objections {
        if !objection.preemptible {
            reasons.push("Preemption is not helpful for scheduling".to_owned());
            continue;
        }
        match victims_on(view, incoming, places, *index, &budgets) {
            Some(option) => options.push(option),
            None => reasons.push("No preemption victims found for incoming pod".to_owned()),
        }
    }
    match options.into_iter().min_by_key(|option| cost(option, places)) {
        Some(option) => {
            Answer::Victims { node: places[option.index].name().to_owned(), victims: option.victims }
        }
        None => {
            let reasons = counted(reasons.into_iter());
            Answer::No(format!("0/{} nodes are available: {reasons}.", places.len()))
        }
    }
}

/// What matters, in this order: budgets kept, low victims, little in sum, few, young, the name.
fn cost(option: &Sacrifice, places: &[Place]) -> (usize, i64, i64, usize, Reverse<String>, String) {
    let highest = option.victims.iter().map(|pod| priority(pod)).max().unwrap_or(i64::MIN);
    let sum: i64 = option.victims.iter().map(|pod| priority(pod) + (1 << 31)).sum();
    let eldest = option
        .victims
        .iter()
        .filter(|pod| priority(pod) == highest)
        .map(|pod| started(pod).to_owned())
        .min()
        .unwrap_or_default();
    let name = places[option.index].name().to_owned();
    (option.violations, highest, sum, option.victims.len(), Reverse(eldest), name)
}

fn started(pod: &Value) -> &str {
    match text(pod, "status.startTime") {
        "" => text(pod, "metadata.creationTimestamp"),
        time => time,
    }
}

/// The fewest and least important pods of a node without which the pod fits.
fn victims_on(
    view: &View<'_>,
    incoming: &Incoming<'_>,
    places: &[Place],
    index: usize,
    budgets: &[Object],
) -> Option<Sacrifice> {
    let place = &places[index];
    let mut lower: Vec<Object> =
        place.pods.iter().filter(|other| priority(other) < priority(incoming.pod)).cloned().collect();
    if lower.is_empty() {
        return None;
    }
    let all: HashSet<String> = lower.iter().map(|pod| uid(pod).to_owned()).collect();
    if !passes(view, incoming, places, place, &all) {
        return None;
    }
    // The most important come first: they are the first to be spared, those that a budget protects before all.
    lower.sort_by_cached_key(|pod| {
        (Reverse(priority(pod)), started(pod).to_owned(), fields::name(pod).to_owned())
    });
    let (protected, free): (Vec<Object>, Vec<Object>) = divide(lower, budgets);
    let mut gone = all;
    let mut violations = 0;
    let protected_count = protected.len();
    let mut victims = Vec::new();
    for (place_in_line, pod) in protected.into_iter().chain(free).enumerate() {
        gone.remove(uid(&pod));
        if !passes(view, incoming, places, place, &gone) {
            gone.insert(uid(&pod).to_owned());
            violations += usize::from(place_in_line < protected_count);
            victims.push(pod);
        }
    }
    Some(Sacrifice { index, victims, violations })
}

fn passes(
    view: &View<'_>,
    incoming: &Incoming<'_>,
    places: &[Place],
    place: &Place,
    gone: &HashSet<String>,
) -> bool {
    let around = Surroundings::of(view, incoming, places, gone);
    filter(view, incoming, &place.without(gone), &around).is_ok()
}

/// Divides pods into those whose loss breaks a budget, and the others.
fn divide(pods: Vec<Object>, budgets: &[Object]) -> (Vec<Object>, Vec<Object>) {
    let mut allowed: BTreeMap<usize, i64> = budgets
        .iter()
        .enumerate()
        .map(|(place, one)| (place, count(one, "status.disruptionsAllowed")))
        .collect();
    pods.into_iter().partition(|pod| {
        let mut breaks = false;
        for (place, budget) in budgets.iter().enumerate() {
            let meant = namespace(budget) == namespace(pod)
                && selectors::matches(at(budget, "spec.selector"), map(pod, "metadata.labels"));
            if meant {
                let left = allowed.entry(place).or_default();
                *left -= 1;
                breaks |= *left < 0;
            }
        }
        breaks
    })
}

/// Tells the victims to go.
pub(super) fn evict(
    view: &View<'_>,
    memory: &mut Memory,
    round: &mut Round,
    pod: &Value,
    node: &str,
    victims: &[Object],
) {
    for victim in victims.iter().filter(|victim| !is_going(victim)) {
        let key = format!("preempted {}", uid(victim));
        if memory.said.insert(key, uid(pod).to_owned()).is_some() {
            continue;
        }
        let mut object = Value::clone(victim);
        let condition = json!({
            "type": "DisruptionTarget",
            "status": "True",
            "reason": "PreemptionByScheduler",
            "message": "default-scheduler: preempting to accommodate a higher priority pod",
        });
        pods::set_condition(&mut object, condition, view.now);
        round.replace(Agent::Scheduler, PODS, object, Part::Status);
        let message = format!("Preempted by pod {} on node {node}", uid(pod));
        round.writes.push(Write {
            by: Agent::Scheduler,
            change: super::deletion(PODS, victim, None, None),
            then: Some(Event::normal(SOURCE, victim, "Preempted", message)),
            otherwise: None,
            owner: String::new(),
        });
    }
}
