//! Provider blocks with `for_each`: each instance is configured by itself, and resources name the one that they are made with.
//!
//! Invariant: what was made with which is read from the ids of the objects and from the state file.

use insta::assert_snapshot;

use crate::calling::Scene;

/// Two subscriptions, an object in each, made directly and by a module.
const MAIN: &str = r#"
variable "regions" {
  type = map(string)
  default = {
    east = "00000000-0000-0000-0000-00000000000e"
    west = "00000000-0000-0000-0000-00000000000a"
  }
}

variable "used" {
  type    = set(string)
  default = ["east", "west"]
}

provider "azurerm" {
  alias           = "by_region"
  for_each        = var.regions
  subscription_id = each.value
  features {}
}

resource "azurerm_resource_group" "each" {
  for_each = var.used
  provider = azurerm.by_region[each.key]
  name     = "rg-${each.key}"
  location = "westeurope"
}

module "m" {
  source    = "./m"
  for_each  = var.used
  name      = "m-${each.key}"
  providers = { azurerm = azurerm.by_region[each.key] }
}

data "azurerm_client_config" "west" {
  provider = azurerm.by_region["west"]
}

output "west" {
  value = data.azurerm_client_config.west.subscription_id
}
"#;

const MODULE: &str = r#"
terraform {
  required_providers {
    azurerm = {
      source = "hashicorp/azurerm"
    }
  }
}

variable "name" {}

resource "azurerm_resource_group" "in" {
  name     = var.name
  location = "westeurope"
}
"#;

fn applied() -> Scene {
    let scene = Scene::of(&[("main.tf", MAIN), ("m/main.tf", MODULE)]);
    assert!(scene.run("init").ends_with("exit 0"));
    let said = scene.run("apply -sandbox -auto-approve");
    assert!(said.ends_with("exit 0"), "{said}");
    scene
}

fn state(scene: &Scene) -> serde_json::Value {
    let text = std::fs::read_to_string(scene.path().join("terraform.tfstate")).expect("there is a state");
    serde_json::from_str(&text).expect("it is JSON")
}

/// The provider and the id of each managed object of state, and whether its resource names a provider.
fn objects(scene: &Scene) -> Vec<String> {
    let state = state(scene);
    let resources =
        state["resources"].as_array().expect("it has resources").iter().filter(|it| it["mode"] == "managed");
    let object = |resource: &serde_json::Value, it: &serde_json::Value| {
        let (whole, own) = (resource["provider"].as_str(), it["provider"].as_str());
        let own = own.map(|own| own.replace("registry.terraform.io/hashicorp/", ""));
        format!(
            "{whole:?} {} {}",
            own.unwrap_or_default(),
            it["attributes"]["id"].as_str().unwrap_or_default()
        )
    };
    resources
        .flat_map(|one| {
            one["instances"].as_array().expect("they have objects").iter().map(|it| object(one, it))
        })
        .collect()
}

