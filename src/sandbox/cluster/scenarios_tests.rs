//! How many of the scenarios recorded from a real control plane come to the same end.
//!
//! Steps are played against the API server; time is virtual and only passes while something is waited for.
//! Judged: what each `expect` says of objects and events. A step of `kubectl` is played by the requests that it makes.
//!
//! Reads what the environment variable `AKSEL_SHARED` points at; without it there is nothing to compare with.
//! `AKSEL_CASE` narrows it to scenarios whose id begins so, and shows where each goes another way.

use std::collections::{BTreeMap, HashMap};

use axum::Extension;
use axum::extract::{Query, State};
use http::{HeaderMap, HeaderValue, Method, Uri, header};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::conformance_tests::{at_least, open, shared};
use super::{Cluster, server};
use crate::tls::Identity;

/// The number of scenarios of each category that pass; none may go down.
const PASSED_MIN: &[(&str, usize)] = &[
    ("cronjobs", 5),
    ("daemonsets", 10),
    ("deployments", 24),
    ("garbage", 6),
    ("jobs", 26),
    ("namespaces", 5),
    ("nodes", 1),
    ("pods", 11),
    ("policies", 15),
    ("replicasets", 8),
    ("scheduling", 89),
    ("services", 7),
    ("statefulsets", 12),
    ("storage", 18),
];

/// How long a condition is waited for, in virtual time.
const LONGEST: SignedDuration = SignedDuration::from_secs(900);

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}

/// A scenario that is being played.
pub(super) struct Play {
    cluster: Cluster,
    namespace: String,
    /// What `<hash1>` and the like have stood for so far.
    known: BTreeMap<String, String>,
    auto: bool,
    /// The nodes in the order in which they came; the address of each ends with its number.
    nodes: Vec<String>,
}

impl Play {
    pub(super) async fn ask(&self, method: &str, path: &str, kind: &str, body: &Value) -> (u16, Value) {
        let uri: Uri = path.parse().unwrap();
        let query = Query::<HashMap<String, String>>::try_from_uri(&uri).unwrap();
        let mut headers = HeaderMap::from_iter([(header::USER_AGENT, HeaderValue::from_static("recorder"))]);
        if !kind.is_empty() {
            headers.insert(header::CONTENT_TYPE, kind.parse().unwrap());
        }
        let identity = Identity { user: "admin".into(), groups: vec!["system:masters".into()] };
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let method: Method = method.parse().unwrap();
        let state = State(self.cluster.clone());
        let answer =
            server::answer(state, Some(Extension(identity)), method, uri, query, headers, body.into()).await;
        let status = answer.status().as_u16();
        let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }

    pub(super) async fn get(&self, path: &str) -> Value {
        self.ask("GET", path, "", &Value::Null).await.1
    }

    pub(super) async fn items(&self, path: &str) -> Vec<Value> {
        let found = self.get(path).await;
        match found["items"].as_array() {
            Some(items) => {
                // Items of a list do not say what they are.
                let kind = text(&found, "kind").trim_end_matches("List");
                let named = |item: &Value| {
                    let mut item = item.clone();
                    item["kind"] = kind.into();
                    item["apiVersion"] = found["apiVersion"].clone();
                    item
                };
                items.iter().map(named).collect()
            }
            None if found["kind"] == "Status" => Vec::new(),
            None => vec![found],
        }
    }

    /// Where objects of a kind are made.
    fn collection(&self, object: &Value) -> String {
        let (version, kind) = (text(object, "apiVersion"), text(object, "kind"));
        let world = self.cluster.world();
        let served =
            world.kinds().iter().find(|one| one.kind == kind && one.api_version() == version).unwrap();
        let base = if version.contains('/') { format!("/apis/{version}") } else { format!("/api/{version}") };
        let space = object["metadata"]["namespace"].as_str().unwrap_or(&self.namespace);
        match served.scope {
            super::kinds::Scope::Namespaced => format!("{base}/namespaces/{space}/{}", served.plural),
            super::kinds::Scope::Cluster => format!("{base}/{}", served.plural),
        }
    }

