//! HorizontalPodAutoscalers: replicas stay within their bounds. There is no load here, and so no other reason to scale.

use serde_json::{Value, json};

use super::fields::{at, count, int, namespace, set, text};
use super::memory::Memory;
use super::view::{Object, View};
use super::{Agent, Part, Round};

const SCALERS: (&str, &str) = ("autoscaling", "horizontalpodautoscalers");

/// Holds all targets within their bounds.
pub(super) fn reconcile(view: &View<'_>, _memory: &mut Memory, round: &mut Round) {
    for scaler in view.all(SCALERS.0, SCALERS.1) {
        let Some((group, resource)) = target_of(&scaler) else { continue };
        let name = text(&scaler, "spec.scaleTargetRef.name");
        let Some(target) = view.get(group, resource, namespace(&scaler), name) else { continue };
        let replicas = int(&target, "spec.replicas").unwrap_or(1);
        let wanted = replicas
            .clamp(int(&scaler, "spec.minReplicas").unwrap_or(1), count(&scaler, "spec.maxReplicas").max(1));
        if wanted != replicas && replicas != 0 {
            let mut new = (*target).clone();
            set(&mut new, "spec.replicas", wanted.into());
            round.replace(Agent::Controllers, (group, resource), new, Part::Main);
        }
        report(round, &scaler, count(&target, "status.replicas"), wanted);
    }
}

fn target_of(scaler: &Value) -> Option<(&'static str, &'static str)> {
    match text(scaler, "spec.scaleTargetRef.kind") {
        "Deployment" => Some(("apps", "deployments")),
        "StatefulSet" => Some(("apps", "statefulsets")),
        "ReplicaSet" => Some(("apps", "replicasets")),
        _ => None,
    }
}

fn report(round: &mut Round, scaler: &Object, current: i64, wanted: i64) {
    let since = at(scaler, "metadata.creationTimestamp").cloned().unwrap_or(Value::Null);
    let able = json!({
        "type": "AbleToScale", "status": "True", "reason": "SucceededGetScale",
        "message": "the HPA controller was able to get the target's current scale", "lastTransitionTime": since,
    });
    // As the API server gives it back, so that a status that is told is not told again.
    let status = json!({
        "currentReplicas": current, "desiredReplicas": wanted, "conditions": [able], "currentMetrics": null,
    });
    if scaler["status"] != status {
        let mut new = (**scaler).clone();
        new["status"] = status;
        round.replace(Agent::Controllers, SCALERS, new, Part::Status);
    }
}
