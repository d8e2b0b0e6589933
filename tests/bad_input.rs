//! Bad input: each mistake ends with its place, its cause and the way out, exit code 1, and nothing is written or sent.
//!
//! Invariant: a test works in a folder of its own with an environment of its own, in which there are no credentials and no `az`.

#![expect(clippy::unwrap_used, reason = "a test that cannot write its files or start the binary has failed")]

mod folder;

use std::path::Path;
use std::process::{Command, Output};

/// A provider that is set up for an endpoint at which nobody answers: whatever were sent would be seen as an error.
const NOBODY: &[(&str, &str)] = &[
    ("ARM_METADATA_HOSTNAME", "127.0.0.1:1"),
    ("ARM_SUBSCRIPTION_ID", "00000000-0000-0000-0000-000000000001"),
    ("ARM_TENANT_ID", "t"),
    ("ARM_CLIENT_ID", "c"),
    ("ARM_CLIENT_SECRET", "s"),
];

/// A folder with a configuration.
struct Scene(tempfile::TempDir);

impl Scene {
    fn new(files: &[(&str, &str)]) -> Scene {
        Scene(folder::folder(files))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn call(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aksel"));
        command.args(arguments).current_dir(self.path()).env_clear().env("HOME", self.path());
        command.env("USER", "ann").envs(environment.iter().copied()).output().unwrap()
    }

    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// Calls aksel, which has to refuse without a trace; gives what it said.
    fn refused(&self, arguments: &[&str], environment: &[(&str, &str)]) -> String {
        let before = self.names();
        let output = self.call(arguments, environment);
        let said = said(&output);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert_eq!(self.names(), before, "{said}");
        said.replace(&self.path().display().to_string(), "FOLDER")
    }
}

fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}{}", text(&output.stderr), text(&output.stdout))
}

