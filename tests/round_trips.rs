//! Configurations for azurerm through the built binary on a sandbox: applied, then planned: no changes; destroyed: nothing is
//! left.
//!
//! Invariant: what is left is read from the sandbox's own files, so that nothing of aksel judges itself.

#![expect(clippy::unwrap_used, reason = "a test that cannot write its files or start the binary has failed")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value as Json;

/// What every configuration begins with.
const COMMON: &str = r#"
provider "azurerm" {
  features {}
}

data "azurerm_client_config" "me" {}

resource "azurerm_resource_group" "rg" {
  name     = "rg-ml"
  location = "West Europe"
}
"#;

/// A folder with a configuration and a sandbox of its own.
struct Scene {
    folder: tempfile::TempDir,
}

struct Ran {
    code: i32,
    text: String,
}

impl Scene {
    fn new(configuration: &str) -> Scene {
        let folder = tempfile::tempdir().unwrap();
        let scene = Scene { folder };
        scene.write(configuration);
        scene
    }

    fn write(&self, configuration: &str) {
        std::fs::write(self.path("main.tf"), format!("{COMMON}{configuration}")).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aksel"));
        command.args(arguments).current_dir(self.folder.path()).env_clear().env("HOME", self.folder.path());
        let output = command.output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ran { code: output.status.code().unwrap_or(-1), text: text(&output.stdout) + &text(&output.stderr) }
    }

    fn good(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!(ran.code, 0, "aksel {} said:\n{}", arguments.join(" "), ran.text);
        ran.text
    }

    /// The ids of what there is in the sandbox.
    fn objects(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.path(".aksel/sandbox/world.jsonl")).unwrap_or_default();
        let mut all: BTreeMap<String, bool> = BTreeMap::new();
        for line in text.lines().filter_map(|line| serde_json::from_str::<Json>(line).ok()) {
            for change in line.as_array().into_iter().flatten() {
                if let Some(id) = change["object"][0].as_str() {
                    all.insert(id.to_owned(), !change["object"][1].is_null());
                }
            }
        }
        all.into_iter().filter(|(_, there)| *there).map(|(id, _)| id).collect()
    }

    /// What was applied has nothing left to plan. Gives what apply said.
    fn settles(&self) -> String {
        let said = self.good(&["apply", "-sandbox", "-auto-approve", "-no-color"]);
        let planned = self.run(&["plan", "-sandbox", "-detailed-exitcode", "-no-color"]);
        assert_eq!(planned.code, 0, "there is something left to plan:\n{}", planned.text);
        said
    }

    fn ends(&self) {
        self.good(&["destroy", "-sandbox", "-auto-approve"]);
        assert_eq!(self.objects(), Vec::<String>::new(), "something is left");
    }
}

/// What version 4 called otherwise.
const VERSION_4: &str = r#"
resource "azurerm_log_analytics_workspace" "law" {
  name                          = "law-ml"
  location                      = azurerm_resource_group.rg.location
  resource_group_name           = azurerm_resource_group.rg.name
  internet_query_enabled        = false
  local_authentication_disabled = true
}

resource "azurerm_storage_account" "st" {
  name                     = "stml0001"
  location                 = azurerm_resource_group.rg.location
  resource_group_name      = azurerm_resource_group.rg.name
  account_tier             = "Standard"
  account_replication_type = "LRS"
}

resource "azurerm_storage_container" "data" {
  name                 = "data"
  storage_account_name = azurerm_storage_account.st.name
}

resource "azurerm_virtual_network" "vnet" {
  name                = "vnet-ml"
  location            = azurerm_resource_group.rg.location
  resource_group_name = azurerm_resource_group.rg.name
  address_space       = ["10.0.0.0/16"]
}

resource "azurerm_subnet" "nodes" {
  name                 = "nodes"
  resource_group_name  = azurerm_resource_group.rg.name
  virtual_network_name = azurerm_virtual_network.vnet.name
  address_prefixes     = ["10.0.1.0/24"]
  service_endpoints    = ["Microsoft.Storage", "Microsoft.KeyVault"]
}

