//! The status of a Deployment: counts over its sets, and the conditions Available, Progressing and ReplicaFailure.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::deployments::{Sets, failure_of};
use super::fields::{self, after, at, condition, count, int, is_set, list, set_count, stamp, text, time};
use super::rollout::{Slack, total_status, wanted};
use super::view::View;
use super::{Agent, Part, Round};

/// The numbers of a deployment's status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counts {
    /// How many the sets are to have, which is more than there are while the API server refuses some.
    asked: i64,
    replicas: i64,
    updated: i64,
    ready: i64,
    available: i64,
    terminating: i64,
}

/// Counts over all sets.
pub(super) fn counts(_deployment: &Value, sets: &Sets) -> Counts {
    Counts {
        asked: sets.all.iter().map(|set| count(set, "spec.replicas")).sum(),
        replicas: total_status(&sets.all, "replicas"),
        updated: sets.new.as_ref().map_or(0, |new| count(new, "status.replicas")),
        ready: total_status(&sets.all, "readyReplicas"),
        available: total_status(&sets.all, "availableReplicas"),
        terminating: total_status(&sets.all, "terminatingReplicas"),
    }
}

/// Whether the wanted template is out on all pods.
pub(super) fn is_complete(deployment: &Value, counts: &Counts) -> bool {
    let size = wanted(deployment);
    counts.updated == size && counts.replicas == size && counts.available == size
}

/// Writes the status if it changed.
pub(super) fn write(view: &View<'_>, round: &mut Round, deployment: &Value, sets: &Sets) {
    let counts = counts(deployment, sets);
    let mut conditions = list(deployment, "status.conditions").to_vec();
    let scaling = is_set(deployment, "spec.paused");
    pause(deployment, &mut conditions, view.now);
    available(deployment, &counts, &mut conditions, view.now);
    if !scaling {
        progress(view, round, deployment, sets, &counts, &mut conditions);
    }
    failure(sets, &mut conditions);
    let mut status = at(deployment, "status").cloned().unwrap_or_else(|| json!({}));
    fields::set(
        &mut status,
        "observedGeneration",
        at(deployment, "metadata.generation").cloned().unwrap_or_default(),
    );
    set_count(&mut status, "replicas", counts.replicas);
    set_count(&mut status, "updatedReplicas", counts.updated);
    set_count(&mut status, "readyReplicas", counts.ready);
    set_count(&mut status, "availableReplicas", counts.available);
    set_count(&mut status, "unavailableReplicas", (counts.asked - counts.available).max(0));
    fields::set(&mut status, "terminatingReplicas", Value::from(counts.terminating));
    fields::set(&mut status, "conditions", Value::from(conditions));
    if at(deployment, "status") != Some(&status) {
        let mut object = deployment.clone();
        fields::set(&mut object, "status", status);
        round.replace(Agent::Controllers, ("apps", "deployments"), object, Part::Status);
    }
}

/// Sets a condition; unchanged status and reason leave it as it is.
fn put(conditions: &mut Vec<Value>, kind: &str, said: (&str, &str, &str), now: Timestamp) {
    let (status, reason, message) = said;
    let before = conditions.iter().position(|one| text(one, "type") == kind);
    let old = before.map(|place| conditions[place].clone());
    if old.as_ref().is_some_and(|old| text(old, "status") == status && text(old, "reason") == reason) {
        return;
    }
    let since = old
        .filter(|old| text(old, "status") == status)
        .map_or_else(|| stamp(now), |old| old["lastTransitionTime"].clone());
    let new = json!({
        "type": kind, "status": status, "reason": reason, "message": message,
        "lastUpdateTime": stamp(now), "lastTransitionTime": since,
    });
    // A changed condition moves to the end, as controllers rewrite the list.
    if let Some(place) = before {
        conditions.remove(place);
    }
    conditions.push(new);
}

fn pause(deployment: &Value, conditions: &mut Vec<Value>, now: Timestamp) {
    if at(deployment, "spec.progressDeadlineSeconds").is_none() {
        return;
    }
    let reason = condition(deployment, "Progressing").map_or("", |one| text(one, "reason"));
    let is_noted = reason == "DeploymentPaused";
    match (is_set(deployment, "spec.paused"), is_noted) {
        (true, false) if reason != "ProgressDeadlineExceeded" => {
            put(conditions, "Progressing", ("Unknown", "DeploymentPaused", "Deployment is paused"), now);
        }
        (false, true) => {
            put(conditions, "Progressing", ("Unknown", "DeploymentResumed", "Deployment is resumed"), now);
        }
        (true | false, true | false) => {}
    }
}

