//! Deployments: one new ReplicaSet per template, grown while older ones shrink.
//!
//! Invariant: a set of the template that is wanted exists before any older set shrinks; sizes come from `rollout`.
//! Rule: <https://kubernetes.io/docs/concepts/workloads/controllers/deployment/>

use std::collections::HashMap;

use serde_json::{Value, json};

use super::claims::adopted;
use super::deployment_status;
use super::events::Event;
use super::fields::{
    self, annotate, annotation, at, count, int, is_going, is_set, list, map, namespace, set, text, uid,
};
use super::history::fingerprint;
use super::memory::Memory;
use super::pods::is_ended;
use super::rollout::{self, DESIRED, MAXIMUM, Slack, revision, wanted};
use super::selectors;
use super::view::{Object, View};
use super::{Agent, Change, Part, Round, Write};

const DEPLOYMENTS: (&str, &str) = ("apps", "deployments");
pub(super) const SETS: (&str, &str) = ("apps", "replicasets");
const SOURCE: &str = "deployment-controller";
const REVISION: &str = "deployment.kubernetes.io/revision";
const REVISION_HISTORY: &str = "deployment.kubernetes.io/revision-history";
const HASH: &str = "pod-template-hash";
/// What of a deployment's annotations its sets do not get.
const OWN_ANNOTATIONS: [&str; 6] = [
    "kubectl.kubernetes.io/last-applied-configuration",
    REVISION,
    REVISION_HISTORY,
    DESIRED,
    MAXIMUM,
    "deprecated.deployment.rollback.to",
];

/// The sets of one deployment.
pub(super) struct Sets {
    /// All, oldest first.
    pub(super) all: Vec<Object>,
    /// The one with the wanted template.
    pub(super) new: Option<Object>,
    /// All others.
    pub(super) old: Vec<Object>,
}

/// Moves all deployments one step.
pub(super) fn reconcile(view: &View<'_>, memory: &mut Memory, round: &mut Round) {
    let mut by_owner: HashMap<String, Vec<Object>> = HashMap::new();
    let mut orphans: Vec<Object> = Vec::new();
    for set in view.all(SETS.0, SETS.1) {
        match fields::controller(&set) {
            Some(owner) => by_owner.entry(text(owner, "uid").to_owned()).or_default().push(set),
            None => orphans.push(set),
        }
    }
    for deployment in view.all(DEPLOYMENTS.0, DEPLOYMENTS.1) {
        let mut own = by_owner.remove(uid(&deployment)).unwrap_or_default();
        if !is_going(&deployment) {
            own.extend(adopt(&orphans, &deployment, round));
        }
        own.sort_by_cached_key(|set| rollout::age_key(set));
        one(view, memory, round, &deployment, own);
    }
}

fn adopt(orphans: &[Object], deployment: &Value, round: &mut Round) -> Vec<Object> {
    let fits = |set: &&Object| {
        namespace(set) == namespace(deployment)
            && !is_going(set)
            && selectors::matches(at(deployment, "spec.selector"), map(set, "metadata.labels"))
    };
    let found: Vec<Object> = orphans.iter().filter(fits).cloned().collect();
    for set in &found {
        round.replace(Agent::Controllers, SETS, adopted(set, deployment), Part::Main);
    }
    found
}

fn one(view: &View<'_>, memory: &mut Memory, round: &mut Round, deployment: &Value, own: Vec<Object>) {
    let sets = divide(deployment, own);
    if is_going(deployment) || view.is_namespace_going(namespace(deployment)) {
        return deployment_status::write(view, round, deployment, &sets);
    }
    let paused = is_set(deployment, "spec.paused");
    if paused || is_scaling(deployment, &sets) {
        scale(round, deployment, &sets);
        if paused {
            tidy(round, deployment, &sets.old);
        }
        return deployment_status::write(view, round, deployment, &sets);
    }
    if rollout::is_rolling(deployment) {
        roll(view, memory, round, deployment, &sets);
    } else {
        recreate(view, memory, round, deployment, &sets);
    }
    if deployment_status::is_complete(deployment, &deployment_status::counts(deployment, &sets)) {
        tidy(round, deployment, &sets.old);
    }
    deployment_status::write(view, round, deployment, &sets);
}

fn divide(deployment: &Value, all: Vec<Object>) -> Sets {
    let template = template_of(deployment);
    // The oldest of equals: a template that comes back gets its old set.
    let new = all.iter().find(|set| template_of(set) == template).cloned();
    let old = all.iter().filter(|set| new.as_ref().is_none_or(|new| uid(new) != uid(set))).cloned().collect();
    Sets { all, new, old }
}

/// The pod template without what a controller adds to it.
fn template_of(owner: &Value) -> Value {
    let mut template = at(owner, "spec.template").cloned().unwrap_or_else(|| json!({}));
    if let Some(labels) = template["metadata"]["labels"].as_object_mut() {
        labels.shift_remove(HASH);
    }
    fields::remove(&mut template, "metadata.creationTimestamp");
    template
}