    async fn step(&mut self, step: &Value) -> Result<(), String> {
        if let Some(expect) = step.get("expect") {
            return self.expect(expect).await;
        }
        let body = step.get("body").or_else(|| step.get("options")).unwrap_or(&Value::Null);
        let path = text(step, "path");
        let (status, answer) = match text(step, "do") {
            "create" => {
                let path = self.collection(&step["object"]);
                self.ask("POST", &path, "application/json", &step["object"]).await
            }
            "post" => self.ask("POST", path, "application/json", body).await,
            "patch" => {
                let kind = match text(step, "type") {
                    "strategic" => "application/strategic-merge-patch+json",
                    "json" => "application/json-patch+json",
                    _ => "application/merge-patch+json",
                };
                self.ask("PATCH", path, kind, body).await
            }
            "delete" => {
                let kind = if body.is_null() { "" } else { "application/json" };
                self.ask("DELETE", path, kind, body).await
            }
            "kubelet" => return self.kubelet(step).await,
            "kubectl" => return self.kubectl(step).await,
            "wait" => {
                let millis = (step["seconds"].as_f64().unwrap() * 1000.0) as i64;
                self.pass(SignedDuration::from_millis(millis)).await;
                return Ok(());
            }
            other => return Err(format!("`{other}` is not played")),
        };
        if step["code"] != status {
            return Err(format!(
                "{} {path}: wanted {}, found {status}: {answer}",
                text(step, "do"),
                step["code"]
            ));
        }
        self.settle().await;
        if let Some(wanted) = step.get("answer") {
            let mut known = self.known.clone();
            contains(wanted, &answer, &mut known, "answer")?;
        }
        Ok(())
    }

    /// Lets controllers work until nothing is left to do now; says when they want to look again.
    async fn settle(&mut self) -> Option<Timestamp> {
        let mut again = self.cluster.settle();
        while self.auto && self.run_all().await {
            again = self.cluster.settle();
        }
        again
    }

    /// Lets time pass.
    pub(super) async fn pass(&mut self, span: SignedDuration) {
        let end = super::cluster_now() + span;
        loop {
            let again = self.settle().await;
            let now = super::cluster_now();
            if now >= end {
                return;
            }
            let next = again
                .unwrap_or(end)
                .clamp(now + SignedDuration::from_millis(10), end.max(now + SignedDuration::from_millis(10)));
            crate::clock::advance(next.duration_since(now));
        }
    }

    /// What a node agent does when nobody says anything: pods run, and end when they are deleted.
    async fn run_all(&self) -> bool {
        let mut acted = false;
        for pod in self.items("/api/v1/pods").await {
            if pod["spec"]["nodeName"].is_null() {
                continue;
            }
            if pod["metadata"]["deletionTimestamp"].is_string() {
                self.bury(&pod).await;
                acted = true;
            } else if pod["status"]["phase"] == "Pending" {
                self.report(&pod, &running(&pod)).await;
                acted = true;
            }
        }
        acted
    }

    fn pod_path(pod: &Value) -> String {
        let metadata = &pod["metadata"];
        format!("/api/v1/namespaces/{}/pods/{}", text(metadata, "namespace"), text(metadata, "name"))
    }

    async fn bury(&self, pod: &Value) {
        let options = json!({ "gracePeriodSeconds": 0 });
        self.ask("DELETE", &Self::pod_path(pod), "application/json", &options).await;
    }

    async fn report(&self, pod: &Value, patch: &Value) {
        let now = super::world::stamp(super::cluster_now());
        let filled = patch.to_string().replace("<time>", &now).replace("<podIP>", "10.244.0.9");
        let mut patch: Value = serde_json::from_str(&filled).unwrap();
        if patch["status"]["hostIP"].is_string() {
            // What was recorded is the patch of the first of several pods.
            patch["status"]["hostIP"] = self.host_of(pod).into();
            patch["status"]["hostIPs"] = json!([{ "ip": self.host_of(pod) }]);
        }
        let path = format!("{}/status", Self::pod_path(pod));
        let (status, answer) =
            self.ask("PATCH", &path, "application/strategic-merge-patch+json", &patch).await;
        assert!(status == 200, "{answer}");
    }

    fn host_of(&self, pod: &Value) -> String {
        let node = text(&pod["spec"], "nodeName");
        let number = self.nodes.iter().position(|known| known == node).map_or(1, |at| at + 1);
        format!("10.1.0.{number}")
    }

