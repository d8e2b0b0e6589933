//! Cells of what runs: pods, the workloads that make them, nodes.

use jiff::Timestamp;
use serde_json::Value;

use super::cells::{Shown, containers, flag_or_unset, joined, labels, selector};
use super::since;

/// The cells of such a kind; none if it is another.
pub(super) fn cells(kind: &str, shown: Shown<'_>) -> Option<Vec<Value>> {
    Some(match kind {
        "/Pod" => pod(shown),
        "/Node" => node(shown),
        "/PodTemplate" => {
            let [names, images] = containers(&shown.object["template"]);
            vec![shown.name(), names, images, labels(shown.at("/template/metadata/labels")).into()]
        }
        "/ReplicationController" => replicas(shown, labels(shown.at("/spec/selector")).into()),
        "apps/ReplicaSet" => replicas(shown, selector(shown.at("/spec/selector"))),
        "apps/Deployment" => deployment(shown),
        "apps/StatefulSet" => {
            let [names, images] = containers(&shown.object["spec"]["template"]);
            vec![shown.name(), ready_of(shown), shown.age(), names, images]
        }
        "apps/DaemonSet" => daemon_set(shown),
        "batch/Job" => job(shown),
        "batch/CronJob" => cron_job(shown),
        _ => return None,
    })
}

fn ready_of(shown: Shown<'_>) -> Value {
    format!("{}/{}", shown.number("/status/readyReplicas"), shown.number("/spec/replicas")).into()
}

fn replicas(shown: Shown<'_>, selector: Value) -> Vec<Value> {
    let [names, images] = containers(&shown.object["spec"]["template"]);
    vec![
        shown.name(),
        shown.number("/spec/replicas").into(),
        shown.number("/status/replicas").into(),
        shown.number("/status/readyReplicas").into(),
        shown.age(),
        names,
        images,
        selector,
    ]
}

fn deployment(shown: Shown<'_>) -> Vec<Value> {
    let [names, images] = containers(&shown.object["spec"]["template"]);
    vec![
        shown.name(),
        ready_of(shown),
        shown.number("/status/updatedReplicas").into(),
        shown.number("/status/availableReplicas").into(),
        shown.age(),
        names,
        images,
        selector(shown.at("/spec/selector")),
    ]
}

fn daemon_set(shown: Shown<'_>) -> Vec<Value> {
    let [names, images] = containers(&shown.object["spec"]["template"]);
    let count = |member: &str| Value::from(shown.number(&format!("/status/{member}")));
    vec![
        shown.name(),
        count("desiredNumberScheduled"),
        count("currentNumberScheduled"),
        count("numberReady"),
        count("updatedNumberScheduled"),
        count("numberAvailable"),
        labels(shown.at("/spec/template/spec/nodeSelector")).into(),
        shown.age(),
        names,
        images,
        selector(shown.at("/spec/selector")),
    ]
}

fn job(shown: Shown<'_>) -> Vec<Value> {
    let succeeded = shown.number("/status/succeeded");
    let parallelism = shown.number("/spec/parallelism");
    let completions = match shown.at("/spec/completions") {
        Some(wanted) => format!("{succeeded}/{wanted}"),
        None if parallelism > 1 => format!("{succeeded}/1 of {parallelism}"),
        None => format!("{succeeded}/1"),
    };
    let time = |path: &str| shown.text(path).parse::<Timestamp>().ok();
    let duration = time("/status/startTime")
        .map(|start| since(start, time("/status/completionTime").unwrap_or(shown.now)))
        .unwrap_or_default();
    let status = if shown.holds("Complete") {
        "Complete"
    } else if shown.holds("Failed") {
        "Failed"
    } else if shown.at("/metadata/deletionTimestamp").is_some() {
        "Terminating"
    } else {
        let kinds = ["Suspended", "FailureTarget", "SuccessCriteriaMet"];
        kinds.into_iter().find(|kind| shown.holds(kind)).unwrap_or("Running")
    };
    let [names, images] = containers(&shown.object["spec"]["template"]);
    vec![
        shown.name(),
        status.into(),
        completions.into(),
        duration.into(),
        shown.age(),
        names,
        images,
        selector(shown.at("/spec/selector")),
    ]
}

