//! The requests that `kubectl` makes for the commands of recorded scenarios.
//!
//! Never: what it prints is made here; commands that only read are not played.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::scenarios_tests::Play;

const MERGE: &str = "application/merge-patch+json";

/// The words of a command, its options apart.
struct Command<'c> {
    words: Vec<&'c str>,
    namespace: &'c str,
    labels: Option<&'c str>,
    options: Vec<&'c str>,
}

impl<'c> Command<'c> {
    fn of(args: &'c Value) -> Self {
        let mut command = Self { words: Vec::new(), namespace: "", labels: None, options: Vec::new() };
        let mut args = args.as_array().into_iter().flatten().filter_map(Value::as_str);
        while let Some(arg) = args.next() {
            match arg {
                "-n" => command.namespace = args.next().unwrap_or_default(),
                "-l" => command.labels = args.next(),
                "-o" => drop(args.next()),
                option if option.starts_with("--") => command.options.push(option),
                word => command.words.push(word),
            }
        }
        command
    }

    fn option(&self, name: &str) -> Option<&'c str> {
        self.options.iter().find_map(|option| option.strip_prefix(name)?.strip_prefix('='))
    }

    fn has(&self, name: &str) -> bool {
        self.options.contains(&name)
    }
}

fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap_or_default()
}

/// `key=value` as members of a mapping.
fn pairs(words: &[&str]) -> Value {
    words
        .iter()
        .filter_map(|word| word.split_once('='))
        .map(|(key, value)| (key.to_owned(), json!(value)))
        .collect()
}

impl Play {
    pub(super) async fn kubectl(&mut self, step: &Value) -> Result<(), String> {
        let command = Command::of(&step["args"]);
        let fine = match command.words.as_slice() {
            ["get", ..] | ["rollout", "status" | "history", ..] => true,
            ["create", "job", job] => self.job_from(&command, job).await,
            ["label", _, rest @ ..] => self.note_pods(&command, "labels", rest).await,
            ["annotate", _, rest @ ..] => self.note_pods(&command, "annotations", rest).await,
            ["delete", "pod" | "pods"] => self.delete_pods(&command).await,
            ["rollout", "restart", target] => self.restart(&command, target).await,
            ["rollout", "undo", target] => self.undo(&command, target).await,
            ["cordon", node] => self.cordon(node, json!(true)).await,
            ["uncordon", node] => self.cordon(node, Value::Null).await,
            ["drain", node] => self.drain(&command, node).await,
            _ => return Err(format!("`kubectl {}` is not played", step["args"])),
        };
        if fine == (step["exit"] == 0) { Ok(()) } else { Err(format!("kubectl {}", step["args"])) }
    }

    async fn pods_of(&self, command: &Command<'_>) -> Vec<Value> {
        let labels = command.labels.map(|labels| format!("labelSelector={labels}"));
        let fields = command.option("--field-selector").map(|fields| format!("fieldSelector={fields}"));
        let query: Vec<String> = labels.into_iter().chain(fields).collect();
        self.items(&format!("/api/v1/namespaces/{}/pods?{}", command.namespace, query.join("&"))).await
    }

    async fn job_from(&self, command: &Command<'_>, job: &str) -> bool {
        let from = command.option("--from").and_then(|from| from.split_once('/')).unwrap().1;
        let base = format!("/apis/batch/v1/namespaces/{}", command.namespace);
        let cron = self.get(&format!("{base}/cronjobs/{from}")).await;
        let owner = json!({
            "apiVersion": "batch/v1", "kind": "CronJob", "name": from, "uid": cron["metadata"]["uid"], "controller": true,
        });
        let annotations = json!({ "cronjob.kubernetes.io/instantiate": "manual" });
        let job = json!({
            "apiVersion": "batch/v1", "kind": "Job",
            "metadata": { "name": job, "annotations": annotations, "ownerReferences": [owner] },
            "spec": cron["spec"]["jobTemplate"]["spec"],
        });
        self.ask("POST", &format!("{base}/jobs"), "application/json", &job).await.0 == 201
    }

    async fn note_pods(&self, command: &Command<'_>, member: &str, words: &[&str]) -> bool {
        for pod in self.pods_of(command).await {
            let path = format!("/api/v1/namespaces/{}/pods/{}", command.namespace, name(&pod));
            let patch = json!({ "metadata": { member: pairs(words) } });
            if self.ask("PATCH", &path, MERGE, &patch).await.0 != 200 {
                return false;
            }
        }
        true
    }