fn available(deployment: &Value, counts: &Counts, conditions: &mut Vec<Value>, now: Timestamp) {
    let said = if counts.available >= Slack::of(deployment).fewest() {
        ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
    } else {
        ("False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
    };
    put(conditions, "Available", said, now);
}

fn progress(
    view: &View<'_>,
    round: &mut Round,
    deployment: &Value,
    sets: &Sets,
    counts: &Counts,
    conditions: &mut Vec<Value>,
) {
    let Some(deadline) = int(deployment, "spec.progressDeadlineSeconds") else {
        return conditions.retain(|one| text(one, "type") != "Progressing");
    };
    // What was said of another set says nothing of the new one.
    let is_of_other = |one: &Value| {
        let new = sets.new.as_ref().map_or("", |new| fields::name(new));
        text(one, "reason") == "NewReplicaSetAvailable"
            && !text(one, "message").contains(&format!("\"{new}\""))
    };
    let before = conditions.iter().find(|one| text(one, "type") == "Progressing");
    let before = before.filter(|one| sets.new.is_none() || !is_of_other(one)).cloned();
    let reason = before.as_ref().map_or("", |one| text(one, "reason"));
    if counts.replicas == counts.updated && reason == "NewReplicaSetAvailable" {
        return;
    }
    let subject = match &sets.new {
        Some(new) => format!("ReplicaSet \"{}\"", fields::name(new)),
        None => format!("Deployment \"{}\"", fields::name(deployment)),
    };
    if is_complete(deployment, counts) && sets.new.is_some() {
        let message = format!("{subject} has successfully progressed.");
        put(conditions, "Progressing", ("True", "NewReplicaSetAvailable", &message), view.now);
    } else if has_progressed(deployment, counts) {
        refresh(conditions, &subject, view.now);
        round.wake(after(view.now, deadline));
    } else {
        judge_deadline(view, round, before.as_ref(), deadline, &subject, conditions);
    }
}

fn has_progressed(deployment: &Value, new: &Counts) -> bool {
    let old = |key: &str| count(deployment, &format!("status.{key}"));
    let (replicas, updated) = (old("replicas"), old("updatedReplicas"));
    new.updated > updated
        || new.replicas - new.updated < replicas - updated
        || new.ready > old("readyReplicas")
        || new.available > old("availableReplicas")
}

/// Progress renews the time of update, on which the deadline counts.
fn refresh(conditions: &mut Vec<Value>, subject: &str, now: Timestamp) {
    let since = conditions
        .iter()
        .find(|one| text(one, "type") == "Progressing" && text(one, "status") == "True")
        .map_or_else(|| stamp(now), |one| one["lastTransitionTime"].clone());
    conditions.retain(|one| text(one, "type") != "Progressing");
    conditions.push(json!({
        "type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated",
        "message": format!("{subject} is progressing."),
        "lastUpdateTime": stamp(now), "lastTransitionTime": since,
    }));
}

fn judge_deadline(
    view: &View<'_>,
    round: &mut Round,
    before: Option<&Value>,
    deadline: i64,
    subject: &str,
    conditions: &mut Vec<Value>,
) {
    let Some(before) = before else {
        if subject.starts_with("ReplicaSet") {
            let set = subject.trim_start_matches("ReplicaSet ");
            let message = format!("Created new replica set {set}");
            put(conditions, "Progressing", ("True", "NewReplicaSetCreated", &message), view.now);
        }
        return;
    };
    let reason = text(before, "reason");
    if matches!(reason, "NewReplicaSetAvailable" | "DeploymentPaused" | "ProgressDeadlineExceeded") {
        return;
    }
    let due = after(time(before, "lastUpdateTime").unwrap_or(view.now), deadline);
    if due < view.now {
        let message = format!("{subject} has timed out progressing.");
        put(conditions, "Progressing", ("False", "ProgressDeadlineExceeded", &message), view.now);
    } else {
        round.wake(after(due, 1));
    }
}

fn failure(sets: &Sets, conditions: &mut Vec<Value>) {
    conditions.retain(|one| text(one, "type") != "ReplicaFailure");
    let own = sets.new.iter().find_map(|set| failure_of(set));
    let found = own.or_else(|| sets.old.iter().find_map(|set| failure_of(set)));
    if let Some(found) = found {
        conditions.push(json!({
            "type": "ReplicaFailure", "status": found["status"], "reason": found["reason"],
            "message": found["message"],
            "lastUpdateTime": found["lastTransitionTime"],
            "lastTransitionTime": found["lastTransitionTime"],
        }));
    }
}
