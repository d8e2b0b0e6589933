//! PodDisruptionBudgets: how many pods may be disrupted now.
//!
//! Rule: <https://kubernetes.io/docs/tasks/run-application/configure-pdb/>

use serde_json::{Value, json};

use super::fields::{Rounding, at, map, namespace, scaled};
use super::memory::Memory;
use super::pods::{is_active, is_ready};
use super::selectors::matches;
use super::view::{Object, View};
use super::{Agent, Part, Round};

const BUDGETS: (&str, &str) = ("policy", "poddisruptionbudgets");

/// Counts for all budgets.
pub(super) fn reconcile(view: &View<'_>, _memory: &mut Memory, round: &mut Round) {
    for budget in view.all(BUDGETS.0, BUDGETS.1) {
        let mut new = (*budget).clone();
        new["status"] = status(view, &budget);
        if new["status"] != budget["status"] {
            round.replace(Agent::Controllers, BUDGETS, new, Part::Status);
        }
    }
}

fn status(view: &View<'_>, budget: &Object) -> Value {
    let selected = |pod: &&Object| {
        at(budget, "spec.selector").is_some()
            && matches(at(budget, "spec.selector"), map(pod, "metadata.labels"))
    };
    let pods: Vec<&Object> =
        view.pods_in(namespace(budget)).iter().filter(selected).filter(|pod| is_active(pod)).collect();
    let expected = i64::try_from(pods.len()).unwrap_or(i64::MAX);
    let healthy = i64::try_from(pods.iter().filter(|pod| is_ready(pod)).count()).unwrap_or(i64::MAX);
    let desired = match (at(budget, "spec.minAvailable"), at(budget, "spec.maxUnavailable")) {
        (Some(least), _) => scaled(Some(least), expected, Rounding::Up).unwrap_or(0),
        (None, most) => expected - scaled(most, expected, Rounding::Up).unwrap_or(0).min(expected),
    };
    let allowed = (healthy - desired).max(0);
    let (truth, reason) =
        if allowed > 0 { ("True", "SufficientPods") } else { ("False", "InsufficientPods") };
    let before = at(budget, "status.conditions.0.lastTransitionTime").cloned();
    let condition = json!({
        "type": "DisruptionAllowed", "status": truth, "reason": reason, "message": "",
        "observedGeneration": budget["metadata"]["generation"],
        "lastTransitionTime": before.unwrap_or_else(|| budget["metadata"]["creationTimestamp"].clone()),
    });
    json!({
        "observedGeneration": budget["metadata"]["generation"],
        "currentHealthy": healthy,
        "desiredHealthy": desired,
        "expectedPods": expected,
        "disruptionsAllowed": allowed,
        "conditions": [condition],
    })
}
