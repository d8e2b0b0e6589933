//! What cannot be planned yet is planned in a later wave of the same apply.
//!
//! Invariant: after an apply with waves there is nothing left to plan.

#![expect(clippy::unwrap_used, reason = "a test that cannot write its files or start the binary has failed")]

mod folder;

use std::path::Path;
use std::process::Command;

use folder::folder as scene;
use serde_json::Value as Json;

/// What a call printed, and its exit code.
struct Ran {
    text: String,
    exit: Option<i32>,
}

fn aksel(folder: &Path, arguments: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aksel"));
    let output =
        command.args(arguments).current_dir(folder).env_clear().env("HOME", folder).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    Ran { text: String::from_utf8(text).unwrap(), exit: output.status.code() }
}

/// Two waves wait here: keys that the first makes known, and a module for each of what the second makes.
const CHAIN: &str = r#"
variable "names" {
  default = ["x", "y"]
}
resource "terraform_data" "seed" {
  count = length(var.names)
  input = var.names[count.index]
}
resource "terraform_data" "each" {
  for_each = toset(terraform_data.seed[*].id)
  input    = each.key
}
module "inner" {
  source   = "./inner"
  for_each = { for key, one in terraform_data.each : one.id => key }
  value    = each.value
}
resource "terraform_data" "last" {
  input = [for one in module.inner : one.value]
}
output "inner" {
  value = length(module.inner)
}
"#;

const INNER: &str = r#"
variable "value" {}
resource "terraform_data" "it" {
  input = var.value
}
output "value" {
  value = terraform_data.it.output
}
"#;

fn chain() -> tempfile::TempDir {
    let folder = scene(&[("main.tf", CHAIN), ("inner/main.tf", INNER)]);
    assert_eq!(aksel(folder.path(), &["init"]).exit, Some(0));
    folder
}

fn plan_json(folder: &Path) -> Json {
    assert_eq!(aksel(folder, &["plan", "-out=p"]).exit, Some(0));
    serde_json::from_str(&aksel(folder, &["show", "-json", "p"]).text).unwrap()
}

fn settled(folder: &Path) -> bool {
    aksel(folder, &["plan", "-detailed-exitcode"]).exit == Some(0)
}

#[test]
fn a_plan_says_what_waits_and_for_what() {
    let folder = chain();
    let plan = plan_json(folder.path());
    let waits = plan["deferred_changes"].as_array().unwrap();
    let said: Vec<String> = waits
        .iter()
        .map(|one| format!("{} {}", one["resource_change"]["address"], one["reason"]).replace('"', ""))
        .collect();
    assert_eq!(
        said,
        [
            "terraform_data.each instance_count_unknown",
            "module.inner.terraform_data.it instance_count_unknown",
            "terraform_data.last deferred_prereq",
        ]
    );
    assert_eq!((&plan["complete"], &plan["applyable"]), (&false.into(), &true.into()));
    let shown = aksel(folder.path(), &["plan"]).text;
    assert!(
        shown.contains("Deferred: terraform_data.each (how many there are is known only after apply)"),
        "{shown}"
    );
    assert!(shown.contains("Deferred: terraform_data.last (waits for module.inner)"), "{shown}");
}

#[test]
fn one_apply_goes_through_all_waves() {
    let folder = chain();
    let applied = aksel(folder.path(), &["apply", "-auto-approve"]);
    assert_eq!(applied.exit, Some(0), "{}", applied.text);
    assert!(
        applied.text.contains("Apply complete! Resources: 7 added, 0 changed, 0 destroyed."),
        "{}",
        applied.text
    );
    assert!(settled(folder.path()));
}

#[test]
fn a_saved_plan_goes_through_all_waves_too() {
    let folder = chain();
    aksel(folder.path(), &["apply", "-auto-approve"]);
    let grown = CHAIN.replace("[\"x\", \"y\"]", "[\"x\", \"y\", \"z\"]");
    std::fs::write(folder.path().join("main.tf"), grown).unwrap();
    plan_json(folder.path());
    let applied = aksel(folder.path(), &["apply", "p"]);
    assert!(applied.text.contains("Resources: 3 added, 1 changed, 0 destroyed."), "{}", applied.text);
    assert!(settled(folder.path()));
    let destroyed = aksel(folder.path(), &["destroy", "-auto-approve"]);
    assert!(destroyed.text.contains("Resources: 10 destroyed."), "{}", destroyed.text);
}

#[test]
fn what_exists_of_a_deferred_block_is_left_alone_until_its_wave() {
    let folder = scene(&[(
        "main.tf",
        r#"
variable "v" {
  default = "one"
}
resource "terraform_data" "a" {
  input = var.v
}
resource "terraform_data" "b" {
  for_each = toset([terraform_data.a.output])
}
"#,
    )]);
    aksel(folder.path(), &["apply", "-auto-approve"]);
    let applied = aksel(folder.path(), &["apply", "-auto-approve", "-var", "v=two"]);
    assert!(applied.text.contains("Resources: 1 added, 1 changed, 1 destroyed."), "{}", applied.text);
    let listed = aksel(folder.path(), &["state", "list"]).text;
    assert_eq!(listed, "terraform_data.a\nterraform_data.b[\"two\"]\n");
}

#[test]
fn without_deferral_an_unknown_key_is_an_error() {
    let folder = chain();
    let planned = aksel(folder.path(), &["plan", "-no-defer"]);
    assert_eq!(planned.exit, Some(1));
    assert!(planned.text.contains("Invalid for_each argument"), "{}", planned.text);
}