#[test]
fn syntax() {
    let scene = Scene::new(&[
        ("main.tf", "resource \"terraform_data\" \"a\" {\n  input = 1 +\n}\n\nlocals {\n  b = ]\n}\n"),
        ("other.tf", "output \"o\" {\n  value = {\n    a 1\n  }\n}\n"),
    ]);
    insta::assert_snapshot!(scene.refused(&["apply", "-auto-approve"], &[]), @r#"
    error[AK0001]: Invalid expression
       ╭─[main.tf:2:14]
     1 │ resource "terraform_data" "a" {
     2 │   input = 1 +
       ·              ─
     3 │ }
     4 │
       ╰────
      An expression must stand here, and this begins none.

    error[AK0001]: Missing key/value separator
       ╭─[other.tf:3:7]
     2 │   value = {
     3 │     a 1
       ·       ─
     4 │   }
       ╰────
      An equals sign must stand between the name of an attribute and its value.
    "#);
}

/// Everything that is wrong in a configuration is told in one run: types, arguments, references, values, repetitions.
#[test]
#[expect(clippy::too_many_lines, reason = "it is one screen that people see")]
fn everything_at_once() {
    let main = r#"
provider "azurerm" {
  features {}
}

resource "azurerm_resource_group" "ml" {
  name    = "rg-ml"
  locaton = "westeurope"
}

resource "azurerm_kubernetes_clustr" "aks" {
  name = "aks"
}

resource "azurerm_log_analytics_workspace" "logs" {
  name                = "logs"
  resource_group_name = azurerm_resource_group.m1.name
  location            = "westeurope"
}

resource "azurerm_storage_account" "data" {
  name                     = "Bad_Name"
  resource_group_name      = "rg-ml"
  location                 = "westeurope"
  account_tier             = "Standrd"
  account_replication_type = "LRS"
}

resource "azurerm_resource_group" "each" {
  for_each = ["a", "b"]
  name     = each.key
  location = "westeurope"
}

resource "azurerm_user_assigned_identity" "id" {
  name                = "id"
  resource_group_name = "rg-ml"
  location            = "westeurope"
  tags                = "team"
}
"#;
    let scene = Scene::new(&[("main.tf", main)]);
    insta::assert_snapshot!(scene.refused(&["apply", "-auto-approve"], NOBODY), @r#"
    error[AK0113]: Invalid resource type
        ╭─[main.tf:11:10]
     10 │
     11 │ resource "azurerm_kubernetes_clustr" "aks" {
        ·          ───────────────────────────
     12 │   name = "aks"
        ╰────
      The provider registry.terraform.io/hashicorp/azurerm does not support resource type
      "azurerm_kubernetes_clustr". Did you mean "azurerm_kubernetes_cluster"?

    error[AK0107]: Unsupported argument
       ╭─[main.tf:8:3]
     7 │   name    = "rg-ml"
     8 │   locaton = "westeurope"
       ·   ───┬───
       ·      ╰── not expected here
     9 │ }
       ╰────
      An argument named "locaton" is not expected here.
      help: Did you mean "location"?

    error[AK0108]: Missing required argument
       ╭─[main.tf:6:1]
     5 │
     6 │ resource "azurerm_resource_group" "ml" {
       · ──────────────────────────────────────
     7 │   name    = "rg-ml"
       ╰────
      The argument "location" is required, but no definition was found.

    error[AK0101]: Reference to undeclared resource
        ╭─[main.tf:17:25]
     16 │   name                = "logs"
     17 │   resource_group_name = azurerm_resource_group.m1.name
        ·                         ─────────────────────────
     18 │   location            = "westeurope"
        ╰────
      A managed resource "azurerm_resource_group" "m1" has not been declared in the root module.
      help: Did you mean `azurerm_resource_group.ml`?

    error[AK0119]: Invalid for_each argument
        ╭─[main.tf:30:14]
     29 │ resource "azurerm_resource_group" "each" {
     30 │   for_each = ["a", "b"]
        ·              ──────────
     31 │   name     = each.key
        ╰────
      The given "for_each" argument value is unsuitable: the "for_each" argument must be a map, or set
      of strings, and you have provided a value of type tuple. For a set of strings write `toset(…)`;
      each string is then a key.

    error[AK0405]: invalid value for name (name can only consist of lowercase letters and numbers, and must be between 3 and 24 characters long)
        ╭─[main.tf:22:30]
     21 │ resource "azurerm_storage_account" "data" {
     22 │   name                     = "Bad_Name"
        ·                              ──────────
     23 │   resource_group_name      = "rg-ml"
        ╰────
      with azurerm_storage_account.data

    error[AK0405]: expected account_tier to be one of ["Standard" "Premium"], got Standrd
        ╭─[main.tf:25:30]
     24 │   location                 = "westeurope"
     25 │   account_tier             = "Standrd"
        ·                              ─────────
     26 │   account_replication_type = "LRS"
        ╰────
      with azurerm_storage_account.data

    error[AK0109]: Incorrect attribute value type
        ╭─[main.tf:39:25]
     38 │   location            = "westeurope"
     39 │   tags                = "team"
        ·                         ──────
     40 │ }
        ╰────
      Inappropriate value for attribute "tags": map of string required.
    "#);
}

#[test]
fn cycle() {
    let main = r#"
resource "terraform_data" "a" {
  input = terraform_data.b.output
}

resource "terraform_data" "b" {
  input = local.c
}

locals {
  c = terraform_data.a.output
}
"#;
    let scene = Scene::new(&[("main.tf", main)]);
    insta::assert_snapshot!(scene.refused(&["plan"], &[]), @r#"
    error[AK0114]: Cycle: local.c (expand), terraform_data.a, terraform_data.b
       ╭─[main.tf:2:1]
     1 │
     2 │ resource "terraform_data" "a" {
       · ──────────────┬──────────────
       ·               ╰── needs the one before
     3 │   input = terraform_data.b.output
       ╰────
        ╭─[main.tf:11:3]
      5 │
      6 │ resource "terraform_data" "b" {
        · ──────────────┬──────────────
        ·               ╰── needs the one before
      7 │   input = local.c
      8 │ }
      9 │
     10 │ locals {
     11 │   c = terraform_data.a.output
        ·   ─
     12 │ }
        ╰────
      help: Each of these needs a value of another one. Take one of the references out.
    "#);
}

/// A configuration with one thing in it.
const ONE: &str = "resource \"terraform_data\" \"a\" {\n  input = 1\n}\n";

#[test]
fn a_state_that_is_torn() {
    let scene =
        Scene::new(&[("main.tf", ONE), ("terraform.tfstate", "{\"version\": 4, \"serial\": 3, \"linea")]);
    insta::assert_snapshot!(scene.refused(&["apply", "-auto-approve"], &[]), @r"
    error[AK0301]: Error loading the state
      ./terraform.tfstate: not valid JSON at byte 33: EOF while parsing a string at line 1 column 34.
      help: restore the file from version control or from the `.backup` beside it, then run again
    ");
    let kept = std::fs::read_to_string(scene.path().join("terraform.tfstate")).unwrap();
    assert!(kept.ends_with("linea"));
}

#[test]
fn a_plan_for_a_state_of_another_lineage() {
    let scene = Scene::new(&[("main.tf", ONE)]);
    assert!(scene.call(&["apply", "-auto-approve"], &[]).status.success());
    std::fs::write(scene.path().join("main.tf"), ONE.replace('1', "2")).unwrap();
    assert!(scene.call(&["plan", "-out=p"], &[]).status.success());
    let state = std::fs::read_to_string(scene.path().join("terraform.tfstate")).unwrap();
    let mut other: serde_json::Value = serde_json::from_str(&state).unwrap();
    other["lineage"] = "11111111-2222-3333-4444-555555555555".into();
    std::fs::write(scene.path().join("terraform.tfstate"), other.to_string()).unwrap();
    insta::assert_snapshot!(scene.refused(&["apply", "p"], &[]), @r"
    error[AK0204]: Saved plan is stale
      The given plan file was created from a different state lineage.
      help: Make a new one: aksel plan -out=FILE
    ");
    let kept = std::fs::read_to_string(scene.path().join("terraform.tfstate")).unwrap();
    assert_eq!(kept, other.to_string());
}

#[test]
fn a_state_that_another_run_holds() {
    let wait = "resource \"time_sleep\" \"a\" {\n  create_duration = \"20s\"\n}\n";
    let scene = Scene::new(&[("main.tf", wait)]);
    let mut holder = Command::new(env!("CARGO_BIN_EXE_aksel"));
    holder.args(["apply", "-auto-approve"]).current_dir(scene.path()).env_clear().env("USER", "ann");
    let mut holder = holder.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut told = std::io::BufReader::new(holder.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("Creating...") {
        line.clear();
        assert_ne!(std::io::BufRead::read_line(&mut told, &mut line).unwrap(), 0);
    }
    let said = scene.refused(&["apply", "-auto-approve"], &[]);
    holder.kill().unwrap();
    holder.wait().unwrap();
    insta::assert_snapshot!(without_run(&said), @r"
    error[AK0302]: Error acquiring the state lock
      the state is locked by ann@MACHINE since MOMENT (OperationTypeApply, lock
      ID
      help: Wait for it, or pass -lock-timeout=5m. If that run is dead on another machine: aksel
      force-unlock ID
    ");
}

/// What is different in every run: ids, machines, moments.
fn without_run(said: &str) -> String {
    let word = |word: &str| match word {
        word if word.starts_with("ann@") => "ann@MACHINE".to_owned(),
        word if word.len() > 34 && word.matches('-').count() == 4 => "ID".to_owned(),
        word if word.starts_with("20") && word.contains('T') && word.contains(':') => "MOMENT".to_owned(),
        word => word.to_owned(),
    };
    let lines = said.lines().map(|line| line.split(' ').map(word).collect::<Vec<_>>().join(" "));
    lines.collect::<Vec<_>>().join("\n")
}

/// A configuration with one thing in Azure.
const GROUP: &str = r#"
provider "azurerm" {
  features {}
}

resource "azurerm_resource_group" "ml" {
  name     = "rg-ml"
  location = "westeurope"
}
"#;

#[test]
fn no_credentials() {
    let scene = Scene::new(&[("main.tf", GROUP)]);
    insta::assert_snapshot!(scene.refused(&["apply", "-auto-approve"], &[]), @r#"
    error[AK0403]: `subscription_id` is a required provider property when performing a plan/apply operation
       ╭─[main.tf:2:1]
     1 │
     2 │ provider "azurerm" {
       · ──────────────────
     3 │   features {}
       ╰────
      Neither the provider block nor the environment names a subscription.
      help: set `subscription_id` in the provider block, or `ARM_SUBSCRIPTION_ID`

    error[AK0403]: no credentials for Azure
       ╭─[main.tf:2:1]
     1 │
     2 │ provider "azurerm" {
       · ──────────────────
     3 │   features {}
       ╰────
      client secret: `client_secret` is not set
      OpenID Connect: not asked for, or without a token
      managed identity: `use_msi` is not set
      Azure CLI: `az` could not be started: No such file or directory (os error 2)
      help: set `ARM_CLIENT_ID`, `ARM_CLIENT_SECRET` and `ARM_TENANT_ID`, or `ARM_USE_OIDC` or
      `ARM_USE_MSI`, or run `az login`
    "#);
}

#[test]
fn an_endpoint_that_does_not_answer() {
    let scene = Scene::new(&[("main.tf", GROUP)]);
    insta::assert_snapshot!(scene.refused(&["apply", "-auto-approve"], NOBODY), @r#"
    error[AK0404]: https://127.0.0.1:1 could not be reached
       ╭─[main.tf:2:1]
     1 │
     2 │ provider "azurerm" {
       · ──────────────────
     3 │   features {}
       ╰────
      Connection refused (os error 111)
      help: check the network, a proxy and the certificate authorities (`SSL_CERT_FILE`), then run again
    "#);
}

/// What is said of an apply that ends half-way: the complaints before the plan, and what has become of it.
fn half_done(scene: &Scene) -> String {
    let output = scene.call(&["apply", "-sandbox", "-auto-approve"], &[]);
    assert_eq!(output.status.code(), Some(1));
    let said = said(&output);
    let (complaints, _) = said.split_once("\n\n  # ").unwrap();
    let end = said.split_once("\nApply incomplete. ").unwrap().1;
    let end = end.split_once('\n').unwrap().1;
    format!("{complaints}\n…\n{end}")
}

#[test]
fn what_azure_refuses() {
    let main = format!(
        r#"{GROUP}
resource "azurerm_storage_account" "data" {{
  name                     = "stdata"
  resource_group_name      = "rg-missing"
  location                 = azurerm_resource_group.ml.location
  account_tier             = "Standard"
  account_replication_type = "LRS"
}}

resource "azurerm_storage_container" "models" {{
  name               = "models"
  storage_account_id = azurerm_storage_account.data.id
}}
"#
    );
    let scene = Scene::new(&[("main.tf", &main)]);
    insta::assert_snapshot!(half_done(&scene), @r#"
    error[AK0401]: ResourceGroupNotFound: Resource group 'rg-missing' could not be found.
        ╭─[main.tf:11:1]
     10 │
     11 │ resource "azurerm_storage_account" "data" {
        · ─────────────────────────────────────────
     12 │   name                     = "stdata"
        ╰────
      with azurerm_storage_account.data
      Asked: PUT
      /subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-missing/providers/Microsoft.Storage/storageAccounts/stdata
    …
    Failed:
      azurerm_storage_account.data (create)
    Not begun, because azurerm_storage_account.data failed:
      azurerm_storage_container.models (create)
    Done, and safe in state: 1 added, 0 changed, 0 destroyed.
    To go on: aksel apply -sandbox
    "#);
    let listed = scene.call(&["state", "list"], &[]);
    assert_eq!(String::from_utf8_lossy(&listed.stdout), "azurerm_resource_group.ml\n");
}

#[test]
fn what_exists_already_is_nobody_elses_to_take() {
    let scene = Scene::new(&[("main.tf", GROUP)]);
    assert_eq!(scene.call(&["apply", "-sandbox", "-auto-approve"], &[]).status.code(), Some(0));
    std::fs::remove_file(scene.path().join("terraform.tfstate")).unwrap();
    let output = scene.call(&["apply", "-sandbox", "-auto-approve"], &[]);
    assert_eq!(output.status.code(), Some(1));
    let said = said(&output);
    assert!(said.contains("/resourceGroups/rg-ml\" already exists"), "{said}");
    assert_eq!(scene.call(&["state", "list"], &[]).stdout, b"");
}

#[test]
fn a_wrong_repetition_is_told_beside_another_mistake() {
    let main = "resource \"terraform_data\" \"a\" {\n  count = 1.5\n  inpt  = 1\n}\n";
    let told = Scene::new(&[("main.tf", main)]).refused(&["validate"], &[]);
    let titles: Vec<&str> = told.lines().filter(|line| line.starts_with("error")).collect();
    assert_eq!(titles, ["error[AK0107]: Unsupported argument", "error[AK0119]: Invalid count argument"]);
    // What is wrong with the count is told once, and nothing that follows from it.
    let unknown = Scene::new(&[("main.tf", &main.replace("1.5", "var.none"))]).refused(&["validate"], &[]);
    assert_eq!(unknown.matches("error[").count(), 2, "{unknown}");
}

/// Names that the language keeps for itself, wherever they are written.
const KEPT: &str = r#"provider "terraform" {
  count = 1
  lifecycle {}
}
data "terraform_remote_state" "a" {
  backend = "local"
  locals {}
}
"#;

#[test]
fn names_kept_for_the_language_are_refused() {
    let scene = Scene::new(&[("main.tf", KEPT)]);
    let told = scene.refused(&["validate"], &[]);
    let titles: Vec<&str> = told.lines().filter(|line| line.starts_with("error")).collect();
    insta::assert_snapshot!(titles.join("\n"), @r"
    error[AK0115]: Reserved argument name in provider block
    error[AK0115]: Reserved block type name in provider block
    error[AK0115]: Reserved block type name in data block
    ");
}

#[test]
fn an_import_names_its_object_in_one_way() {
    let import = |arguments: &str| format!("import {{\n  to = terraform_data.a\n{arguments}}}\n");
    let identity = "  identity = { name = \"x\" }\n";
    let main = format!("resource \"terraform_data\" \"a\" {{}}\n{}", import(identity));
    let both = import(&format!("  id = \"x\"\n{identity}"));
    let said = [main, format!("resource \"terraform_data\" \"a\" {{}}\n{both}")]
        .map(|main| Scene::new(&[("main.tf", &main)]).refused(&["plan"], &[]));
    insta::assert_snapshot!(said.join("\n"), @r#"
    error[AK0210]: Invalid import identity argument
       ╭─[main.tf:4:14]
     3 │   to = terraform_data.a
     4 │   identity = { name = "x" }
       ·              ──────────────
     5 │ }
       ╰────
      A `terraform_data` is found by its id alone.
      help: Write its `id` instead.

    error[AK0210]: Invalid combination of arguments
       ╭─[main.tf:5:3]
     4 │   id = "x"
     5 │   identity = { name = "x" }
       ·   ─────────────────────────
     6 │ }
       ╰────
      An import says by its id or by its identity which object it is for, not by both.
    "#);
}

/// A cluster, and objects that its API server refuses.
const CLUSTER: &str = r#"resource "azurerm_kubernetes_cluster" "ml" {
  name                = "aks-ml"
  resource_group_name = azurerm_resource_group.ml.name
  location            = azurerm_resource_group.ml.location
  dns_prefix          = "ml"

  default_node_pool {
    name       = "system"
    vm_size    = "Standard_D4s_v5"
    node_count = 1
  }

  identity {
    type = "SystemAssigned"
  }
}

provider "kubernetes" {
  host                   = azurerm_kubernetes_cluster.ml.kube_config[0].host
  client_certificate     = base64decode(azurerm_kubernetes_cluster.ml.kube_config[0].client_certificate)
  client_key             = base64decode(azurerm_kubernetes_cluster.ml.kube_config[0].client_key)
  cluster_ca_certificate = base64decode(azurerm_kubernetes_cluster.ml.kube_config[0].cluster_ca_certificate)
}

resource "kubernetes_service_v1" "iris" {
  metadata {
    name      = "iris"
    namespace = "default"
  }
  spec {
    cluster_ip = "10.0.0.300"
    port {
      port = 80
    }
  }
}

resource "kubernetes_config_map_v1" "lost" {
  metadata {
    name      = "lost"
    namespace = "nowhere"
  }
}
"#;

#[test]
fn what_a_cluster_refuses() {
    let scene = Scene::new(&[("main.tf", GROUP), ("cluster.tf", CLUSTER)]);
    insta::assert_snapshot!(half_done(&scene), @r#"
    error[AK0402]: Invalid: Service "iris" is invalid: spec.clusterIPs[0]: Invalid value: "10.0.0.300": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)
        ╭─[cluster.tf:25:1]
     24 │
     25 │ resource "kubernetes_service_v1" "iris" {
        · ───────────────────────────────────────
     26 │   metadata {
        ╰────
      with kubernetes_service_v1.iris
      HTTP 422
      Asked: PATCH /api/v1/namespaces/default/services/iris

    error[AK0402]: NotFound: namespaces "nowhere" not found
        ╭─[cluster.tf:38:1]
     37 │
     38 │ resource "kubernetes_config_map_v1" "lost" {
        · ──────────────────────────────────────────
     39 │   metadata {
        ╰────
      with kubernetes_config_map_v1.lost
      HTTP 404
      Asked: PATCH /api/v1/namespaces/nowhere/configmaps/lost
      help: make the namespace first, for example by a reference to its resource
    …
    Failed:
      kubernetes_config_map_v1.lost (create)
      kubernetes_service_v1.iris (create)
    Done, and safe in state: 2 added, 0 changed, 0 destroyed.
    To go on: aksel apply -sandbox
    "#);
    let listed = scene.call(&["state", "list"], &[]);
    assert_eq!(
        String::from_utf8_lossy(&listed.stdout),
        "azurerm_kubernetes_cluster.ml\nazurerm_resource_group.ml\n"
    );
}