resource "azurerm_user_assigned_identity" "id" {
  name                = "id-ml"
  location            = azurerm_resource_group.rg.location
  resource_group_name = azurerm_resource_group.rg.name
}

resource "azurerm_federated_identity_credential" "fic" {
  name                = "trainer"
  resource_group_name = azurerm_resource_group.rg.name
  parent_id           = azurerm_user_assigned_identity.id.id
  audience            = ["api://AzureADTokenExchange"]
  issuer              = "https://issuer.example.org/"
  subject             = "system:serviceaccount:training:trainer"
}

resource "azurerm_key_vault" "kv" {
  name                      = "kv-ml-0001"
  location                  = azurerm_resource_group.rg.location
  resource_group_name       = azurerm_resource_group.rg.name
  tenant_id                 = data.azurerm_client_config.me.tenant_id
  sku_name                  = "standard"
  enable_rbac_authorization = true

  contact {
    email = "ml@example.org"
  }
}
"#;

#[test]
fn a_configuration_for_version_4_runs_unchanged() {
    let scene = Scene::new(VERSION_4);
    scene.settles();
    let shown = scene.good(&["state", "show", "azurerm_subnet.nodes"]);
    assert!(shown.contains("Microsoft.KeyVault"), "{shown}");
    let shown = scene.good(&["state", "show", "azurerm_log_analytics_workspace.law"]);
    for line in ["local_authentication_enabled", "internet_query_access_type"] {
        assert!(shown.lines().any(|shown| shown.contains(line)), "{line} in {shown}");
    }
    let told = scene.good(&["validate", "-no-color"]);
    for old in
        ["storage_account_name", "service_endpoints", "parent_id", "enable_rbac_authorization", "contact"]
    {
        assert!(told.contains(&format!("\"{old}\"")), "{old} is told in {told}");
    }
    scene.ends();
}

/// References by the names of version 4: to an instance, through a splat, below a computed key, to a data source.
const READ_AS_IN_4: &str = r#"
resource "azurerm_virtual_network" "vnet" {
  name                = "vnet-ml"
  location            = azurerm_resource_group.rg.location
  resource_group_name = azurerm_resource_group.rg.name
  address_space       = ["10.0.0.0/16"]
}

resource "azurerm_subnet" "nodes" {
  count                = 2
  name                 = "nodes-${count.index}"
  resource_group_name  = azurerm_resource_group.rg.name
  virtual_network_name = azurerm_virtual_network.vnet.name
  address_prefixes     = ["10.0.${count.index}.0/24"]
  service_endpoints    = ["Microsoft.Storage"]

  lifecycle {
    ignore_changes = [service_endpoints]
  }
}

data "azurerm_subnet" "first" {
  name                 = azurerm_subnet.nodes[0].name
  resource_group_name  = azurerm_resource_group.rg.name
  virtual_network_name = azurerm_virtual_network.vnet.name
}

output "read" {
  value = [
    azurerm_subnet.nodes[0].service_endpoints,
    azurerm_subnet.nodes[*].service_endpoints[0],
    [for index in range(2) : azurerm_subnet.nodes[index].service_endpoints],
    contains(data.azurerm_subnet.first.service_endpoints, "Microsoft.Storage"),
  ]
}
"#;

#[test]
fn names_of_version_4_are_read_too() {
    let scene = Scene::new(READ_AS_IN_4);
    scene.settles();
    let read: Json = serde_json::from_str(&scene.good(&["output", "-json", "read"])).unwrap();
    let storage = "Microsoft.Storage";
    assert_eq!(read, serde_json::json!([[storage], [storage, storage], [[storage], [storage]], true]));
    scene.write(&READ_AS_IN_4.replace("[\"Microsoft.Storage\"]", "[\"Microsoft.Sql\"]"));
    let planned = scene.run(&["plan", "-sandbox", "-detailed-exitcode", "-no-color"]);
    assert_eq!(planned.code, 0, "what is ignored is planned:\n{}", planned.text);
    let wrong = READ_AS_IN_4.replace("nodes[0].service_endpoints", "nodes[0].service_endpointz");
    scene.write(&wrong);
    let told = scene.run(&["validate", "-no-color"]).text;
    assert!(told.contains("named \"service_endpointz\""), "{told}");
}