/// Whether the size was changed since the sets were last scaled.
fn is_scaling(deployment: &Value, sets: &Sets) -> bool {
    let size = wanted(deployment).to_string();
    sets.all
        .iter()
        .filter(|set| wanted(set) > 0)
        .any(|set| annotation(set, DESIRED).is_some_and(|before| before != size))
}

fn scale(round: &mut Round, deployment: &Value, sets: &Sets) {
    let slack = Slack::of(deployment);
    let active: Vec<Object> = sets.all.iter().filter(|set| wanted(set) > 0).cloned().collect();
    let latest = match active.as_slice() {
        [] => sets.new.clone().or_else(|| sets.old.last().cloned()),
        [only] => Some(Object::clone(only)),
        _ => None,
    };
    if let Some(only) = latest {
        if wanted(&only) != slack.replicas || needs_annotations(deployment, &only) {
            resize(round, deployment, &only, slack.replicas);
        }
        return;
    }
    if active.is_empty() {
        return;
    }
    if let Some(new) = sets.new.as_ref().filter(|new| is_saturated(deployment, new)) {
        for set in active.iter().filter(|set| uid(set) != uid(new)) {
            resize(round, deployment, set, 0);
        }
        return;
    }
    if rollout::is_rolling(deployment) {
        for (set, size) in rollout::shares(slack, &active, count(deployment, "status.replicas")) {
            resize(round, deployment, &set, size);
        }
    }
}

fn is_saturated(deployment: &Value, set: &Value) -> bool {
    let size = wanted(deployment);
    wanted(set) == size
        && annotation(set, DESIRED) == Some(size.to_string().as_str())
        && count(set, "status.availableReplicas") == size
}

/// One step of a rolling update: grow if there is room, else shrink.
fn roll(view: &View<'_>, memory: &mut Memory, round: &mut Round, deployment: &Value, sets: &Sets) {
    let slack = Slack::of(deployment);
    let Some(new) = present(view, memory, round, deployment, sets) else { return };
    let size = rollout::new_size(slack, rollout::Pace::Rolling, &sets.all, wanted(&new));
    if size != wanted(&new) {
        return resize(round, deployment, &new, size);
    }
    for (set, size) in rollout::old_sizes(slack, &sets.all, &sets.old, Some(&new)) {
        resize(round, deployment, &set, size);
    }
}

/// One step of a recreation: all old pods go before the first new one comes.
fn recreate(view: &View<'_>, memory: &mut Memory, round: &mut Round, deployment: &Value, sets: &Sets) {
    let running: Vec<&Object> = sets.old.iter().filter(|set| wanted(set) > 0).collect();
    if !running.is_empty() {
        return running.into_iter().for_each(|set| resize(round, deployment, set, 0));
    }
    let alive = |set: &Object| view.pods_of(set).iter().any(|pod| !is_ended(pod));
    if sets.old.iter().any(alive) {
        return;
    }
    let Some(new) = present(view, memory, round, deployment, sets) else { return };
    if wanted(&new) != wanted(deployment) {
        resize(round, deployment, &new, wanted(deployment));
    }
}

/// The new set, once it exists with the right annotations; makes it or brings them up to date first.
fn present(
    view: &View<'_>,
    memory: &mut Memory,
    round: &mut Round,
    deployment: &Value,
    sets: &Sets,
) -> Option<Object> {
    let next = sets.old.iter().map(|set| revision(set)).max().unwrap_or(0) + 1;
    let Some(new) = &sets.new else {
        make(view, memory, round, deployment, sets, next);
        return None;
    };
    let revision = revision(new).max(next);
    let mut object = Value::clone(new);
    copy_annotations(deployment, &mut object);
    set_revision(&mut object, revision);
    set(&mut object, "spec.minReadySeconds", Value::from(count(deployment, "spec.minReadySeconds")));
    let same_wait = count(new, "spec.minReadySeconds") == count(deployment, "spec.minReadySeconds");
    if !same_wait || at(&object, "metadata.annotations") != at(new, "metadata.annotations") {
        round.replace(Agent::Controllers, SETS, object, Part::Main);
        return None;
    }
    tell_revision(round, deployment, revision);
    Some(Object::clone(new))
}

fn tell_revision(round: &mut Round, deployment: &Value, revision: i64) {
    if annotation(deployment, REVISION) != Some(revision.to_string().as_str()) {
        let mut object = deployment.clone();
        annotate(&mut object, REVISION, &revision.to_string());
        // With the status, so that it counts as no new generation.
        round.replace(Agent::Controllers, DEPLOYMENTS, object, Part::Status);
    }
}

fn copy_annotations(deployment: &Value, set: &mut Value) {
    for (key, value) in map(deployment, "metadata.annotations").into_iter().flatten() {
        if !OWN_ANNOTATIONS.contains(&key.as_str()) {
            annotate(set, key, value.as_str().unwrap_or_default());
        }
    }
}