    async fn delete_pods(&self, command: &Command<'_>) -> bool {
        for pod in self.pods_of(command).await {
            let path = format!("/api/v1/namespaces/{}/pods/{}", command.namespace, name(&pod));
            let options = json!({ "propagationPolicy": "Background" });
            if self.ask("DELETE", &path, "application/json", &options).await.0 != 200 {
                return false;
            }
        }
        true
    }

    async fn restart(&self, command: &Command<'_>, target: &str) -> bool {
        let at = super::world::stamp(super::cluster_now());
        let annotations = json!({ "kubectl.kubernetes.io/restartedAt": at });
        let patch = json!({ "spec": { "template": { "metadata": { "annotations": annotations } } } });
        self.ask("PATCH", &workload(command, target), "application/strategic-merge-patch+json", &patch)
            .await
            .0
            == 200
    }

    /// Takes over the template of an older replica set, and what is noted there.
    async fn undo(&self, command: &Command<'_>, target: &str) -> bool {
        const OWN: &str = "deployment.kubernetes.io/";
        let revision = command.option("--to-revision").unwrap();
        let sets = self.items(&format!("/apis/apps/v1/namespaces/{}/replicasets", command.namespace)).await;
        let of_revision =
            |set: &&Value| set["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == revision;
        let set = sets.iter().find(of_revision).unwrap();
        let mut template = set["spec"]["template"].clone();
        template["metadata"]["labels"].as_object_mut().unwrap().shift_remove("pod-template-hash");
        let deployment = self.get(&workload(command, target)).await;
        let of = |object: &Value| object["metadata"]["annotations"].as_object().cloned().unwrap_or_default();
        let kept = of(&deployment).into_iter().filter(|(key, _)| key.starts_with(OWN));
        let taken = of(set).into_iter().filter(|(key, _)| !key.starts_with(OWN));
        let annotations: Value = kept.chain(taken).collect();
        let patch = json!([
            { "op": "replace", "path": "/spec/template", "value": template },
            { "op": "replace", "path": "/metadata/annotations", "value": annotations },
        ]);
        self.ask("PATCH", &workload(command, target), "application/json-patch+json", &patch).await.0 == 200
    }

    async fn cordon(&self, node: &str, unschedulable: Value) -> bool {
        let patch = json!({ "spec": { "unschedulable": unschedulable } });
        let path = format!("/api/v1/nodes/{node}");
        self.ask("PATCH", &path, "application/strategic-merge-patch+json", &patch).await.0 == 200
    }

    /// Evicts what no daemon set keeps on a node, again and again until it has gone.
    async fn drain(&mut self, command: &Command<'_>, node: &str) -> bool {
        self.cordon(node, json!(true)).await;
        let field = format!("/api/v1/pods?fieldSelector=spec.nodeName={node}");
        let kept = |pod: &Value| pod["metadata"]["ownerReferences"][0]["kind"] == "DaemonSet";
        if !command.has("--ignore-daemonsets") && self.items(&field).await.iter().any(kept) {
            return false;
        }
        for _ in 0..12 {
            let left: Vec<Value> = self.items(&field).await.into_iter().filter(|pod| !kept(pod)).collect();
            if left.is_empty() {
                return true;
            }
            for pod in left.iter().filter(|pod| pod["metadata"]["deletionTimestamp"].is_null()) {
                let space = pod["metadata"]["namespace"].as_str().unwrap_or_default();
                let path = format!("/api/v1/namespaces/{space}/pods/{}/eviction", name(pod));
                let metadata = json!({ "name": name(pod), "namespace": space });
                let eviction = json!({ "apiVersion": "policy/v1", "kind": "Eviction", "metadata": metadata });
                self.ask("POST", &path, "application/json", &eviction).await;
            }
            self.pass(SignedDuration::from_secs(5)).await;
        }
        false
    }
}

/// The path of `deployment/web`.
fn workload(command: &Command<'_>, target: &str) -> String {
    let (kind, name) = target.split_once('/').unwrap();
    format!("/apis/apps/v1/namespaces/{}/{kind}s/{name}", command.namespace)
}
