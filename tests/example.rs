//! A copy of the example with its sandbox, for the tests that work with it; and what there is in that sandbox.
//!
//! Invariant: what exists is read from the sandbox's own files, so that nothing of aksel judges itself.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value as Json;

/// How many objects the example has.
pub(crate) const OBJECTS: usize = 21;

/// A copy of the example with the modules it uses.
pub(crate) struct Example {
    pub(crate) root: tempfile::TempDir,
}

/// What a call of the binary gave.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) text: String,
}

impl Example {
    pub(crate) fn new() -> Example {
        let root = tempfile::tempdir().unwrap();
        let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        for folder in ["examples/ml-platform", "modules/model-service"] {
            let to = root.path().join(folder);
            std::fs::create_dir_all(&to).unwrap();
            for entry in std::fs::read_dir(project.join(folder)).unwrap() {
                let from = entry.unwrap().path();
                if from.extension().is_some_and(|extension| extension == "tf") {
                    std::fs::copy(&from, to.join(from.file_name().unwrap())).unwrap();
                }
            }
        }
        Example { root }
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.root.path().join("examples/ml-platform")
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aksel"));
        command.args(arguments).current_dir(self.folder()).env_clear().env("HOME", self.root.path());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        let output = self.command(arguments).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ran { code: output.status.code().unwrap_or(-1), text: text(&output.stdout) + &text(&output.stderr) }
    }

    /// Runs a command that has to end well, and gives what it said.
    pub(crate) fn good(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!(ran.code, 0, "aksel {} said:\n{}", arguments.join(" "), ran.text);
        ran.text
    }

    pub(crate) fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.folder().join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} has no `{from}`");
        std::fs::write(path, text.replacen(from, to, 1)).unwrap();
    }

    /// The names of what somebody has made in the sandbox; what a service makes by itself is left out.
    pub(crate) fn objects(&self) -> Vec<String> {
        let sandbox = self.folder().join(".aksel/sandbox");
        let mut all: BTreeMap<String, bool> = BTreeMap::new();
        for change in changes(&sandbox.join("world.jsonl")).into_iter().flat_map(array) {
            let [id, object] = [&change["object"][0], &change["object"][1]];
            if let Some(id) = id.as_str().filter(|id| !is_made_by_azure(id)) {
                all.insert(id.to_owned(), !object.is_null());
            }
        }
        for cluster in std::fs::read_dir(sandbox.join("clusters")).into_iter().flatten() {
            for change in changes(&cluster.unwrap().path().join("objects.jsonl")) {
                let put = change.get("Put");
                let Some(key) = put.or_else(|| change.get("Delete")).map(|change| &change[0]) else {
                    continue;
                };
                let ours = put.is_some_and(|put| is_applied(&put[1]["metadata"]["managedFields"]));
                let text = |at: usize| key[at].as_str().unwrap_or_default();
                let plural = text(0).rsplit('/').next().unwrap_or_default();
                all.insert(format!("{plural} {}", joined(text(1), text(2))), ours);
            }
        }
        all.into_iter().filter(|(_, there)| *there).map(|(name, _)| name).collect()
    }
}

/// The names of what state has, as `Example::objects` gives them.
pub(crate) fn objects_of_state(example: &Example) -> Vec<String> {
    let text = std::fs::read_to_string(example.folder().join("terraform.tfstate")).unwrap();
    let state: Json = serde_json::from_str(&text).unwrap();
    let mut all = Vec::new();
    for resource in array(state["resources"].clone()) {
        let kind = resource["type"].as_str().unwrap();
        for instance in array(resource["instances"].clone()) {
            let id = instance["attributes"]["id"].as_str().unwrap();
            all.push(match kind.strip_prefix("kubernetes_") {
                Some(kind) => format!("{} {id}", plural(kind)),
                None => id.to_lowercase(),
            });
        }
    }
    all.sort();
    all
}

/// `horizontal_pod_autoscaler_v2` is `horizontalpodautoscalers`.
fn plural(kind: &str) -> String {
    let bare = kind.trim_end_matches("_v1").trim_end_matches("_v2");
    format!("{}s", bare.replace('_', ""))
}

fn joined(namespace: &str, name: &str) -> String {
    if namespace.is_empty() { name.to_owned() } else { format!("{namespace}/{name}") }
}

fn is_made_by_azure(id: &str) -> bool {
    id.contains("/resourcegroups/mc_")
        || id.ends_with("services/default")
        || id.ends_with("/agentpools/system")
}

fn is_applied(fields: &Json) -> bool {
    array(fields.clone()).iter().any(|entry| entry["manager"] == "aksel")
}

fn array(json: Json) -> Vec<Json> {
    json.as_array().cloned().unwrap_or_default()
}

/// The lines of a file of JSON; none if there is no file.
fn changes(path: &Path) -> Vec<Json> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}
