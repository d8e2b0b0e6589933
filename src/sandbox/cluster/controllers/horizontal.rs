//! HorizontalPodAutoscalers: replicas stay within their bounds. There is no load here, and so no other reason to scale.
//!
//! Invariant: each is looked at every fifteen seconds, as a real controller does, and at once when it is new or has changed.

use serde_json::{Value, json};

use super::events::Event;
use super::fields::{self, after, at, condition, count, int, list, namespace, set, stamp, text, uid};
use super::memory::Memory;
use super::view::{Object, View};
use super::{Agent, Part, Round};

const SCALERS: (&str, &str) = ("autoscaling", "horizontalpodautoscalers");
const SOURCE: &str = "horizontal-pod-autoscaler";
/// Seconds between two looks.
const PERIOD: i64 = 15;
const NO_METRICS: &str = "the server could not find the requested resource (get pods.metrics.k8s.io)";

/// What was found out about a scaler.
struct Found {
    conditions: Vec<(&'static str, &'static str, &'static str, String)>,
    current: i64,
    desired: i64,
    /// One entry for each metric that was looked for.
    metrics: Option<usize>,
    scaled: bool,
}

/// Holds all targets within their bounds.
pub(super) fn reconcile(view: &View<'_>, memory: &mut Memory, round: &mut Round) {
    for scaler in view.all(SCALERS.0, SCALERS.1) {
        let key = format!("scaler/{}/{}", uid(&scaler), scaler["spec"]);
        let due = memory.not_before.get(&key).copied().filter(|due| *due > view.now);
        if let Some(due) = due {
            round.wake(due);
            continue;
        }
        let next = after(view.now, PERIOD);
        memory.not_before.insert(key, next);
        round.wake(next);
        let found = look(view, round, &scaler);
        report(view, round, &scaler, &found);
    }
}

fn look(view: &View<'_>, round: &mut Round, scaler: &Object) -> Found {
    let target = target_of(scaler).and_then(|(group, resource)| {
        let name = text(scaler, "spec.scaleTargetRef.name");
        let found = view.get(group, resource, namespace(scaler), name)?;
        Some((group, resource, found))
    });
    let Some((group, resource, target)) = target else { return missing(round, scaler) };
    let replicas = int(&target, "spec.replicas").unwrap_or(1);
    let current = count(&target, "status.replicas");
    let able = "the HPA controller was able to get the target's current scale".to_owned();
    let able = ("AbleToScale", "True", "SucceededGetScale", able);
    if replicas == 0 {
        let words = "scaling is disabled since the replica count of the target is zero".to_owned();
        let conditions = vec![able, ("ScalingActive", "False", "ScalingDisabled", words)];
        return Found { conditions, current, desired: 0, metrics: None, scaled: false };
    }
    let (least, most) =
        (int(scaler, "spec.minReplicas").unwrap_or(1), count(scaler, "spec.maxReplicas").max(1));
    let why = match replicas {
        _ if replicas > most => "Current number of replicas above Spec.MaxReplicas",
        _ if replicas < least => "Current number of replicas below Spec.MinReplicas",
        _ if view.has_cloud() => {
            return Found {
                conditions: vec![able],
                current,
                desired: replicas,
                metrics: None,
                scaled: false,
            };
        }
        _ => return unmeasured(round, scaler, able, current),
    };
    let wanted = replicas.clamp(least.min(most), most);
    let mut new = Value::clone(&target);
    set(&mut new, "spec.replicas", wanted.into());
    round.replace(Agent::Controllers, (group, resource), new, Part::Main);
    round.announce(Event::normal(
        SOURCE,
        scaler,
        "SuccessfulRescale",
        format!("New size: {wanted}; reason: {why}"),
    ));
    let words = format!("the HPA controller was able to update the target scale to {wanted}");
    let conditions = vec![("AbleToScale", "True", "SucceededRescale", words)];
    Found { conditions, current, desired: wanted, metrics: None, scaled: true }
}

fn target_of(scaler: &Value) -> Option<(&'static str, &'static str)> {
    match text(scaler, "spec.scaleTargetRef.kind") {
        "Deployment" => Some(("apps", "deployments")),
        "StatefulSet" => Some(("apps", "statefulsets")),
        "ReplicaSet" => Some(("apps", "replicasets")),
        "ReplicationController" => Some(("", "replicationcontrollers")),
        _ => None,
    }
}

fn missing(round: &mut Round, scaler: &Value) -> Found {
    let reference = at(scaler, "spec.scaleTargetRef").unwrap_or(&Value::Null);
    let group = text(reference, "apiVersion").split_once('/').map_or("", |(group, _)| group);
    let words = match target_of(scaler) {
        Some((_, resource)) if group.is_empty() => {
            format!("{resource} \"{}\" not found", text(reference, "name"))
        }
        Some((_, resource)) => format!("{resource}.{group} \"{}\" not found", text(reference, "name")),
        None => format!("no matches for kind \"{}\" in group \"{group}\"", text(reference, "kind")),
    };
    round.announce(Event::warning(SOURCE, scaler, "FailedGetScale", words.as_str()));
    let message = format!("the HPA controller was unable to get the target's current scale: {words}");
    let conditions = vec![("AbleToScale", "False", "FailedGetScale", message)];
    Found { conditions, current: 0, desired: 0, metrics: None, scaled: false }
}

/// Nobody serves metrics in this cluster.
fn unmeasured(
    round: &mut Round,
    scaler: &Object,
    able: (&'static str, &'static str, &'static str, String),
    current: i64,
) -> Found {
    let metrics = list(scaler, "spec.metrics");
    let first = metrics.first().unwrap_or(&Value::Null);
    let (reason, inner, outer) = fault(first);
    let all = metrics.len();
    let invalid = format!("invalid metrics ({all} invalid out of {all}), first error is: {outer}");
    round.announce(Event::warning(SOURCE, scaler, reason, inner.as_str()));
    round.announce(Event::warning(SOURCE, scaler, "FailedComputeMetricsReplicas", invalid));
    let message = format!("the HPA was unable to compute the replica count: {inner}");
    let conditions = vec![able, ("ScalingActive", "False", reason, message)];
    Found {
        conditions,
        current,
        desired: count(scaler, "status.desiredReplicas"),
        metrics: Some(all),
        scaled: false,
    }
}

/// Why a metric is not known: the reason, what is said of it, and what is said of all.
fn fault(metric: &Value) -> (&'static str, String, String) {
    let custom = |path: &str| text(metric, path).to_owned();
    let unserved = |name: String, api: &str| {
        format!(
            "unable to get metric {name}: unable to fetch metrics from {api} metrics API: the server could not find the metric {name}"
        )
    };
    match text(metric, "type") {
        "Pods" => {
            let inner = unserved(custom("pods.metric.name"), "custom");
            ("FailedGetPodsMetric", inner.clone(), format!("failed to get pods metric value: {inner}"))
        }
        "Object" => {
            let inner = unserved(custom("object.metric.name"), "custom");
            ("FailedGetObjectMetric", inner.clone(), format!("failed to get object metric value: {inner}"))
        }
        "External" => {
            let inner = unserved(custom("external.metric.name"), "external");
            (
                "FailedGetExternalMetric",
                inner.clone(),
                format!("failed to get external metric value: {inner}"),
            )
        }
        kind => {
            let (member, reason) = match kind {
                "ContainerResource" => ("containerResource", "FailedGetContainerResourceMetric"),
                _ => ("resource", "FailedGetResourceMetric"),
            };
            let name = custom(&format!("{member}.name"));
            let what = match text(metric, &format!("{member}.target.type")) {
                "Utilization" => "utilization",
                _ => "usage",
            };
            let inner = format!(
                "failed to get {name} {what}: unable to get metrics for resource {name}: unable to fetch metrics from resource metrics API: {NO_METRICS}"
            );
            let outer = format!("failed to get {name} resource metric value: {inner}");
            (reason, inner, outer)
        }
    }
}

fn report(view: &View<'_>, round: &mut Round, scaler: &Object, found: &Found) {
    let mut conditions = Vec::new();
    for (kind, status, reason, message) in &found.conditions {
        let before = condition(scaler, kind).filter(|one| text(one, "status") == *status);
        conditions.push(json!({
            "type": kind, "status": status, "reason": reason, "message": message,
            "lastTransitionTime": before.map_or_else(|| stamp(view.now), |one| one["lastTransitionTime"].clone()),
        }));
    }
    let metrics = found.metrics.map_or(Value::Null, |all| vec![json!({ "type": "" }); all].into());
    let mut status =
        json!({ "desiredReplicas": found.desired, "conditions": conditions, "currentMetrics": metrics });
    fields::set_count(&mut status, "currentReplicas", found.current);
    if found.scaled {
        status["lastScaleTime"] = stamp(view.now);
    } else if let Some(time) = at(scaler, "status.lastScaleTime") {
        status["lastScaleTime"] = time.clone();
    }
    if scaler["status"] != status {
        let mut new = Value::clone(scaler);
        new["status"] = status;
        round.replace(Agent::Controllers, SCALERS, new, Part::Status);
    }
}