    async fn kubelet(&mut self, step: &Value) -> Result<(), String> {
        let act = text(step, "act");
        match act {
            "auto" => {
                self.auto = step["on"] == true;
                return Ok(());
            }
            "register" => {
                self.register(&step["node"]).await;
                return Ok(());
            }
            "node-ready" => {
                let now = super::world::stamp(super::cluster_now());
                let patch: Value =
                    serde_json::from_str(&step["patch"].to_string().replace("<time>", &now)).unwrap();
                let path = format!("/api/v1/nodes/{}/status", text(step, "node"));
                self.ask("PATCH", &path, "application/strategic-merge-patch+json", &patch).await;
                return Ok(());
            }
            _ => {}
        }
        self.settle().await;
        let chosen = self.chosen(step).await?;
        for pod in chosen {
            self.report(&pod, &step["patch"]).await;
            self.settle().await;
            if act == "finish" {
                self.bury(&pod).await;
            }
        }
        Ok(())
    }

    /// The pods that a node agent acts on.
    async fn chosen(&mut self, step: &Value) -> Result<Vec<Value>, String> {
        let select = &step["select"];
        let space = select["namespace"].as_str().unwrap_or(&self.namespace).to_owned();
        let labels =
            select["labels"].as_str().map(|labels| format!("?labelSelector={labels}")).unwrap_or_default();
        let all = self.items(&format!("/api/v1/namespaces/{space}/pods{labels}")).await;
        let fits = |pod: &Value| {
            let going = pod["metadata"]["deletionTimestamp"].is_string();
            let phase = text(&pod["status"], "phase");
            let ended = matches!(phase, "Succeeded" | "Failed");
            let ready = pod["status"]["conditions"]
                .as_array()
                .into_iter()
                .flatten()
                .any(|one| one["type"] == "Ready" && one["status"] == "True");
            let state = match select["state"].as_str() {
                Some("new") => phase == "Pending",
                Some("alive") => !going && !ended,
                Some("unready") => !ready,
                _ => true,
            };
            let named =
                select["pods"].as_array().is_none_or(|names| names.contains(&pod["metadata"]["name"]));
            let due = match text(step, "act") {
                "finish" => going,
                "run" | "start" | "pull" => !going && !ended && !ready,
                _ => !ended && (!going || named && select["pods"].is_array()),
            };
            pod["spec"]["nodeName"].is_string() && state && named && due
        };
        let mut left: Vec<Value> = all.into_iter().filter(fits).collect();
        let mut chosen = Vec::new();
        for name in step["pods"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            let known = &mut self.known;
            let found = left.iter().position(|pod| like(name, text(&pod["metadata"], "name"), known));
            let Some(at) = found else { return Err(format!("no pod {name} to {}", text(step, "act"))) };
            chosen.push(left.remove(at));
        }
        Ok(chosen)
    }

    async fn register(&mut self, node: &Value) {
        self.nodes.push(text(&node["metadata"], "name").to_owned());
        let (status, answer) = self.ask("POST", "/api/v1/nodes", "application/json", node).await;
        assert!(status == 201, "{answer}");
        let now = super::world::stamp(super::cluster_now());
        let conditions = [
            (
                "MemoryPressure",
                "False",
                "KubeletHasSufficientMemory",
                "kubelet has sufficient memory available",
            ),
            ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
            ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
            ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
        ]
        .map(|(kind, status, reason, message)| {
            json!({
                "type": kind, "status": status, "reason": reason, "message": message,
                "lastHeartbeatTime": now, "lastTransitionTime": now,
            })
        });
        let mut status = node["status"].clone();
        status["conditions"] = json!(conditions);
        let path = format!("/api/v1/nodes/{}/status", text(&node["metadata"], "name"));
        self.ask("PATCH", &path, "application/merge-patch+json", &json!({ "status": status })).await;
    }

    async fn expect(&mut self, expect: &Value) -> Result<(), String> {
        let start = super::cluster_now();
        loop {
            let again = self.settle().await;
            if self.holds(expect).await {
                break;
            }
            let now = super::cluster_now();
            if now.duration_since(start) > LONGEST {
                return Err(format!("never: {}", text(expect, "until")));
            }
            let second = SignedDuration::from_secs(1);
            let wait = again
                .map_or(second, |at| at.duration_since(now))
                .clamp(SignedDuration::from_millis(10), second);
            crate::clock::advance(wait);
        }
        if let Some(quiet) = expect["quiet_seconds"].as_f64() {
            self.pass(SignedDuration::from_millis((quiet * 1000.0) as i64)).await;
        }
        // What was recorded had settled for a moment after the condition held.
        let mut last = self.compare(expect).await;
        for _ in 0..4 {
            if last.is_ok() {
                break;
            }
            self.pass(SignedDuration::from_millis(500)).await;
            last = self.compare(expect).await;
        }
        last
    }

