//! What ARM promises of every object: letter case, locks, conditions, operations, what goes with what.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::conformance_tests::Desk;
use super::{Reply, Request};

const GROUP: &str = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-ml";

impl Desk {
    fn ask(&mut self, method: &str, path: &str, body: Value) -> Reply {
        self.ask_if(method, path, body, None)
    }

    fn ask_if(&mut self, method: &str, path: &str, body: Value, if_none_match: Option<&str>) -> Reply {
        let path =
            if path.starts_with("/subscriptions") { path.to_owned() } else { format!("{GROUP}{path}") };
        self.send_at_once(&Request {
            method: method.parse().unwrap(),
            path,
            query: BTreeMap::from([("api-version".to_owned(), "2025-10-01".to_owned())]),
            if_match: None,
            if_none_match: if_none_match.map(str::to_owned),
            body: body.as_object().cloned().unwrap_or_default(),
        })
    }

    fn with_group() -> Self {
        let mut desk = Self::new();
        assert_eq!(desk.ask("PUT", "", json!({"location": "West Europe"})).status, 201);
        desk
    }
}

fn code(reply: &Reply) -> (u16, &str) {
    let code = reply.body.as_ref().and_then(|body| body["error"]["code"].as_str());
    (reply.status, code.unwrap_or(""))
}

fn cluster() -> Value {
    json!({
        "location": "westeurope",
        "properties": {"agentPoolProfiles": [{"name": "system", "mode": "System", "vmSize": "Standard_D4s_v5"}]},
    })
}

const CLUSTER: &str = "/providers/Microsoft.ContainerService/managedClusters/aks";
const IDENTITY: &str = "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/Id-One";

#[test]
fn ids_are_found_in_any_case_and_answered_as_first_written() {
    let mut desk = Desk::with_group();
    desk.ask("PUT", IDENTITY, json!({"location": "westeurope"}));
    let upper = format!("{GROUP}{IDENTITY}").to_uppercase().replace("/SUBSCRIPTIONS", "/subscriptions");
    let read = desk.ask("GET", &upper, Value::Null).body.unwrap();
    assert_eq!(read["id"], format!("{GROUP}{IDENTITY}"));
    let again = desk.ask("PUT", &upper, json!({"location": "westeurope", "tags": {"a": "b"}}));
    assert_eq!(again.status, 200);
    assert_eq!(desk.ask("GET", IDENTITY, Value::Null).body.unwrap()["name"], "Id-One");
}

#[test]
fn tags_are_replaced_as_a_whole() {
    let mut desk = Desk::with_group();
    desk.ask("PUT", IDENTITY, json!({"location": "westeurope", "tags": {"a": "1", "b": "2"}}));
    desk.ask("PATCH", IDENTITY, json!({"tags": {"c": "3"}}));
    assert_eq!(desk.ask("GET", IDENTITY, Value::Null).body.unwrap()["tags"], json!({"c": "3"}));
}

#[test]
fn what_is_missing_is_named() {
    let mut desk = Desk::new();
    assert_eq!(code(&desk.ask("GET", IDENTITY, Value::Null)), (404, "ResourceGroupNotFound"));
    let mut desk = Desk::with_group();
    assert_eq!(code(&desk.ask("GET", IDENTITY, Value::Null)), (404, "ResourceNotFound"));
    let child = format!("{IDENTITY}/federatedIdentityCredentials/one");
    let body = json!({"properties": {"issuer": "i", "subject": "s", "audiences": ["a"]}});
    assert_eq!(code(&desk.ask("PUT", &child, body)), (404, "ParentResourceNotFound"));
    assert_eq!(desk.ask("DELETE", IDENTITY, Value::Null).status, 204);
}

#[test]
fn a_lock_keeps_what_it_stands_on_and_what_contains_it() {
    let mut desk = Desk::with_group();
    desk.ask("PUT", IDENTITY, json!({"location": "westeurope"}));
    let lock = format!("{IDENTITY}/providers/Microsoft.Authorization/locks/keep");
    assert_eq!(desk.ask("PUT", &lock, json!({"properties": {"level": "CanNotDelete"}})).status, 201);
    assert_eq!(code(&desk.ask("DELETE", IDENTITY, Value::Null)), (409, "ScopeLocked"));
    assert_eq!(code(&desk.ask("DELETE", "", Value::Null)), (409, "ScopeLocked"));
    assert_eq!(desk.ask("DELETE", &lock, Value::Null).status, 200);
    assert_eq!(desk.ask("DELETE", IDENTITY, Value::Null).status, 200);
}

