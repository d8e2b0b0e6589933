//! Waiting: when what was asked for has come about, by what the object says of itself.
//!
//! Invariant: pure: an object in, a verdict out; who asks and how often is decided elsewhere.

use serde_json::Value as Json;

use crate::kind::Wait;

/// How far an object is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progressed {
    /// It is there.
    Done,
    /// Not yet; a few words say how far it is.
    Waiting(String),
    /// It will not come about, for this reason.
    Failed(String),
}

/// Looks at an object.
pub fn look(wait: Wait, kind: &str, object: &Json) -> Progressed {
    match (wait, kind) {
        (Wait::Nothing, _) => Progressed::Done,
        (Wait::Rollout, "StatefulSet") => stateful_set(object),
        (Wait::Rollout, "DaemonSet") => daemon_set(object),
        (Wait::Rollout, _) => deployment(object),
        (Wait::Completion, _) => job(object),
        (Wait::LoadBalancer, _) => load_balancer(object),
        (Wait::Bound, _) => bound(object),
        (Wait::Running, _) => running(object),
    }
}

/// The condition of a type, if it is true or false as asked.
fn condition<'a>(object: &'a Json, name: &str, status: &str) -> Option<&'a Json> {
    let all = object["status"]["conditions"].as_array()?;
    all.iter().find(|condition| condition["type"] == name && condition["status"] == status)
}

/// Reason and message of a condition.
fn words(condition: &Json) -> String {
    let text = |name: &str| condition[name].as_str().unwrap_or_default();
    match (text("reason"), text("message")) {
        (reason, "") => reason.to_owned(),
        ("", message) => message.to_owned(),
        (reason, message) => format!("{reason}: {message}"),
    }
}

fn count(object: &Json, name: &str) -> i64 {
    object["status"][name].as_i64().unwrap_or(0)
}

fn is_observed(object: &Json) -> bool {
    count(object, "observedGeneration") >= object["metadata"]["generation"].as_i64().unwrap_or(0)
}

fn deployment(object: &Json) -> Progressed {
    if !is_observed(object) {
        return Progressed::Waiting("not yet seen by the controller".into());
    }
    if let Some(failed) = condition(object, "Progressing", "False")
        && failed["reason"] == "ProgressDeadlineExceeded"
    {
        return Progressed::Failed(words(failed));
    }
    let wanted = object["spec"]["replicas"].as_i64().unwrap_or(1);
    let (updated, all, available) =
        (count(object, "updatedReplicas"), count(object, "replicas"), count(object, "availableReplicas"));
    if updated < wanted {
        return Progressed::Waiting(format!("{updated} of {wanted} replicas are new"));
    }
    if all > updated {
        return Progressed::Waiting(format!("{} old replicas are going", all - updated));
    }
    if available < updated {
        return Progressed::Waiting(format!("{available} of {updated} replicas are available"));
    }
    Progressed::Done
}

fn stateful_set(object: &Json) -> Progressed {
    if !is_observed(object) {
        return Progressed::Waiting("not yet seen by the controller".into());
    }
    let wanted = object["spec"]["replicas"].as_i64().unwrap_or(1);
    let ready = count(object, "readyReplicas");
    if ready < wanted {
        return Progressed::Waiting(format!("{ready} of {wanted} replicas are ready"));
    }
    let partition = object["spec"]["updateStrategy"]["rollingUpdate"]["partition"].as_i64().unwrap_or(0);
    let updated = count(object, "updatedReplicas");
    let rolls = object["spec"]["updateStrategy"]["type"] != "OnDelete";
    let current = object["status"]["currentRevision"] == object["status"]["updateRevision"];
    if rolls && !current && updated < wanted - partition {
        return Progressed::Waiting(format!("{updated} of {} replicas are new", wanted - partition));
    }
    Progressed::Done
}

fn daemon_set(object: &Json) -> Progressed {
    if !is_observed(object) {
        return Progressed::Waiting("not yet seen by the controller".into());
    }
    let wanted = count(object, "desiredNumberScheduled");
    let updated = count(object, "updatedNumberScheduled");
    if object["spec"]["updateStrategy"]["type"] != "OnDelete" && updated < wanted {
        return Progressed::Waiting(format!("{updated} of {wanted} pods are new"));
    }
    let available = count(object, "numberAvailable");
    if available < wanted {
        return Progressed::Waiting(format!("{available} of {wanted} pods are available"));
    }
    Progressed::Done
}