    async fn holds(&self, expect: &Value) -> bool {
        for condition in expect["conditions"].as_array().into_iter().flatten() {
            let held = match condition.get("event") {
                Some(_) => self.event_said(condition).await,
                None => self.condition_holds(condition).await,
            };
            if !held {
                return false;
            }
        }
        true
    }

    async fn event_said(&self, condition: &Value) -> bool {
        let events = self.items(&format!("/api/v1/namespaces/{}/events", self.namespace)).await;
        events.iter().any(|event| {
            text(event, "reason") == text(condition, "event")
                && text(event, "message").contains(text(condition, "contains"))
        })
    }

    async fn condition_holds(&self, condition: &Value) -> bool {
        let found = self.get(text(condition, "path")).await;
        let gone = found["kind"] == "Status";
        let Some(count) = condition["count"].as_u64() else {
            let value = pointed(&found, text(condition, "pointer"));
            return match condition["is"].as_str() {
                Some("<gone>" | "<absent>") if condition.get("pointer").is_none() => gone,
                Some("<exists>") => !gone,
                Some("<absent>") => value.is_none_or(Value::is_null),
                Some("<present>") => {
                    !gone
                        && (condition.get("pointer").is_none() || value.is_some_and(|value| !value.is_null()))
                }
                // What is zero is left out.
                _ => same(value.unwrap_or(&json!(0)), &condition["is"]),
            };
        };
        let items = found["items"].as_array().cloned().unwrap_or_default();
        let held = |item: &&Value| match condition.get("pointer") {
            None => true,
            Some(pointer) => {
                let value = pointed(item, pointer.as_str().unwrap());
                match condition["is"].as_str() {
                    Some("<present>") => value.is_some_and(|value| !value.is_null()),
                    Some("<absent>") => value.is_none_or(Value::is_null),
                    _ => value.is_some_and(|value| same(value, &condition["is"])),
                }
            }
        };
        items.iter().filter(held).count() as u64 == count
    }

    async fn compare(&mut self, expect: &Value) -> Result<(), String> {
        let mut known = self.known.clone();
        let mut paths: Vec<(&String, &Value)> = expect["objects"].as_object().into_iter().flatten().collect();
        paths.sort_by_key(|(path, _)| *path);
        for (path, wanted) in paths {
            let found = self.items(path).await;
            let one = || Some(wanted).filter(|one| !one.is_null()).cloned().into_iter().collect();
            let wanted: Vec<Value> = wanted.as_array().cloned().unwrap_or_else(one);
            all_found(&wanted, &found, &mut known, path)?;
        }
        let events = self.items("/api/v1/events").await;
        for wanted in expect["events"].as_array().into_iter().flatten() {
            let said = events.iter().any(|event| {
                let mut guess = known.clone();
                let fits = announced(wanted, event, &mut guess);
                if fits {
                    known = guess;
                }
                fits
            });
            if !said {
                let about: Vec<String> = events
                    .iter()
                    .filter(|event| event["reason"] == wanted["reason"])
                    .map(|event| event["message"].to_string())
                    .collect();
                return Err(format!("no event {wanted}; {}", about.join("; ")));
            }
        }
        self.known = known;
        Ok(())
    }
}

/// What the agent of a node says of a pod that runs.
fn running(pod: &Value) -> Value {
    let of = |list: &str| pod["spec"][list].as_array().cloned().unwrap_or_default();
    let statuses: Vec<Value> = of("containers")
        .iter()
        .map(|container| {
            json!({
                "name": container["name"], "image": container["image"], "imageID": "sha256:0", "ready": true, "started": true,
                "restartCount": 0, "containerID": "containerd://0", "state": { "running": { "startedAt": "<time>" } },
            })
        })
        .collect();
    let condition = |kind: &str| json!({ "type": kind, "status": "True", "lastTransitionTime": "<time>" });
    let conditions = ["PodReadyToStartContainers", "Initialized", "ContainersReady", "Ready"].map(condition);
    json!({ "status": {
        "phase": "Running", "conditions": conditions, "containerStatuses": statuses, "startTime": "<time>",
        "hostIP": "10.1.0.1", "podIP": "<podIP>", "podIPs": [{ "ip": "<podIP>" }],
    } })
}