#[test]
fn a_condition_that_does_not_hold_changes_nothing() {
    let mut desk = Desk::with_group();
    assert_eq!(desk.ask_if("PUT", IDENTITY, json!({"location": "westeurope"}), Some("*")).status, 201);
    let again = desk.ask_if("PUT", IDENTITY, json!({"location": "westeurope"}), Some("*"));
    assert_eq!(code(&again), (412, "PreconditionFailed"));
}

#[test]
fn a_cluster_is_busy_until_its_operation_has_ended() {
    let mut desk = Desk::with_group();
    let made = desk.ask("PUT", CLUSTER, cluster());
    assert_eq!(made.status, 201);
    let pool = format!("{CLUSTER}/agentPools/gpu");
    let wanted = json!({"properties": {"vmSize": "Standard_NC24ads_A100_v4", "count": 1}});
    assert_eq!(code(&desk.ask("PUT", &pool, wanted.clone())), (409, "OperationNotAllowed"));
    let header =
        |name: &str| made.headers.iter().find(|(own, _)| *own == name).map(|(_, value)| value.clone());
    let url = header("azure-asyncoperation").unwrap();
    let path = url.trim_start_matches("https://127.0.0.1:20000").split('?').next().unwrap().to_owned();
    let status = |desk: &mut Desk| desk.ask("GET", &path, Value::Null).body.unwrap()["status"].clone();
    assert_eq!(status(&mut desk), "InProgress");
    assert_eq!(
        desk.ask("GET", CLUSTER, Value::Null).body.unwrap()["properties"]["provisioningState"],
        "Creating"
    );
    desk.wait(2_000);
    assert_eq!(status(&mut desk), "Succeeded");
    assert_eq!(desk.ask("PUT", &pool, wanted).status, 201);
    desk.wait(1_000);
    let pools =
        desk.ask("GET", CLUSTER, Value::Null).body.unwrap()["properties"]["agentPoolProfiles"].clone();
    let names: Vec<&str> =
        pools.as_array().unwrap().iter().filter_map(|pool| pool["name"].as_str()).collect();
    assert_eq!(names, ["system", "gpu"]);
}

#[test]
fn a_cluster_takes_its_node_resource_group_with_it() {
    let mut desk = Desk::with_group();
    desk.ask("PUT", CLUSTER, cluster());
    desk.wait(2_000);
    let nodes = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/MC_rg-ml_aks_westeurope";
    assert_eq!(desk.ask("GET", nodes, Value::Null).status, 200);
    assert_eq!(desk.ask("DELETE", "", Value::Null).status, 202);
    assert_eq!(
        code(&desk.ask("PUT", IDENTITY, json!({"location": "westeurope"}))),
        (409, "ResourceGroupBeingDeleted")
    );
    desk.wait(2_000);
    assert_eq!(code(&desk.ask("GET", nodes, Value::Null)), (404, "ResourceGroupNotFound"));
    assert!(desk.tables.objects.is_empty());
}

#[test]
fn versions_go_up_one_minor_at_a_time_and_pools_do_not_overtake() {
    let mut desk = Desk::with_group();
    desk.ask("PUT", CLUSTER, cluster());
    desk.wait(2_000);
    let version = |version: &str| json!({"properties": {"kubernetesVersion": version}});
    for (wanted, expected) in [("1.33", 400), ("1.36", 400), ("1.35", 200)] {
        assert_eq!(desk.ask("PATCH", CLUSTER, version(wanted)).status, expected, "{wanted}");
    }
    desk.wait(2_000);
    let pool = format!("{CLUSTER}/agentPools/system");
    let refused = desk.ask("PATCH", &pool, json!({"properties": {"orchestratorVersion": "1.36"}}));
    assert_eq!(code(&refused).0, 400);
    let moved = desk.ask("PATCH", &pool, json!({"properties": {"vmSize": "Standard_D8s_v5"}}));
    assert_eq!(code(&moved), (400, "PropertyChangeNotAllowed"));
    assert_eq!(code(&desk.ask("DELETE", &pool, Value::Null)), (400, "OperationNotAllowed"));
}

#[test]
fn names_that_the_service_refuses_are_refused_in_its_words() {
    let mut desk = Desk::with_group();
    let account = json!({"location": "westeurope", "sku": {"name": "Standard_LRS"}, "kind": "StorageV2"});
    let at = |name: &str| format!("/providers/Microsoft.Storage/storageAccounts/{name}");
    assert_eq!(code(&desk.ask("PUT", &at("Not-Allowed"), account.clone())), (400, "AccountNameInvalid"));
    assert_eq!(desk.ask("PUT", &at("stml0001"), account.clone()).status, 200);
    let other = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/other";
    desk.ask("PUT", other, json!({"location": "westeurope"}));
    let taken = desk.ask("PUT", &format!("{other}{}", at("stml0001")), account);
    assert_eq!(code(&taken), (409, "StorageAccountAlreadyTaken"));
}