#[test]
fn the_state_of_version_4_is_taken_over() {
    let scene = Scene::new(VERSION_4);
    scene.settles();
    let path = scene.path("terraform.tfstate");
    let mut state: Json = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    for resource in state["resources"].as_array_mut().unwrap() {
        let kind = resource["type"].as_str().unwrap().to_owned();
        let instance = &mut resource["instances"][0];
        if kind == "azurerm_storage_container" {
            instance["schema_version"] = 1.into();
            let attributes = instance["attributes"].as_object_mut().unwrap();
            let id = attributes.insert("id".into(), "https://stml0001.blob.core.windows.net/data".into());
            attributes.insert("resource_manager_id".into(), id.unwrap());
            attributes.insert("storage_account_name".into(), "stml0001".into());
            attributes.remove("storage_account_id");
        } else if kind == "azurerm_subnet" {
            let attributes = instance["attributes"].as_object_mut().unwrap();
            attributes.remove("service_endpoint");
            let old = serde_json::json!(["Microsoft.KeyVault", "Microsoft.Storage"]);
            attributes.insert("service_endpoints".into(), old);
        }
    }
    std::fs::write(&path, state.to_string()).unwrap();
    let planned = scene.run(&["plan", "-sandbox", "-detailed-exitcode", "-no-color"]);
    assert_eq!(planned.code, 0, "there is something to plan:\n{}", planned.text);
    scene.ends();
}

#[test]
fn a_name_that_cannot_be_read_as_an_id_is_refused_with_the_way_out() {
    let literal = VERSION_4.replace("azurerm_storage_account.st.name", "\"stml0001\"");
    let ran = Scene::new(&literal).run(&["validate", "-no-color"]);
    assert_eq!(ran.code, 1);
    assert!(ran.text.contains("Argument is no longer supported"), "{}", ran.text);
    assert!(ran.text.contains("set `storage_account_id` to the id instead"), "{}", ran.text);
}

const VAULT: &str = r#"
resource "azurerm_key_vault" "kv" {
  name                       = "kv-ml-0001"
  location                   = azurerm_resource_group.rg.location
  resource_group_name        = azurerm_resource_group.rg.name
  tenant_id                  = data.azurerm_client_config.me.tenant_id
  sku_name                   = "standard"
  rbac_authorization_enabled = false
}

resource "azurerm_user_assigned_identity" "id" {
  name                = "id-ml"
  location            = azurerm_resource_group.rg.location
  resource_group_name = azurerm_resource_group.rg.name
}

resource "azurerm_key_vault_access_policy" "trainer" {
  key_vault_id       = azurerm_key_vault.kv.id
  tenant_id          = data.azurerm_client_config.me.tenant_id
  object_id          = azurerm_user_assigned_identity.id.principal_id
  secret_permissions = ["Get", "List"]
}

resource "azurerm_key_vault_access_policy" "me" {
  key_vault_id    = azurerm_key_vault.kv.id
  tenant_id       = data.azurerm_client_config.me.tenant_id
  object_id       = "11111111-0000-0000-0000-000000000000"
  key_permissions = ["Get"]
}
"#;

#[test]
fn policies_of_a_vault_are_objects_of_their_own() {
    let scene = Scene::new(VAULT);
    scene.settles();
    let changed = VAULT.replace("[\"Get\", \"List\"]", "[\"Get\", \"List\", \"Set\"]");
    scene.write(&changed);
    let said = scene.settles();
    assert!(said.contains("0 added, 1 changed, 0 destroyed"), "{said}");
    let (_, without) = changed.split_once("resource \"azurerm_key_vault_access_policy\" \"me\"").unwrap();
    scene.write(
        changed
            .strip_suffix(&format!("resource \"azurerm_key_vault_access_policy\" \"me\"{without}"))
            .unwrap(),
    );
    let said = scene.settles();
    assert!(said.contains("0 added, 0 changed, 1 destroyed"), "{said}");
    scene.ends();
}

const TASKS: &str = r#"
resource "azurerm_container_registry" "acr" {
  name                = "acrml0001"
  location            = azurerm_resource_group.rg.location
  resource_group_name = azurerm_resource_group.rg.name
  sku                 = "Basic"
}