#[test]
fn each_instance_has_a_configuration_of_its_own() {
    let scene = applied();
    assert_snapshot!(objects(&scene).join("\n"), @r#"
    None provider["azurerm"].by_region["east"] /subscriptions/00000000-0000-0000-0000-00000000000e/resourceGroups/rg-east
    None provider["azurerm"].by_region["west"] /subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/rg-west
    None provider["azurerm"].by_region["east"] /subscriptions/00000000-0000-0000-0000-00000000000e/resourceGroups/m-east
    None provider["azurerm"].by_region["west"] /subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/m-west
    "#);
    assert_eq!(state(&scene)["outputs"]["west"]["value"], "00000000-0000-0000-0000-00000000000a");
    let planned = scene.run("plan -sandbox -detailed-exitcode");
    assert!(planned.ends_with("exit 0"), "{planned}");
    let gone = scene.run("destroy -sandbox -auto-approve");
    assert!(gone.contains("4 destroyed") && gone.ends_with("exit 0"), "{gone}");
}

#[test]
fn an_object_is_destroyed_with_the_instance_that_made_it() {
    let scene = applied();
    let said = scene.run("apply -sandbox -auto-approve -var used=[\"west\"]");
    assert!(said.contains("0 added, 0 changed, 2 destroyed"), "{said}");
    assert_eq!(objects(&scene).len(), 2);
    let only_east = "plan -sandbox -var used=[] -var regions={east=\"00000000-0000-0000-0000-00000000000e\"}";
    scene.write("main.tf", &MAIN.replace("by_region[\"west\"]", "by_region[\"east\"]"));
    assert_snapshot!(scene.run(only_east), @r#"
    error[AK0128]: Provider configuration not present
      with azurerm_resource_group.each["west"]
      To work with azurerm_resource_group.each["west"] its original provider configuration at
      provider["registry.terraform.io/hashicorp/azurerm"].by_region["west"] is required, but it has been
      removed. This occurs when a provider configuration is removed while objects created by that
      provider still exist in the state.
      help: Re-add the provider configuration to destroy azurerm_resource_group.each["west"], after
      which you can remove the provider configuration again.

    error[AK0128]: Provider configuration not present
      with module.m["west"].azurerm_resource_group.in
      To work with module.m["west"].azurerm_resource_group.in its original provider configuration at
      provider["registry.terraform.io/hashicorp/azurerm"].by_region["west"] is required, but it has been
      removed. This occurs when a provider configuration is removed while objects created by that
      provider still exist in the state.
      help: Re-add the provider configuration to destroy module.m["west"].azurerm_resource_group.in,
      after which you can remove the provider configuration again.
    data.azurerm_client_config.west: Reading...
    data.azurerm_client_config.west: Read complete after 0s [id=Y2xpZW50Q29uZmlncy9jbGllbnRJZD0wMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwYmI7b2JqZWN0SWQ9MDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMGNjO3N1YnNjcmlwdGlvbklkPTAwMDAwMDAwLTAwMDAtMDAwMC0wMDAwLTAwMDAwMDAwMDAwZTt0ZW5hbnRJZD0wMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwYWE=]

      # azurerm_resource_group.each["west"] will be destroyed
      # because its key is not in the for_each map
      - resource "azurerm_resource_group" "each" {
          - id         = "/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/rg-west" -> null
          - location   = "westeurope" -> null
          - managed_by = "" -> null
          - name       = "rg-west" -> null
          - tags       = {} -> null
        }

      # module.m["west"].azurerm_resource_group.in will be destroyed
      # because module.m["west"] is not in configuration
      - resource "azurerm_resource_group" "in" {
          - id         = "/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/m-west" -> null
          - location   = "westeurope" -> null
          - managed_by = "" -> null
          - name       = "m-west" -> null
          - tags       = {} -> null
        }

    Changes to Outputs:
      ~ west = "00000000-0000-0000-0000-00000000000a" -> "00000000-0000-0000-0000-00000000000e"


    Nothing was changed.
    exit 1
    "#);
}

#[test]
fn an_object_stays_when_its_configuration_gets_instances() {
    let alone = r#"
provider "azurerm" {
  alias           = "west"
  subscription_id = "00000000-0000-0000-0000-00000000000a"
  features {}
}
"#;
    let before = MAIN
        .replace("azurerm.by_region[each.key]", "azurerm.west")
        .replace("azurerm.by_region[\"west\"]", "azurerm.west");
    let scene = Scene::of(&[("main.tf", &format!("{alone}{before}")), ("m/main.tf", MODULE)]);
    assert!(scene.run("init").ends_with("exit 0"));
    let said = scene.run("apply -sandbox -auto-approve -var used=[\"west\"]");
    assert!(said.ends_with("exit 0"), "{said}");
    scene.write("main.tf", MAIN);
    let said = scene.run("apply -sandbox -auto-approve -var used=[\"west\"]");
    assert!(said.contains("No changes. 2 objects"), "{said}");
    // It is read through the instance that has it now.
    let world = scene.path().join(".aksel/sandbox/world.jsonl");
    std::fs::remove_file(world).unwrap();
    let said = scene.run("plan -sandbox -var used=[\"west\"]");
    assert!(said.contains("2 to add, 0 to change, 0 to destroy"), "{said}");
}

#[test]
fn instances_are_named_as_they_are_declared() {
    let scene = Scene::of(&[(
        "main.tf",
        r#"provider "azurerm" {
  for_each = toset(["a"])
  features {}
}
provider "azurerm" {
  alias    = "r"
  for_each = toset(["a"])
  features {}
}
resource "azurerm_resource_group" "a" {
  provider = azurerm.r
  name     = "a"
  location = "westeurope"
}
resource "azurerm_resource_group" "b" {
  provider = azurerm.none["a"]
  name     = "b"
  location = "westeurope"
}
"#,
    )]);
    assert_snapshot!(scene.run("validate"), @r#"
    error[AK0128]: Alias required when using "for_each"
       ╭─[main.tf:2:14]
     1 │ provider "azurerm" {
     2 │   for_each = toset(["a"])
       ·              ────────────
     3 │   features {}
       ╰────
      The for_each argument is allowed only for provider configurations with an alias.
      help: Add an alias, such as `alias = "by_region"`; a resource then says `provider =
      NAME.by_region[each.key]`.

    error[AK0128]: Provider instance key required
        ╭─[main.tf:11:14]
      6 │   alias    = "r"
      7 │   for_each = toset(["a"])
        ·              ──────┬─────
        ·                    ╰── the instances
      8 │   features {}
      9 │ }
     10 │ resource "azurerm_resource_group" "a" {
     11 │   provider = azurerm.r
        ·              ─────────
     12 │   name     = "a"
        ╰────
      The provider configuration azurerm.r uses for_each, and so one of its instances has to be named.
      help: Write `azurerm.r[each.key]`, or a fixed key.

    error[AK0128]: Unexpected provider instance key
        ╭─[main.tf:16:14]
     15 │ resource "azurerm_resource_group" "b" {
     16 │   provider = azurerm.none["a"]
        ·              ─────────────────
     17 │   name     = "b"
        ╰────
      There is no provider configuration azurerm.none with for_each in this module, and so it has no
      instances.
      help: An instance is named where its configuration is declared; a call hands on a single one.
    exit 1
    "#);
}

#[test]
fn the_keys_are_known_when_it_is_planned() {
    let resource = |key: &str| {
        format!(
            "resource \"azurerm_resource_group\" \"a\" {{\n  provider = azurerm.r[{key}]\n  name     = \"a\"\n  location = \"westeurope\"\n}}\n"
        )
    };
    let provider = |keys: &str| {
        format!(
            "resource \"terraform_data\" \"d\" {{}}\n\nprovider \"azurerm\" {{\n  alias    = \"r\"\n  for_each = {keys}\n  subscription_id = \"00000000-0000-0000-0000-00000000000a\"\n  features {{}}\n}}\n\n"
        )
    };
    let known = provider("toset([\"a\"])");
    for (main, told) in [
        (known.clone() + &resource("\"b\""), "the for_each of its configuration has no such key"),
        (known.clone() + &resource("terraform_data.d.id"), "cannot be determined until apply"),
        (known + &resource("sensitive(\"a\")"), "must not be derived from a sensitive value"),
        (provider("toset([terraform_data.d.id])") + &resource("\"a\""), "without the provider nothing"),
        (provider("sensitive(toset([\"a\"]))") + &resource("\"a\""), "Sensitive values"),
    ] {
        let said = Scene::of(&[("main.tf", &main)]).run("plan -sandbox");
        let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(told) && words.ends_with("exit 1"), "{told}:\n{said}");
    }
}
