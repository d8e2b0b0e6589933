//! `azurerm_storage_account_network_rules` is `Microsoft.Storage/storageAccounts`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.storage/2025-08-01/storageaccounts>

use crate::catalogue::rules::said;
use crate::resource_type::{Arm, Hooks, Minutes, ResourceType};
use crate::row::{Place, Row, blocks, id, text, text_set};
use crate::spelling::Spelling;
use crate::steps::Step;
use crate::steps::StepInput;
use crate::write::document;
use aksel_lang::value::Value;
use aksel_state::intent::Deed;
use serde_json::Value as Json;
use serde_json::json;

/// The rows of `private_link_access`.
pub const PRIVATE_LINK_ACCESS: &[Row] = &[
    text("endpoint_resource_id", "resourceId").required(),
    text("endpoint_tenant_id", "tenantId").computed(),
];

/// From where a storage account is reached.
pub const STORAGE_ACCOUNT_NETWORK_RULES: ResourceType = ResourceType {
    name: "azurerm_storage_account_network_rules",
    arm: Arm { kind: "Microsoft.Storage/storageAccounts", api: "2025-08-01" },
    schema_version: 0,
    minutes: Minutes { create: 60, read: 5, update: 60, delete: 60 },
    attributes: &[
        id(),
        text("storage_account_id", "").placed(Place::Id).required().replaces().spelled(Spelling::Id),
        text("default_action", "networkAcls.defaultAction").required().one_of(&["Allow", "Deny"]),
        text_set("bypass", "networkAcls.bypass").computed().spelled(Spelling::Commas),
        text_set("ip_rules", "networkAcls.ipRules").spelled(Spelling::Each("value")),
        text_set("virtual_network_subnet_ids", "networkAcls.virtualNetworkRules")
            .spelled(Spelling::Each("id")),
        blocks("private_link_access", "networkAcls.resourceAccessRules", PRIVATE_LINK_ACCESS),
    ],
    calls: &[],
    groups: &[],
    rules: &[],
    hooks: Hooks { identity: Some(identity), steps: Some(steps), gone: Some(gone), ..Hooks::NONE },
};

fn identity(planned: &Value, _subscription: &str) -> Option<String> {
    said(planned, "storage_account_id").map(str::to_owned)
}

/// An account that everybody reaches has no rules.
fn gone(body: &Json, _id: &str) -> bool {
    let acls = &body["properties"]["networkAcls"];
    let none = |name: &str| acls[name].as_array().is_none_or(Vec::is_empty);
    acls["defaultAction"] == "Allow"
        && acls["bypass"] == "AzureServices"
        && none("ipRules")
        && none("virtualNetworkRules")
}

/// The rules are a part of the account, and all of them are written at once.
fn steps(input: &StepInput<'_>, _table: Vec<Step>) -> Vec<Step> {
    let acls = match input.deed {
        Deed::Delete => {
            json!({ "bypass": "AzureServices", "defaultAction": "Allow", "ipRules": [], "virtualNetworkRules": [], "resourceAccessRules": [] })
        }
        Deed::Create | Deed::Update => {
            let mut acls =
                document(STORAGE_ACCOUNT_NETWORK_RULES.attributes, input.planned, None)["body"]["properties"]
                    ["networkAcls"]
                    .take();
            for (member, action) in [("ipRules", "Allow"), ("virtualNetworkRules", "Allow")] {
                let items = acls[member].as_array_mut();
                items.into_iter().flatten().for_each(|item| item["action"] = json!(action));
            }
            for member in ["ipRules", "virtualNetworkRules", "resourceAccessRules"] {
                if acls[member].is_null() {
                    acls[member] = json!([]);
                }
            }
            acls
        }
    };
    vec![Step::patch(input.id, input.api, json!({ "properties": { "networkAcls": acls } }))]
}
