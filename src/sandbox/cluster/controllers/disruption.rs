//! PodDisruptionBudgets: how many pods may be disrupted now.
//!
//! Rule: <https://kubernetes.io/docs/tasks/run-application/configure-pdb/>

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value, json};

use super::events::Event;
use super::fields::{
    Rounding, after, at, controller, count, int, is_going, list, map, name, namespace, scaled, stamp, text,
    time, uid,
};
use super::memory::Memory;
use super::pods::is_ready;
use super::selectors::matches;
use super::view::{Object, View};
use super::{Agent, Part, Round};

const BUDGETS: (&str, &str) = ("policy", "poddisruptionbudgets");
const SOURCE: &str = "controllermanager";
/// How long an eviction that was allowed may take to be seen, in seconds.
const DISRUPTION_SEEN: i64 = 120;

/// How many pods there should be, and how many of them in health.
struct Goal {
    expected: i64,
    healthy: i64,
    /// Whether nothing controls some pod, so that the number is not known.
    unmanaged: bool,
}

/// Counts for all budgets.
pub(super) fn reconcile(view: &View<'_>, memory: &mut Memory, round: &mut Round) {
    let mut chosen: HashMap<&str, String> = HashMap::new();
    for budget in view.all(BUDGETS.0, BUDGETS.1) {
        let selected = |pod: &&Object| {
            at(&budget, "spec.selector").is_some()
                && matches(at(&budget, "spec.selector"), map(pod, "metadata.labels"))
        };
        let pods: Vec<&Object> = view.pods_in(namespace(&budget)).iter().filter(selected).collect();
        for pod in &pods {
            match chosen.get(uid(pod)) {
                Some(other) => say_shared(memory, round, pod, other),
                None => drop(chosen.insert(uid(pod), name(&budget).to_owned())),
            }
        }
        let goal = goal(view, &budget, &pods);
        let mut new = Value::clone(&budget);
        new["status"] = status(view, &budget, &pods, &goal);
        if new["status"] != budget["status"] {
            round.replace(Agent::Controllers, BUDGETS, new, Part::Status);
        }
        let event = match (pods.is_empty(), goal.unmanaged) {
            (true, _) => Event::normal(SOURCE, &budget, "NoPods", "No matching pods found"),
            (false, true) => Event::warning(SOURCE, &budget, "UnmanagedPods", unmanaged(&budget)),
            (false, false) => {
                memory.said.remove(uid(&budget));
                continue;
            }
        };
        if memory.said.insert(uid(&budget).to_owned(), event.reason.clone()).as_ref() != Some(&event.reason) {
            round.announce(event);
        }
    }
}

/// A pod that several budgets concern is an oversight worth a word.
fn say_shared(memory: &mut Memory, round: &mut Round, pod: &Object, budget: &str) {
    let words = format!(
        "Pod \"{}\"/\"{}\" matches multiple PodDisruptionBudgets.  Chose \"{budget}\" arbitrarily.",
        namespace(pod),
        name(pod)
    );
    let before = memory.said.insert(format!("budgets/{}", uid(pod)), words.clone());
    if before.as_ref() != Some(&words) {
        round.announce(Event::warning(SOURCE, pod, "MultiplePodDisruptionBudgets", words));
    }
}

fn unmanaged(budget: &Value) -> String {
    let pairs: Vec<String> = map(budget, "spec.selector.matchLabels")
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{key}: {},", value.as_str().unwrap_or_default()))
        .collect();
    let labels = if pairs.is_empty() {
        "map[string]string{}".into()
    } else {
        format!("map[string]string{{{}}}", pairs.join(" "))
    };
    let expressions: Vec<String> = list(budget, "spec.selector.matchExpressions")
        .iter()
        .map(|one| {
            let values: Vec<&str> = list(one, "values").iter().filter_map(Value::as_str).collect();
            format!(
                "LabelSelectorRequirement{{Key:{},Operator:{},Values:[{}],}},",
                text(one, "key"),
                text(one, "operator"),
                values.join(" ")
            )
        })
        .collect();
    format!(
        "Pods selected by this PodDisruptionBudget (selector: &LabelSelector{{MatchLabels:{labels},MatchExpressions:[]LabelSelectorRequirement{{{}}},}}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set \".spec.minAvailable\" field of the PDB to an integer value.",
        expressions.concat()
    )
}

