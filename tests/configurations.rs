//! Configurations that mean here what they mean in Terraform: what is said of them, where, and what is planned.

use serde_json::Value as Json;

use crate::calling::Scene;

/// The last JSON text that a command printed.
fn json(told: &str) -> Json {
    let text = told.rsplit_once("exit ").map_or(told, |(text, _)| text);
    serde_json::from_str(text).expect("it is JSON")
}

/// What validate says: severity, place, summary.
fn said(files: &[(&str, &str)]) -> Vec<String> {
    let scene = Scene::of(files);
    scene.run("init");
    places(&json(&scene.run("validate -json")))
}

fn places(answer: &Json) -> Vec<String> {
    let diagnostics = answer["diagnostics"].as_array().expect("there is a list");
    let line = |one: &Json| {
        let (range, text) = (&one["range"], |name: &str| one[name].as_str().unwrap_or_default().to_owned());
        let place = format!("{}:{}", range["start"]["line"], range["start"]["column"]);
        let file = range["filename"].as_str().unwrap_or_default();
        format!("{} {file}:{place} {}", text("severity"), text("summary"))
    };
    diagnostics.iter().map(line).collect()
}

/// The addresses and actions of a plan, whatever its exit code.
fn planned(scene: &Scene, options: &str) -> Vec<String> {
    scene.run(&format!("plan -out=p {options}"));
    let plan = json(&scene.run("show -json p"));
    let changes = plan["resource_changes"].as_array().cloned().unwrap_or_default();
    changes.iter().map(|one| format!("{} {}", one["address"], one["change"]["actions"])).collect()
}

#[test]
fn what_a_call_hands_on_is_told_once_at_both_sides() {
    let module = ("m/main.tf", "resource \"terraform_data\" \"a\" {}\n");
    let call = "module \"m\" {\n  source    = \"./m\"\n  providers = {\n    terraform = terraform\n  }\n}\n";
    let expected = [
        "warning main.tf:4:5 Reference to undefined provider",
        "warning main.tf:4:17 Reference to undefined provider",
    ];
    assert_eq!(said(&[("main.tf", call), module]), expected);
    let scene = Scene::of(&[("main.tf", call), module]);
    let told = scene.run("init -json");
    assert_eq!(told.matches("Error: ").count() + told.matches("Warning: ").count(), 2, "{told}");
}

#[test]
fn init_refuses_a_call_without_the_alias_that_its_module_needs() {
    let scene = Scene::of(&[
        ("main.tf", "module \"m\" {\n  source = \"./m\"\n}\n"),
        (
            "m/main.tf",
            "terraform {\n  required_providers {\n    null = {\n      source                = \"hashicorp/null\"\n      configuration_aliases = [null.x]\n    }\n  }\n}\n",
        ),
    ]);
    let told = scene.run("init");
    assert!(told.contains("Missing required provider configuration") && told.ends_with("exit 1"), "{told}");
}

#[test]
fn an_import_for_an_instance_that_is_not_there_lets_none_be_created() {
    let scene = Scene::of(&[(
        "main.tf",
        "resource \"terraform_data\" \"a\" {\n  count = 2\n}\n\nresource \"terraform_data\" \"b\" {}\n\nimport {\n  to = terraform_data.a[5]\n  id = \"x\"\n}\n",
    )]);
    assert_eq!(planned(&scene, ""), ["\"terraform_data.b\" [\"create\"]"]);
}

#[test]
fn an_import_for_unknown_elements_is_refused() {
    let scene = Scene::of(&[(
        "main.tf",
        "resource \"terraform_data\" \"x\" {}\n\nresource \"terraform_data\" \"a\" {\n  for_each = toset([\"k\"])\n}\n\nimport {\n  for_each = toset([terraform_data.x.id])\n  to       = terraform_data.a[each.key]\n  id       = each.value\n}\n",
    )]);
    let told = scene.run("plan");
    assert!(told.contains("Invalid for_each argument") && told.ends_with("exit 1"), "{told}");
}

#[test]
fn the_key_and_the_id_of_an_import_are_checked_without_a_plan() {
    let text = "resource \"terraform_data\" \"a\" {}\n\nimport {\n  to = terraform_data.a[0]\n  id = null\n}\n\nimport {\n  to = module.zz.terraform_data.a\n  id = \"\"\n}\n";
    assert_eq!(
        said(&[("main.tf", text)]),
        [
            "error main.tf:4:8 Invalid import 'to' expression",
            "error main.tf:9:8 Configuration for import target does not exist",
            "error main.tf:5:8 Invalid import id argument",
        ]
    );
}