resource "azurerm_container_registry_task" "image" {
  name                  = "build-model"
  container_registry_id = azurerm_container_registry.acr.id

  platform {
    os = "Linux"
  }

  docker_step {
    dockerfile_path      = "Dockerfile"
    context_path         = "https://github.com/example/model#main"
    context_access_token = "a-secret-token"
    image_names          = ["model:{{.Run.ID}}"]
    arguments            = { MODEL = "iris" }
    secret_arguments     = { KEY = "hidden" }
  }

  source_trigger {
    name           = "commits"
    events         = ["commit"]
    repository_url = "https://github.com/example/model"
    source_type    = "Github"

    authentication {
      token      = "another-secret"
      token_type = "PAT"
    }
  }
}

resource "azurerm_container_registry_task" "nightly" {
  name                  = "purge-images"
  container_registry_id = azurerm_container_registry.acr.id

  platform {
    os = "Linux"
  }

  encoded_step {
    task_content = "version: v1.1.0"
    values       = { KEEP = "7d" }
  }

  timer_trigger {
    name     = "nightly"
    schedule = "0 2 * * *"
  }
}

resource "azurerm_log_analytics_workspace" "law" {
  name                = "law-ml"
  location            = azurerm_resource_group.rg.location
  resource_group_name = azurerm_resource_group.rg.name
}

data "azurerm_resources" "registries" {
  resource_group_name = azurerm_resource_group.rg.name
  type                = "Microsoft.ContainerRegistry/registries"
  depends_on          = [azurerm_container_registry.acr]
}

output "registries" {
  value = join(",", data.azurerm_resources.registries.resources[*].name)
}

resource "azurerm_log_analytics_solution" "containers" {
  solution_name         = "ContainerInsights"
  workspace_name        = azurerm_log_analytics_workspace.law.name
  workspace_resource_id = azurerm_log_analytics_workspace.law.id
  location              = azurerm_resource_group.rg.location
  resource_group_name   = azurerm_resource_group.rg.name

  plan {
    publisher = "Microsoft"
    product   = "OMSGallery/ContainerInsights"
  }
}
"#;

#[test]
fn a_registry_builds_by_tasks_and_a_workspace_has_solutions() {
    let scene = Scene::new(TASKS);
    let said = scene.settles();
    assert_eq!(scene.good(&["output", "-raw", "registries"]), "acrml0001");
    assert!(!said.contains("a-secret-token") && !said.contains("another-secret"), "{said}");
    let (encoded, file) = (
        "encoded_step {\n    task_content = \"version: v1.1.0\"",
        "file_step {\n    task_file_path = \"acb.yaml\"",
    );
    scene.write(&TASKS.replace("iris", "digits").replace("0 2 * * *", "0 3 * * *").replace(encoded, file));
    let said = scene.settles();
    assert!(said.contains("0 added, 2 changed, 0 destroyed"), "{said}");
    scene.ends();
}

const AUTOMATIC: &str = r#"
resource "azurerm_kubernetes_automatic_cluster" "aks" {
  name                = "aks-auto"
  location            = azurerm_resource_group.rg.location
  resource_group_name = azurerm_resource_group.rg.name

  api_server_access {
    authorized_ip_ranges = ["203.0.113.0/24"]
  }

  service_mesh {
    revisions                        = ["asm-1-27"]
    internal_ingress_gateway_enabled = true
  }

  identity {
    type = "SystemAssigned"
  }
}
"#;

#[test]
fn a_cluster_whose_nodes_azure_runs_is_one_of_azures() {
    let scene = Scene::new(AUTOMATIC);
    scene.settles();
    let (before, mesh) = AUTOMATIC.split_once("  service_mesh {").unwrap();
    let (_, after) = mesh.split_once("  }\n").unwrap();
    scene.write(&format!("{before}{after}").replace("203.0.113.0/24", "198.51.100.0/24"));
    let said = scene.settles();
    assert!(said.contains("0 added, 1 changed, 0 destroyed"), "{said}");
    scene.ends();
}
