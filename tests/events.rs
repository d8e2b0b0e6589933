//! The stream of `-json`: the types and fields that programs know from Terraform.

use std::process::Command;

use serde_json::{Value as Json, json};

const SCENE: &str = r#"
resource "terraform_data" "a" {
  input = "one"
}

resource "terraform_data" "b" {
  input            = terraform_data.a.output
  triggers_replace = ["x"]
}

output "o" {
  value = terraform_data.a.output
}

output "s" {
  value     = "secret"
  sensitive = true
}
"#;

struct Scene(tempfile::TempDir);

impl Scene {
    fn new(text: &str) -> Scene {
        let scene = Scene(tempfile::tempdir().unwrap());
        scene.write(text);
        scene
    }

    fn write(&self, text: &str) {
        std::fs::write(self.0.path().join("main.tf"), text).unwrap();
    }

    /// The lines that a command prints; every one must be JSON.
    fn lines(&self, arguments: &[&str]) -> Vec<Json> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aksel"));
        command.args(arguments).current_dir(self.0.path()).env_clear().env("HOME", self.0.path());
        let output = command.output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(!text.contains("secret"), "{text}");
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// The types in the order in which they came, each with its object.
fn told(lines: &[Json]) -> Vec<String> {
    let words = |line: &Json| {
        let object = [&line["hook"]["resource"]["addr"], &line["change"]["resource"]["addr"]];
        let object = object.iter().find_map(|object| object.as_str()).unwrap_or_default();
        format!("{} {object}", line["type"].as_str().unwrap()).trim().to_owned()
    };
    lines.iter().map(words).collect()
}

fn of_type<'a>(lines: &'a [Json], kind: &str) -> Vec<&'a Json> {
    lines.iter().filter(|line| line["type"] == kind).collect()
}

#[test]
fn a_plan_and_an_apply_are_told_line_by_line() {
    let scene = Scene::new(SCENE);
    let lines = scene.lines(&["apply", "-auto-approve", "-json"]);
    assert_eq!(
        told(&lines),
        [
            "version",
            "planned_change terraform_data.a",
            "planned_change terraform_data.b",
            "change_summary",
            "outputs",
            "apply_start terraform_data.a",
            "apply_complete terraform_data.a",
            "apply_start terraform_data.b",
            "apply_complete terraform_data.b",
            "change_summary",
            "outputs",
        ]
    );
    for line in &lines {
        assert!(line["@level"].is_string() && line["@message"].is_string() && line["@timestamp"].is_string());
    }
    assert_eq!(lines[0]["ui"], "1.2");
    let changes = |line: &Json| line["changes"].clone();
    let summaries = of_type(&lines, "change_summary");
    let counted =
        |operation| json!({"add": 2, "change": 0, "import": 0, "operation": operation, "remove": 0});
    assert_eq!([changes(summaries[0]), changes(summaries[1])], [counted("plan"), counted("apply")]);
    let outputs = of_type(&lines, "outputs");
    assert_eq!(outputs[0]["outputs"]["s"], json!({"sensitive": true, "action": "create"}));
    assert_eq!(outputs[1]["outputs"]["o"], json!({"sensitive": false, "type": "string", "value": "one"}));
    assert_eq!(outputs[1]["outputs"]["s"], json!({"sensitive": true, "type": "string"}));
    let complete = of_type(&lines, "apply_complete")[0];
    assert_eq!(complete["hook"]["action"], "create");
    assert_eq!(complete["hook"]["id_key"], "id");
    assert!(complete["hook"]["elapsed_seconds"].is_number());
    assert_eq!(
        complete["hook"]["resource"],
        json!({
            "addr": "terraform_data.a", "module": "", "resource": "terraform_data.a", "implied_provider": "terraform",
            "resource_type": "terraform_data", "resource_name": "a", "resource_key": null,
        })
    );
}

#[test]
fn a_saved_plan_tells_its_changes_again_and_a_refresh_none() {
    let scene = Scene::new(SCENE);
    scene.lines(&["apply", "-auto-approve", "-json"]);
    let moved = "moved {\n  from = terraform_data.a\n  to   = terraform_data.m\n}\n";
    let renamed = SCENE.replace("\"terraform_data\" \"a\"", "\"terraform_data\" \"m\"");
    let renamed = renamed.replace("terraform_data.a", "terraform_data.m").replace("\"x\"", "\"y\"");
    scene.write(&(renamed.replace("\"one\"", "\"two\"") + moved));
    let planned = scene.lines(&["plan", "-out=p", "-json"]);
    let applied = scene.lines(&["apply", "-json", "p"]);
    let changes = |lines: &[Json]| -> Vec<Json> {
        of_type(lines, "planned_change").iter().map(|line| line["change"].clone()).collect()
    };
    assert_eq!(changes(&planned), changes(&applied));
    let by_address = |address: &str| {
        changes(&planned).into_iter().find(|change| change["resource"]["addr"] == address).unwrap()
    };
    assert_eq!(by_address("terraform_data.m")["previous_resource"]["addr"], "terraform_data.a");
    assert_eq!(by_address("terraform_data.b")["action"], "replace");
    assert_eq!(by_address("terraform_data.b")["reason"], "cannot_update");
    assert_eq!(of_type(&applied, "change_summary").len(), 1);

    let refreshed = scene.lines(&["refresh", "-json"]);
    let mut kinds = told(&refreshed);
    kinds.dedup_by(|one, other| one.starts_with("refresh_") && other.starts_with("refresh_"));
    assert_eq!(kinds.last().map(String::as_str), Some("outputs"));
    assert!(of_type(&refreshed, "change_summary").is_empty());
    assert_eq!(of_type(&refreshed, "outputs").len(), 1);
}

#[test]
fn what_fails_is_told_as_an_error_and_as_a_diagnostic() {
    let failing = "resource \"terraform_data\" \"a\" {\n  provisioner \"local-exec\" {\n    command = \"exit 3\"\n  }\n}\n";
    let lines = Scene::new(failing).lines(&["apply", "-auto-approve", "-json"]);
    assert!(told(&lines).contains(&"provision_errored terraform_data.a".to_owned()));
    let diagnostic = &of_type(&lines, "diagnostic")[0]["diagnostic"];
    assert_eq!(diagnostic["severity"], "error");
    assert_eq!(diagnostic["range"]["filename"], "main.tf");
    assert_eq!(diagnostic["range"]["start"]["line"], 2);
}
