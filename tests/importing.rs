//! `import` blocks: by id and by identity, in any module.

use serde_json::{Value as Json, json};

use crate::calling::Scene;

const PROVIDER: &str = "provider \"azurerm\" {\n  features {}\n}\n";

const GROUP: &str = r#"
resource "azurerm_resource_group" "ml" {
  name     = "rg-ml"
  location = "West Europe"
}
"#;

/// A folder with a sandbox in which this was made and then forgotten.
fn forgotten(configuration: &str) -> Scene {
    let scene = Scene::of(&[("main.tf", &format!("{PROVIDER}{configuration}"))]);
    let told = scene.run("apply -sandbox -auto-approve");
    assert!(told.ends_with("exit 0"), "{told}");
    std::fs::remove_file(scene.path().join("terraform.tfstate")).expect("there is a state");
    scene
}

/// The changes of a plan, by address.
fn planned(scene: &Scene) -> Vec<(String, Json)> {
    let told = scene.run("plan -sandbox -out=p");
    assert!(told.ends_with("exit 0"), "{told}");
    let shown = scene.run("show -json p");
    let plan: Json = serde_json::from_str(shown.trim_end_matches("exit 0")).expect("a plan is JSON");
    let changes = plan["resource_changes"].as_array().expect("it has changes");
    changes
        .iter()
        .map(|one| (one["address"].as_str().unwrap_or_default().to_owned(), one["change"].clone()))
        .collect()
}

fn import(identity: &str) -> String {
    format!("import {{\n  to       = azurerm_resource_group.ml\n  identity = {identity}\n}}\n")
}

const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000001";

#[test]
fn an_object_of_azure_is_found_by_its_identity() {
    let scene = forgotten(GROUP);
    let identity = format!("{{ subscription_id = \"{SUBSCRIPTION}\", name = \"rg-ml\" }}");
    scene.write("import.tf", &import(&identity));
    let changes = planned(&scene);
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].1["actions"], json!(["no-op"]));
    assert_eq!(
        changes[0].1["importing"],
        json!({"identity": {"name": "rg-ml", "subscription_id": SUBSCRIPTION}})
    );
    let told = scene.run("apply -sandbox -auto-approve");
    assert!(told.contains("Resources: 1 imported, 0 added, 0 changed, 0 destroyed"), "{told}");
}

#[test]
fn what_is_wrong_with_an_identity_is_told_at_once() {
    let scene = Scene::of(&[("main.tf", &format!("{PROVIDER}{GROUP}"))]);
    scene.write("import.tf", &import("{ subscripton_id = \"1\", name = \"\", location = [] }"));
    insta::assert_snapshot!(scene.run("plan -sandbox"), @r#"
    error[AK0210]: Invalid import identity argument
       ╭─[import.tf:3:14]
     2 │   to       = azurerm_resource_group.ml
     3 │   identity = { subscripton_id = "1", name = "", location = [] }
       ·              ──────────────────────────────────────────────────
     4 │ }
       ╰────
      There is no `location` in this identity.
      `name` is empty.
      There is no `subscripton_id` in this identity. Did you mean `subscription_id`?
      `subscription_id` is missing.
      help: The attributes are `subscription_id`, `name`.
    exit 1
    "#);
    scene.write("import.tf", &import("\"rg-ml\""));
    insta::assert_snapshot!(scene.run("plan -sandbox"), @r#"
    error[AK0210]: Invalid import identity argument
       ╭─[import.tf:3:14]
     2 │   to       = azurerm_resource_group.ml
     3 │   identity = "rg-ml"
       ·              ───────
     4 │ }
       ╰────
      An identity is an object.
      help: The attributes are `subscription_id`, `name`.
    exit 1
    "#);
    scene.write(
        "main.tf",
        "resource \"terraform_data\" \"a\" {}\nimport {\n  to       = terraform_data.a\n  identity = { id = \"a\" }\n}\n",
    );
    scene.write("import.tf", "");
    insta::assert_snapshot!(scene.run("plan"), @r#"
    error[AK0210]: Invalid import identity argument
       ╭─[main.tf:4:14]
     3 │   to       = terraform_data.a
     4 │   identity = { id = "a" }
       ·              ────────────
     5 │ }
       ╰────
      A `terraform_data` is found by its id alone.
      help: Write its `id` instead.
    exit 1
    "#);
}

const MODULE: &str = r#"
variable "name" {}
resource "terraform_data" "a" {
  for_each = toset(["x", "y"])
}
import {
  for_each = toset(["x", "y"])
  to       = terraform_data.a[each.key]
  id       = "${var.name}-${each.key}"
}
"#;

#[test]
fn each_instance_of_a_module_takes_over_its_own() {
    let call = "module \"m\" {\n  source   = \"./m\"\n  for_each = toset([\"one\", \"two\"])\n  name     = each.key\n}\n";
    let scene = Scene::of(&[("main.tf", call), ("m/main.tf", MODULE)]);
    assert!(scene.run("init").ends_with("exit 0"));
    let taken: Vec<String> = planned(&scene)
        .into_iter()
        .map(|(address, change)| format!("{address} {}", change["importing"]["id"]))
        .collect();
    assert_eq!(
        taken,
        [
            "module.m[\"one\"].terraform_data.a[\"x\"] \"one-x\"",
            "module.m[\"one\"].terraform_data.a[\"y\"] \"one-y\"",
            "module.m[\"two\"].terraform_data.a[\"x\"] \"two-x\"",
            "module.m[\"two\"].terraform_data.a[\"y\"] \"two-y\"",
        ]
    );
    scene.run("apply p");
    assert!(scene.run("plan").contains("No changes."));
}

#[test]
fn one_instance_is_imported_once() {
    let root = "module \"m\" {\n  source = \"./m\"\n}\nimport {\n  to = module.m.terraform_data.a\n  id = \"root\"\n}\n";
    let module =
        "resource \"terraform_data\" \"a\" {}\nimport {\n  to = terraform_data.a\n  id = \"own\"\n}\n";
    let scene = Scene::of(&[("main.tf", root), ("m/main.tf", module)]);
    assert!(scene.run("init").ends_with("exit 0"));
    insta::assert_snapshot!(scene.run("plan"), @r#"
    error[AK0210]: Duplicate import configuration for "module.m.terraform_data.a"
       ╭─[m/main.tf:3:8]
     2 │ import {
     3 │   to = terraform_data.a
       ·        ────────────────
     4 │   id = "own"
       ╰────
      An import block for the resource "module.m.terraform_data.a" was already declared at
      main.tf:4,1-7. A resource can have only one import block.
    exit 1
    "#);
    let keyed = "resource \"terraform_data\" \"a\" {\n  count = 1\n}\nimport {\n  for_each = toset([\"x\", \"y\"])\n  to = terraform_data.a[length(each.key) - 1]\n  id = each.key\n}\n";
    scene.write("main.tf", "module \"m\" {\n  source = \"./m\"\n}\n");
    scene.write("m/main.tf", keyed);
    insta::assert_snapshot!(scene.run("plan"), @r#"
    error[AK0210]: Duplicate import configuration for "module.m.terraform_data.a[0]"
       ╭─[m/main.tf:6:8]
     5 │   for_each = toset(["x", "y"])
     6 │   to = terraform_data.a[length(each.key) - 1]
       ·        ──────────────────────────────────────
     7 │   id = each.key
       ╰────
      An import block for the resource "module.m.terraform_data.a[0]" was already declared at
      m/main.tf:6,8-46. A resource can have only one import block.


    Nothing was changed.
    exit 1
    "#);
}