/// What a pointer leads to; `type=Ready` chooses an element.
fn pointed<'v>(object: &'v Value, pointer: &str) -> Option<&'v Value> {
    pointer.split('/').filter(|part| !part.is_empty()).try_fold(object, |value, part| match value {
        Value::Array(items) => match part.split_once('=') {
            Some((name, wanted)) => items.iter().find(|item| item[name] == wanted),
            None => items.get(part.parse::<usize>().ok()?),
        },
        _ => value.get(part.replace("~1", "/")),
    })
}

fn same(found: &Value, wanted: &Value) -> bool {
    found == wanted || found.as_f64().is_some() && found.as_f64() == wanted.as_f64()
}

/// Whether a text is a recorded one, whose marks stand for anything; `<hash1>` and the like for the same thing each time.
fn like(wanted: &str, found: &str, known: &mut BTreeMap<String, String>) -> bool {
    let Some(start) = wanted.find('<') else { return wanted == found };
    let Some(end) = wanted[start..].find('>').map(|end| start + end + 1) else { return wanted == found };
    let (mark, rest) = (&wanted[start..end], &wanted[end..]);
    let Some(found) = found.strip_prefix(&wanted[..start]) else { return false };
    let stops: Vec<usize> = (0..=found.len()).filter(|at| found.is_char_boundary(*at)).collect();
    let lasting = mark.starts_with("<hash");
    if lasting && let Some(value) = known.get(mark).cloned() {
        return found.strip_prefix(value.as_str()).is_some_and(|found| like(rest, found, known));
    }
    for stop in stops.into_iter().filter(|stop| *stop > 0) {
        let mut guess = known.clone();
        if lasting {
            guess.insert(mark.to_owned(), found[..stop].to_owned());
        }
        let plain = mark != "<gen>" && !lasting || found[..stop].chars().all(|c| c.is_ascii_alphanumeric());
        if plain && like(rest, &found[stop..], &mut guess) {
            *known = guess;
            return true;
        }
    }
    false
}

/// Whether an object has at least what is wanted.
fn contains(
    wanted: &Value,
    found: &Value,
    known: &mut BTreeMap<String, String>,
    path: &str,
) -> Result<(), String> {
    let differs = || Err(format!("at {path}\n    wanted {wanted}\n    found  {found}"));
    match (wanted, found) {
        (Value::String(any), _)
            if matches!(any.as_str(), "<any>" | "<maybe>") || any == "<time>" && !found.is_null() =>
        {
            Ok(())
        }
        (Value::String(wanted), Value::String(found)) if like(wanted, found, known) => Ok(()),
        (Value::String(wanted), Value::Number(found)) if like(wanted, &found.to_string(), known) => Ok(()),
        (Value::Object(wanted), _) => wanted.iter().try_for_each(|(name, inner)| {
            let found = found.get(name).or_else(|| {
                let mut guess = known.clone();
                found
                    .as_object()?
                    .iter()
                    .find(|(other, _)| like(name, other, &mut guess))
                    .map(|(_, value)| value)
            });
            match found {
                Some(found) => contains(inner, found, known, &format!("{path}.{name}")),
                None if *inner == "<maybe>"
                    || inner.is_null()
                    || inner.as_object().is_some_and(serde_json::Map::is_empty) =>
                {
                    Ok(())
                }
                None => Err(format!("at {path}.{name}\n    wanted {inner}\n    found  nothing")),
            }
        }),
        (Value::Array(wanted), Value::Null) if wanted.is_empty() => Ok(()),
        (Value::Array(wanted), Value::Array(items)) if wanted.len() == items.len() => {
            wanted.iter().enumerate().try_for_each(|(index, inner)| {
                let typed = inner.get("type").filter(|kind| kind.is_string());
                let found = typed
                    .and_then(|kind| items.iter().find(|item| item["type"] == *kind))
                    .unwrap_or(&items[index]);
                contains(inner, found, known, &format!("{path}[{index}]"))
            })
        }
        (wanted, found) if same(found, wanted) => Ok(()),
        _ => differs(),
    }
}