fn cron_job(shown: Shown<'_>) -> Vec<Value> {
    let [names, images] = containers(&shown.object["spec"]["jobTemplate"]["spec"]["template"]);
    vec![
        shown.name(),
        shown.text("/spec/schedule").into(),
        shown.text_or("/spec/timeZone", "<none>"),
        flag_or_unset(shown.at("/spec/suspend")),
        shown.size("/status/active").into(),
        shown.ago("/status/lastScheduleTime").unwrap_or_else(|| "<none>".into()).into(),
        shown.age(),
        names,
        images,
        selector(shown.at("/spec/jobTemplate/spec/selector")),
    ]
}

fn node(shown: Shown<'_>) -> Vec<Value> {
    let mut status = match shown.condition("Ready") {
        None => "Unknown",
        Some(ready) if ready["status"] == "True" => "Ready",
        Some(_) => "NotReady",
    }
    .to_owned();
    if shown.is_set("/spec/unschedulable") {
        status.push_str(",SchedulingDisabled");
    }
    let address = |kind: &str| -> Value {
        let found = shown.items("/status/addresses").iter().find(|one| one["type"] == kind);
        found.map_or_else(|| "<none>".into(), |one| one["address"].clone())
    };
    let kernel =
        match (shown.text("/status/nodeInfo/kernelVersion"), shown.text("/status/nodeInfo/architecture")) {
            ("", _) => "<unknown>".to_owned(),
            (kernel, "") => kernel.to_owned(),
            (kernel, machine) => format!("{kernel} ({machine})"),
        };
    vec![
        shown.name(),
        status.into(),
        joined(&roles(shown), ","),
        shown.age(),
        shown.text("/status/nodeInfo/kubeletVersion").into(),
        address("InternalIP"),
        address("ExternalIP"),
        shown.text_or("/status/nodeInfo/osImage", "<unknown>"),
        kernel.into(),
        shown.text_or("/status/nodeInfo/containerRuntimeVersion", "<unknown>"),
    ]
}

fn roles(shown: Shown<'_>) -> Vec<String> {
    let labels = shown.at("/metadata/labels").and_then(Value::as_object).into_iter().flatten();
    let mut roles: Vec<String> = labels
        .filter_map(|(key, value)| match key.strip_prefix("node-role.kubernetes.io/") {
            Some(role) => Some(role.to_owned()),
            None if key == "kubernetes.io/role" => value.as_str().map(str::to_owned),
            None => None,
        })
        .filter(|role| !role.is_empty())
        .collect();
    roles.sort();
    roles.dedup();
    roles
}

fn pod(shown: Shown<'_>) -> Vec<Value> {
    let seen = look(shown);
    let gates = shown.items("/spec/readinessGates");
    let gates = if gates.is_empty() {
        "<none>".to_owned()
    } else {
        let held =
            gates.iter().filter(|gate| shown.holds(gate["conditionType"].as_str().unwrap_or_default()));
        format!("{}/{}", held.count(), gates.len())
    };
    let restarts = match seen.last_restart {
        Some(last) if seen.restarts > 0 => format!("{} ({} ago)", seen.restarts, since(last, shown.now)),
        Some(_) | None => seen.restarts.to_string(),
    };
    vec![
        shown.name(),
        format!("{}/{}", seen.ready, seen.all).into(),
        seen.status.into(),
        restarts.into(),
        shown.age(),
        shown.text_or("/status/podIP", "<none>"),
        shown.text_or("/spec/nodeName", "<none>"),
        shown.text_or("/status/nominatedNodeName", "<none>"),
        gates.into(),
    ]
}

/// What the containers of a pod say together.
struct Seen {
    status: String,
    ready: usize,
    all: usize,
    restarts: i64,
    last_restart: Option<Timestamp>,
}

impl Seen {
    fn count(&mut self, status: &Value) {
        self.restarts += status["restartCount"].as_i64().unwrap_or(0);
        let ended = status["lastState"]["terminated"]["finishedAt"].as_str();
        let ended = ended.and_then(|time| time.parse::<Timestamp>().ok());
        self.last_restart = self.last_restart.max(ended);
    }
}

/// Containers that are started before the others and stay.
fn sidecars(shown: Shown<'_>) -> impl Iterator<Item = &Value> {
    shown.items("/spec/initContainers").iter().filter(|one| one["restartPolicy"] == "Always")
}