/// Gives a set its revision; the one it had is kept in its history.
fn set_revision(object: &mut Value, revision: i64) {
    let before = annotation(object, REVISION).map(str::to_owned);
    if before.as_deref() == Some(revision.to_string().as_str()) {
        return;
    }
    if let Some(before) = before {
        let history = match annotation(object, REVISION_HISTORY) {
            Some(history) if !history.is_empty() => format!("{history},{before}"),
            Some(_) | None => before,
        };
        annotate(object, REVISION_HISTORY, &history);
    }
    annotate(object, REVISION, &revision.to_string());
}

fn make(
    view: &View<'_>,
    memory: &mut Memory,
    round: &mut Round,
    deployment: &Value,
    sets: &Sets,
    revision: i64,
) {
    if let Some(trouble) = memory.trouble(uid(deployment)).filter(|trouble| view.now < trouble.retry_at) {
        return round.wake(trouble.retry_at);
    }
    let slack = Slack::of(deployment);
    let pace = if rollout::is_rolling(deployment) { rollout::Pace::Rolling } else { rollout::Pace::AtOnce };
    let size = rollout::new_size(slack, pace, &sets.all, 0);
    let mut object = new_set(deployment, size);
    copy_annotations(deployment, &mut object);
    annotate(&mut object, REVISION, &revision.to_string());
    annotate(&mut object, DESIRED, &slack.replicas.to_string());
    annotate(&mut object, MAXIMUM, &slack.most().to_string());
    let then = (size > 0).then(|| scaled(deployment, &object, 0, size));
    round.writes.push(Write {
        by: Agent::Controllers,
        change: Change::Create { group: SETS.0.into(), resource: SETS.1.into(), object },
        then,
        otherwise: Some(Event::warning(
            SOURCE,
            deployment,
            "ReplicaSetCreateError",
            "Failed to create new replica set: ",
        )),
        owner: uid(deployment).into(),
    });
}

fn new_set(deployment: &Value, size: i64) -> Value {
    let mut template = template_of(deployment);
    let hash = fingerprint(&template, int(deployment, "status.collisionCount"));
    let mut selector = at(deployment, "spec.selector").cloned().unwrap_or_else(|| json!({}));
    for place in [&mut template["metadata"]["labels"], &mut selector["matchLabels"]] {
        if !place.is_object() {
            *place = json!({});
        }
        place[HASH] = Value::from(hash.as_str());
    }
    let mut spec = json!({"replicas": size, "selector": selector, "template": template});
    if count(deployment, "spec.minReadySeconds") > 0 {
        spec["minReadySeconds"] = deployment["spec"]["minReadySeconds"].clone();
    }
    json!({
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": format!("{}-{hash}", fields::name(deployment)),
            "namespace": namespace(deployment),
            "labels": spec["template"]["metadata"]["labels"],
            "ownerReferences": [fields::controlled_by(deployment)],
        },
        "spec": spec,
    })
}

fn needs_annotations(deployment: &Value, set: &Value) -> bool {
    let slack = Slack::of(deployment);
    annotation(set, DESIRED) != Some(slack.replicas.to_string().as_str())
        || annotation(set, MAXIMUM) != Some(slack.most().to_string().as_str())
}

fn resize(round: &mut Round, deployment: &Value, set: &Value, size: i64) {
    let before = wanted(set);
    if before == size && !needs_annotations(deployment, set) {
        return;
    }
    let slack = Slack::of(deployment);
    let mut object = set.clone();
    fields::set(&mut object, "spec.replicas", Value::from(size));
    annotate(&mut object, DESIRED, &slack.replicas.to_string());
    annotate(&mut object, MAXIMUM, &slack.most().to_string());
    let then = (before != size).then(|| scaled(deployment, set, before, size));
    round.writes.push(Write {
        by: Agent::Controllers,
        change: Change::Replace { group: SETS.0.into(), resource: SETS.1.into(), object, part: Part::Main },
        then,
        otherwise: None,
        owner: String::new(),
    });
}

fn scaled(deployment: &Value, set: &Value, before: i64, size: i64) -> Event {
    let way = if size > before { "up" } else { "down" };
    let message = format!("Scaled {way} replica set {} from {before} to {size}", fields::name(set));
    Event::normal(SOURCE, deployment, "ScalingReplicaSet", message)
}

/// Deletes old sets beyond the history limit.
fn tidy(round: &mut Round, deployment: &Value, old: &[Object]) {
    let limit = usize::try_from(int(deployment, "spec.revisionHistoryLimit").unwrap_or(10)).unwrap_or(0);
    let mut idle: Vec<&Object> = old.iter().filter(|set| !is_going(set)).collect();
    idle.sort_by_key(|set| revision(set));
    for set in idle.iter().take(idle.len().saturating_sub(limit)) {
        let settled = count(set, "status.observedGeneration") >= count(set, "metadata.generation");
        if wanted(set) == 0 && count(set, "status.replicas") == 0 && settled {
            round.delete(Agent::Controllers, SETS, set);
        }
    }
}

/// Whether any of the conditions of a set says that pods cannot be made.
pub(super) fn failure_of(set: &Value) -> Option<Value> {
    list(set, "status.conditions").iter().find(|one| text(one, "type") == "ReplicaFailure").cloned()
}
