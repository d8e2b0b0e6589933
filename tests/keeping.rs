//! `lifecycle { destroy = false }`: what is no longer wanted is forgotten and stays.
//!
//! Rule: <https://opentofu.org/docs/language/meta-arguments/lifecycle/> (`destroy`)

use serde_json::Value as Json;

use crate::calling::Scene;

const KEPT: &str = r#"
resource "terraform_data" "kept" {
  input            = "a"
  triggers_replace = "one"
  lifecycle {
    destroy = false
  }
}
"#;

/// A folder in which this configuration was applied.
fn applied(configuration: &str) -> Scene {
    let scene = Scene::of(&[("main.tf", configuration)]);
    let told = scene.run("apply -auto-approve");
    assert!(told.ends_with("exit 0"), "{told}");
    scene
}

/// The actions of the one change that is planned.
fn planned(scene: &Scene, options: &str) -> Json {
    let told = scene.run(&format!("plan -out=p {options}"));
    assert!(told.ends_with("exit 0"), "{told}");
    let shown = scene.run("show -json p");
    let plan: Json = serde_json::from_str(shown.trim_end_matches("exit 0")).expect("a plan is JSON");
    plan["resource_changes"][0]["change"]["actions"].clone()
}

/// What state says of the object's lifecycle.
fn remembers(scene: &Scene) -> bool {
    let text = std::fs::read_to_string(scene.path().join("terraform.tfstate")).expect("there is a state");
    let state: Json = serde_json::from_str(&text).expect("a state is JSON");
    state["resources"][0]["instances"][0]["skip_destroy"] == Json::Bool(true)
}

/// What an apply says without the identifiers, which are made by chance.
fn last_line(told: &str) -> String {
    let summary = told.lines().find(|line| line.contains("complete!")).expect("a summary");
    summary.rsplit_once(". ").map_or(summary, |(counts, _time)| counts).to_owned()
}

#[test]
fn a_replacement_forgets_the_old_object() {
    let scene = applied(KEPT);
    scene.write("main.tf", &KEPT.replace("one", "two"));
    assert_eq!(planned(&scene, ""), serde_json::json!(["forget", "create"]));
    let text = scene.run("plan -no-color");
    let shown: Vec<&str> =
        text.lines().filter(|line| !line.contains(" id ") && !line.starts_with("Refreshing")).collect();
    insta::assert_snapshot!(shown.join("\n"), @r#"
    warning[AK0209]: Some objects will no longer be managed by aksel
      If you apply this plan, the tracking information for the following objects will be discarded, but
      they will not be deleted:
       - terraform_data.kept

      After applying this plan, these objects are no longer managed. You will need to import them to
      manage them again.

      # terraform_data.kept must be replaced; the old object will no longer be managed by aksel, but will not be destroyed
    ./+ resource "terraform_data" "kept" {
          ~ output           = "a" -> (known after apply)
          ~ triggers_replace = "one" -> "two" # forces replacement
            # (1 unchanged attribute hidden)
        }

    Plan: 1 to add, 0 to change, 0 to destroy, 1 to forget.

    To carry it out: aksel apply
    exit 0
    "#);
    insta::assert_snapshot!(last_line(&scene.run("apply p")), @r"
    Apply complete! Resources: 1 added, 0 changed, 0 destroyed, 1 forgotten
    ");
    assert!(remembers(&scene));
}

#[test]
fn a_replacement_by_request_forgets_too() {
    let scene = applied(KEPT);
    assert_eq!(planned(&scene, "-replace=terraform_data.kept"), serde_json::json!(["forget", "create"]));
}

#[test]
fn without_its_block_state_remembers() {
    let scene = applied(KEPT);
    assert!(remembers(&scene));
    scene.write("main.tf", "");
    assert_eq!(planned(&scene, ""), serde_json::json!(["forget"]));
    assert_eq!(planned(&scene, "-destroy"), serde_json::json!(["forget"]));
    insta::assert_snapshot!(last_line(&scene.run("destroy -auto-approve")), @r"
    Destroy complete! Resources: 0 destroyed, 1 forgotten
    ");
}

#[test]
fn state_learns_it_when_nothing_else_changes() {
    let scene = applied(&KEPT.replace("destroy = false", ""));
    assert!(!remembers(&scene));
    scene.write("main.tf", KEPT);
    assert!(scene.run("apply -auto-approve").contains("No changes."));
    assert!(remembers(&scene));
}

#[test]
fn the_block_overrules_what_state_remembers() {
    let scene = applied(KEPT);
    scene.write("main.tf", &KEPT.replace("destroy = false", ""));
    assert_eq!(planned(&scene, "-destroy"), serde_json::json!(["delete"]));
    assert!(scene.run("apply -auto-approve").ends_with("exit 0"));
    assert!(!remembers(&scene));
}

#[test]
fn a_removed_block_overrules_what_state_remembers() {
    let scene = applied(KEPT);
    let removed = "removed {\n  from = terraform_data.kept\n  lifecycle {\n    destroy = true\n  }\n}\n";
    scene.write("main.tf", removed);
    assert_eq!(planned(&scene, ""), serde_json::json!(["delete"]));
}

#[test]
fn what_is_forgotten_is_not_prevented() {
    let scene = applied(&KEPT.replace("destroy = false", "destroy = false\n    prevent_destroy = true"));
    scene.write("main.tf", &KEPT.replace("one", "two"));
    assert_eq!(planned(&scene, ""), serde_json::json!(["forget", "create"]));
}