/// Whether the objects are those wanted, in any order.
fn all_found(
    wanted: &[Value],
    found: &[Value],
    known: &mut BTreeMap<String, String>,
    path: &str,
) -> Result<(), String> {
    if wanted.len() != found.len() {
        let names: Vec<&str> = found.iter().map(|object| text(&object["metadata"], "name")).collect();
        return Err(format!("{path}: wanted {} objects, found {}", wanted.len(), names.join(" ")));
    }
    let mut left: Vec<&Value> = found.iter().collect();
    for one in wanted {
        let mut nearest = String::new();
        let at = left.iter().position(|object| {
            let mut guess = known.clone();
            let named = like(text(&one["metadata"], "name"), text(&object["metadata"], "name"), &mut guess);
            match contains(one, object, &mut guess, text(&object["metadata"], "name")) {
                Ok(()) => {
                    *known = guess;
                    true
                }
                Err(words) => {
                    if named {
                        nearest = words;
                    }
                    false
                }
            }
        });
        match at {
            Some(at) => drop(left.remove(at)),
            None => return Err(format!("{path} {}: {nearest}", one["metadata"]["name"])),
        }
    }
    Ok(())
}

fn announced(wanted: &Value, event: &Value, known: &mut BTreeMap<String, String>) -> bool {
    let about = &event["involvedObject"];
    let mut object = format!("{}/{}", text(about, "kind"), text(about, "name"));
    if text(wanted, "object").matches('/').count() == 2 {
        object = format!("{}/{}/{}", text(about, "kind"), text(about, "namespace"), text(about, "name"));
    }
    let from = event["source"]["component"]
        .as_str()
        .filter(|from| !from.is_empty())
        .unwrap_or_else(|| text(event, "reportingComponent"));
    event["reason"] == wanted["reason"]
        && event["type"] == wanted["type"]
        && wanted["from"] == from
        && like(text(wanted, "object"), &object, known)
        && like(text(wanted, "message"), text(event, "message"), known)
}

async fn judge(scenario: &Value) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    crate::clock::stand_still();
    let cluster = open(folder.path(), "-----BEGIN CERTIFICATE-----");
    for class in ["default", "managed-csi", "managed-csi-premium", "azurefile-csi"] {
        let key = ("storage.k8s.io/storageclasses".to_owned(), String::new(), class.to_owned());
        cluster.world().store.remove(&key).unwrap();
    }
    let namespace = text(scenario, "namespace").to_owned();
    let mut play = Play { cluster, namespace, known: BTreeMap::new(), auto: false, nodes: Vec::new() };
    for node in scenario["nodes"].as_array().into_iter().flatten() {
        play.register(node).await;
    }
    let space = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": play.namespace } });
    play.ask("POST", "/api/v1/namespaces", "application/json", &space).await;
    play.settle().await;
    for (index, step) in scenario["steps"].as_array().into_iter().flatten().enumerate() {
        play.step(step).await.map_err(|words| format!("step {index}: {words}"))?;
    }
    Ok(())
}

#[tokio::test]
async fn recorded_scenarios_end_alike() {
    let Some(categories) = shared("cluster") else { return };
    let only = std::env::var("AKSEL_CASE").ok();
    let (mut all, mut total, mut fewer) = (0, 0, Vec::new());
    for (category, scenarios) in categories {
        let mut passed = 0;
        let wanted =
            |case: &&Value| only.as_ref().is_none_or(|only| text(case, "id").starts_with(only.as_str()));
        for scenario in scenarios.iter().filter(wanted) {
            match judge(scenario).await {
                Ok(()) => passed += 1,
                Err(words) if only.is_some() => println!("FAIL {}: {words}", text(scenario, "id")),
                Err(_) => {}
            }
        }
        println!("{category}: {passed} of {}", scenarios.len());
        all += passed;
        total += scenarios.len();
        if only.is_none() {
            fewer.extend(at_least(PASSED_MIN, &category, passed));
        }
    }
    println!("{all} of {total}");
    assert!(fewer.is_empty(), "{}", fewer.join("\n"));
}