fn goal(view: &View<'_>, budget: &Value, pods: &[&Object]) -> Goal {
    if let Some(least) = int(budget, "spec.minAvailable") {
        let expected = i64::try_from(pods.len()).unwrap_or(i64::MAX);
        return Goal { expected, healthy: least, unmanaged: false };
    }
    let mut scales: BTreeMap<String, i64> = BTreeMap::new();
    let mut unmanaged = false;
    for pod in pods {
        match scale(view, pod) {
            Some((owner, replicas)) => drop(scales.insert(owner, replicas)),
            None => unmanaged = true,
        }
    }
    let expected = scales.values().sum();
    let healthy = match at(budget, "spec.minAvailable") {
        Some(least) => scaled(Some(least), expected, Rounding::Up).unwrap_or(0),
        None => {
            (expected - scaled(at(budget, "spec.maxUnavailable"), expected, Rounding::Up).unwrap_or(0)).max(0)
        }
    };
    Goal { expected, healthy, unmanaged }
}

/// The workload that decides how many pods like this one there are, with that number.
fn scale(view: &View<'_>, pod: &Value) -> Option<(String, i64)> {
    let owner = controller(pod)?;
    let found = |group: &str, resource: &str, owner: &Value| {
        view.get(group, resource, namespace(pod), text(owner, "name"))
            .filter(|found| uid(found) == text(owner, "uid"))
    };
    let own = |object: &Object| (uid(object).to_owned(), count(object, "spec.replicas"));
    match text(owner, "kind") {
        "ReplicaSet" => {
            let set = found("apps", "replicasets", owner)?;
            let above = controller(&set).filter(|above| text(above, "kind") == "Deployment");
            match above {
                Some(above) => found("apps", "deployments", above).as_ref().map(own),
                None => Some(own(&set)),
            }
        }
        "StatefulSet" => found("apps", "statefulsets", owner).as_ref().map(own),
        "ReplicationController" => found("", "replicationcontrollers", owner).as_ref().map(own),
        _ => None,
    }
}

fn status(view: &View<'_>, budget: &Object, pods: &[&Object], goal: &Goal) -> Value {
    let disrupted = disrupted(view, budget, pods);
    let is_healthy = |pod: &&&Object| is_ready(pod) && !is_going(pod) && !disrupted.contains_key(name(pod));
    let healthy = i64::try_from(pods.iter().filter(is_healthy).count()).unwrap_or(i64::MAX);
    let allowed = if goal.expected <= 0 { 0 } else { (healthy - goal.healthy).max(0) };
    let (truth, reason) =
        if allowed > 0 { ("True", "SufficientPods") } else { ("False", "InsufficientPods") };
    let before = list(budget, "status.conditions").iter().find(|one| text(one, "status") == truth);
    let condition = json!({
        "type": "DisruptionAllowed", "status": truth, "reason": reason, "message": "",
        "observedGeneration": budget["metadata"]["generation"],
        "lastTransitionTime": before.map_or_else(|| stamp(view.now), |one| one["lastTransitionTime"].clone()),
    });
    let mut status = json!({
        "observedGeneration": budget["metadata"]["generation"],
        "currentHealthy": healthy,
        "desiredHealthy": goal.healthy,
        "expectedPods": goal.expected,
        "disruptionsAllowed": allowed,
        "conditions": [condition],
    });
    if !disrupted.is_empty() {
        status["disruptedPods"] = disrupted.into();
    }
    status
}

/// The pods whose eviction was allowed and has not been seen yet.
fn disrupted(view: &View<'_>, budget: &Object, pods: &[&Object]) -> Map<String, Value> {
    let still = |(name_of, _): &(&String, &Value)| {
        let since = time(budget, &format!("status.disruptedPods.{name_of}"));
        pods.iter().any(|pod| name(pod) == *name_of && !is_going(pod))
            && since.is_none_or(|since| after(since, DISRUPTION_SEEN) > view.now)
    };
    let marked = map(budget, "status.disruptedPods").into_iter().flatten();
    marked.filter(still).map(|(name, at)| (name.clone(), at.clone())).collect()
}