fn look(shown: Shown<'_>) -> Seen {
    let phase = shown.text("/status/phase");
    let reason = shown.text("/status/reason");
    let mut seen = Seen {
        status: if reason.is_empty() { phase } else { reason }.to_owned(),
        ready: 0,
        all: shown.size("/spec/containers") + sidecars(shown).count(),
        restarts: 0,
        last_restart: None,
    };
    if shown.condition("PodScheduled").is_some_and(|one| one["reason"] == "SchedulingGated") {
        seen.status = "SchedulingGated".into();
    }
    let initializing = look_at_first(shown, &mut seen);
    if !initializing || shown.holds("Initialized") {
        look_at_main(shown, &mut seen);
    }
    if shown.at("/metadata/deletionTimestamp").is_some() {
        if reason == "NodeLost" {
            seen.status = "Unknown".into();
        } else if !matches!(phase, "Succeeded" | "Failed") {
            seen.status = "Terminating".into();
        }
    }
    seen
}

/// The containers that run before the others. Returns whether they are not done.
fn look_at_first(shown: Shown<'_>, seen: &mut Seen) -> bool {
    let all = shown.size("/spec/initContainers");
    for (index, status) in shown.items("/status/initContainerStatuses").iter().enumerate() {
        seen.count(status);
        let stays = sidecars(shown).any(|one| one["name"] == status["name"]);
        let (ended, waiting) = (&status["state"]["terminated"], &status["state"]["waiting"]);
        if ended.is_object() && ended["exitCode"] == 0 {
            continue;
        }
        if stays && status["started"] == true {
            seen.ready += usize::from(status["ready"] == true);
            continue;
        }
        seen.status = match (ended.is_object(), waiting["reason"].as_str()) {
            (true, _) => format!("Init:{}", end_of(ended)),
            (false, Some(reason)) if !matches!(reason, "" | "PodInitializing") => format!("Init:{reason}"),
            (false, _) => format!("Init:{index}/{all}"),
        };
        return true;
    }
    false
}

/// Why a container ended.
fn end_of(ended: &Value) -> String {
    match (ended["reason"].as_str(), ended["signal"].as_i64()) {
        (Some(reason), _) if !reason.is_empty() => reason.to_owned(),
        (_, Some(signal)) if signal != 0 => format!("Signal:{signal}"),
        _ => format!("ExitCode:{}", ended["exitCode"]),
    }
}

fn look_at_main(shown: Shown<'_>, seen: &mut Seen) {
    let (ready, last) = (seen.ready, seen.last_restart);
    seen.restarts = shown
        .items("/status/initContainerStatuses")
        .iter()
        .filter(|status| sidecars(shown).any(|one| one["name"] == status["name"]))
        .filter_map(|status| status["restartCount"].as_i64())
        .sum();
    (seen.ready, seen.last_restart) = (ready, last);
    let mut runs = false;
    for status in shown.items("/status/containerStatuses").iter().rev() {
        seen.count(status);
        let state = &status["state"];
        match state["waiting"]["reason"].as_str().filter(|reason| !reason.is_empty()) {
            Some(reason) => reason.clone_into(&mut seen.status),
            None if state["terminated"].is_object() => seen.status = end_of(&state["terminated"]),
            None if status["ready"] == true && state["running"].is_object() => {
                runs = true;
                seen.ready += 1;
            }
            None => {}
        }
    }
    if seen.status == "Completed" && runs {
        seen.status = if shown.holds("Ready") { "Running".into() } else { "NotReady".into() };
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_pod_says_what_its_containers_say() {
        let status = |pod: Value| {
            let cells = super::pod(Shown { object: &pod, now: Timestamp::UNIX_EPOCH });
            format!(
                "{} {} {}",
                cells[1].as_str().unwrap(),
                cells[2].as_str().unwrap(),
                cells[3].as_str().unwrap()
            )
        };
        let spec = json!({ "containers": [{ "name": "a" }], "initContainers": [{ "name": "i" }] });
        let waiting = json!({ "name": "a", "restartCount": 3, "state": { "waiting": { "reason": "CrashLoopBackOff" } } });
        assert_eq!(
            status(json!({ "spec": spec, "status": { "phase": "Running", "containerStatuses": [waiting] } })),
            "0/1 CrashLoopBackOff 3"
        );
        let first = json!({ "name": "i", "restartCount": 0, "state": { "running": {} } });
        assert_eq!(
            status(
                json!({ "spec": spec, "status": { "phase": "Pending", "initContainerStatuses": [first] } })
            ),
            "0/1 Init:0/1 0"
        );
        let ended = json!({ "name": "a", "restartCount": 0, "state": { "terminated": { "exitCode": 137, "signal": 9 } } });
        assert_eq!(
            status(json!({ "spec": spec, "status": { "phase": "Failed", "containerStatuses": [ended] } })),
            "0/1 Signal:9 0"
        );
    }
}