#[test]
fn a_partial_plan_covers_both_ends_of_a_move() {
    let scene = Scene::of(&[("main.tf", "resource \"terraform_data\" \"a\" {}\n")]);
    scene.run("apply -auto-approve");
    scene.write(
        "main.tf",
        "resource \"terraform_data\" \"b\" {}\n\nmoved {\n  from = terraform_data.a\n  to   = terraform_data.b\n}\n",
    );
    let told = scene.run("plan -target=terraform_data.b");
    assert!(told.contains("-target=\"terraform_data.a\"") && told.ends_with("exit 1"), "{told}");
    let told = scene.run("plan -target=terraform_data.b -target=terraform_data.a");
    assert!(told.ends_with("exit 0"), "{told}");
}

#[test]
fn depends_on_may_name_one_output() {
    let scene = Scene::of(&[
        (
            "main.tf",
            "module \"m\" {\n  source = \"./m\"\n}\n\nresource \"terraform_data\" \"a\" {\n  depends_on = [module.m.plain]\n}\n",
        ),
        ("m/main.tf", "resource \"terraform_data\" \"r\" {}\n\noutput \"plain\" {\n  value = 1\n}\n"),
    ]);
    scene.run("init");
    scene.run("apply -auto-approve");
    let state = json(&scene.run("show -json"));
    assert_eq!(state["values"]["root_module"]["resources"][0]["depends_on"], Json::Null);
}

#[test]
fn what_is_no_object_in_json_is_a_block_all_the_same() {
    assert_eq!(
        said(&[("main.tf.json", "{\"locals\": [null]}")]),
        ["error main.tf.json:1:13 Incorrect JSON value type"]
    );
    let twice = "{\"resource\": {\"terraform_data\": {\"a\": {\"lifecycle\": [{}, 5]}}}}";
    assert_eq!(
        said(&[("main.tf.json", twice)]),
        [
            "error main.tf.json:1:58 Incorrect JSON value type",
            "error main.tf.json:1:53 Duplicate lifecycle block",
        ]
    );
}

#[test]
fn a_list_is_no_file_of_values() {
    let scene = Scene::of(&[
        ("main.tf", "variable \"a\" {\n  default = 1\n}\n"),
        ("terraform.tfvars.json", "[{\"a\": 2}]"),
    ]);
    let told = scene.run("plan");
    assert!(told.contains("terraform.tfvars.json:1:1") && told.ends_with("exit 1"), "{told}");
}

#[test]
fn conditions_stay_where_they_are_declared() {
    let files = [
        (
            "main.tf",
            "variable \"a\" {\n  default = 1\n  validation {\n    condition     = var.a > 5\n    error_message = \"x\"\n  }\n}\n",
        ),
        (
            "override.tf",
            "variable \"a\" {\n  validation {\n    condition     = var.a > 0\n    error_message = \"x\"\n  }\n}\n",
        ),
    ];
    assert_eq!(said(&files), ["error override.tf:2:3 Can't override validation blocks"]);
}

#[test]
fn an_ephemeral_output_has_an_ephemeral_value() {
    let files = [
        ("main.tf", "module \"m\" {\n  source = \"./m\"\n}\n"),
        ("m/main.tf", "output \"e\" {\n  value     = \"z\"\n  ephemeral = true\n}\n"),
    ];
    assert_eq!(said(&files), ["error m/main.tf:2:15 Value not allowed in ephemeral output"]);
}

#[test]
fn a_data_instance_that_is_gone_leaves_the_state() {
    let body = "  backend  = \"local\"\n  config   = { path = \"x.tfstate\" }\n  defaults = { v = 1 }\n}\n";
    let scene = Scene::of(&[
        (
            "main.tf",
            &format!("data \"terraform_remote_state\" \"s\" {{\n  for_each = toset([\"k\"])\n{body}"),
        ),
        (
            "x.tfstate",
            "{\"version\":4,\"terraform_version\":\"1.11.4\",\"serial\":1,\"lineage\":\"a\",\"outputs\":{},\"resources\":[]}",
        ),
    ]);
    scene.run("apply -auto-approve");
    scene.write("main.tf", &format!("data \"terraform_remote_state\" \"s\" {{\n{body}"));
    scene.run("apply -auto-approve");
    assert_eq!(scene.run("state list"), "data.terraform_remote_state.s\nexit 0");
}

#[test]
fn a_command_that_was_asked_for_json_is_refused_in_json() {
    let scene = Scene::of(&[]);
    let told = scene.run("plan -json extra");
    let last = told.lines().rev().find(|line| line.starts_with('{')).expect("there is a line");
    let line: Json = serde_json::from_str(last).expect("it is JSON");
    assert_eq!(line["diagnostic"]["summary"], "Too many command line arguments");
}

#[test]
fn state_is_listed_in_the_order_that_was_asked_for() {
    let scene = Scene::of(&[(
        "main.tf",
        "resource \"terraform_data\" \"a\" {}\n\nresource \"terraform_data\" \"b\" {}\n",
    )]);
    scene.run("apply -auto-approve");
    let told = scene.run("state list terraform_data.b terraform_data.a terraform_data.b");
    assert_eq!(told, "terraform_data.b\nterraform_data.a\nexit 0");
}