fn job(object: &Json) -> Progressed {
    if condition(object, "Complete", "True").is_some() {
        return Progressed::Done;
    }
    if let Some(failed) = condition(object, "Failed", "True") {
        return Progressed::Failed(words(failed));
    }
    let wanted = object["spec"]["completions"].as_i64().unwrap_or(1);
    let (done, active) = (count(object, "succeeded"), count(object, "active"));
    Progressed::Waiting(format!("{done} of {wanted} completions, {active} pods at work"))
}

fn load_balancer(object: &Json) -> Progressed {
    let is_service = object["kind"] == "Service";
    if is_service && object["spec"]["type"] != "LoadBalancer" {
        return Progressed::Done;
    }
    let has_address = |list: &Vec<Json>| !list.is_empty();
    match object["status"]["loadBalancer"]["ingress"].as_array().is_some_and(has_address) {
        true => Progressed::Done,
        false => Progressed::Waiting("no address yet".into()),
    }
}

fn bound(object: &Json) -> Progressed {
    match object["status"]["phase"].as_str() {
        Some("Bound") => Progressed::Done,
        Some("Lost") => Progressed::Failed("the volume it was bound to is gone".into()),
        phase => Progressed::Waiting(phase.unwrap_or("Pending").to_owned()),
    }
}

fn running(object: &Json) -> Progressed {
    match object["status"]["phase"].as_str() {
        Some("Running" | "Succeeded") => Progressed::Done,
        Some("Failed") => Progressed::Failed(words(&object["status"])),
        phase => Progressed::Waiting(phase.unwrap_or("Pending").to_owned()),
    }
}

/// Why pods are not ready, by what they say; each reason once, with how many pods have it.
pub fn why_not_ready(pods: &[Json]) -> Vec<String> {
    let mut reasons: Vec<(String, usize)> = Vec::new();
    for reason in pods.iter().filter_map(reason_of) {
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, count)) => *count += 1,
            None => reasons.push((reason, 1)),
        }
    }
    let told = |(reason, count): (String, usize)| match count {
        1 => format!("1 pod: {reason}"),
        count => format!("{count} pods: {reason}"),
    };
    reasons.into_iter().map(told).collect()
}

fn reason_of(pod: &Json) -> Option<String> {
    if let Some(unscheduled) = condition(pod, "PodScheduled", "False") {
        return Some(words(unscheduled));
    }
    let containers = ["initContainerStatuses", "containerStatuses"];
    let all = containers.iter().filter_map(|name| pod["status"][name].as_array()).flatten();
    let mut stuck = all.filter_map(|status| {
        let state = &status["state"];
        let waiting = &state["waiting"];
        let ended = &state["terminated"];
        let name = status["name"].as_str().unwrap_or_default();
        match (waiting["reason"].as_str(), ended["exitCode"].as_i64()) {
            (Some("ContainerCreating" | "PodInitializing"), _) | (None, None | Some(0)) => None,
            (Some(_), _) => Some(format!("container {name}: {}", words(waiting))),
            (None, Some(code)) => Some(format!("container {name} ended with {code}: {}", words(ended))),
        }
    });
    stuck.next()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_rollout_is_done_when_all_replicas_are_new_and_available() {
        let object = |updated: i64, all: i64, available: i64| {
            json!({
                "metadata": {"generation": 2}, "spec": {"replicas": 2},
                "status": {"observedGeneration": 2, "updatedReplicas": updated, "replicas": all, "availableReplicas": available},
            })
        };
        let shown = |object: Json| format!("{:?}", look(Wait::Rollout, "Deployment", &object));
        assert_eq!(shown(object(1, 3, 2)), r#"Waiting("1 of 2 replicas are new")"#);
        assert_eq!(shown(object(2, 3, 2)), r#"Waiting("1 old replicas are going")"#);
        assert_eq!(shown(object(2, 2, 1)), r#"Waiting("1 of 2 replicas are available")"#);
        assert_eq!(shown(object(2, 2, 2)), "Done");
    }

    #[test]
    fn what_keeps_pods_is_told_once() {
        let unscheduled = json!({"status": {"conditions": [
            {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/2 nodes are available"}]}});
        let no_image = json!({"status": {"containerStatuses": [
            {"name": "server", "state": {"waiting": {"reason": "ImagePullBackOff", "message": "not found"}}}]}});
        let told = why_not_ready(&[unscheduled.clone(), no_image, unscheduled]);
        insta::assert_snapshot!(told.join("\n"), @r"
        2 pods: Unschedulable: 0/2 nodes are available
        1 pod: container server: ImagePullBackOff: not found
        ");
    }
}
