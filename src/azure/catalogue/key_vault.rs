//! `azurerm_key_vault` is `Microsoft.KeyVault/vaults`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.keyvault/2026-02-01/vaults>

use crate::catalogue::other_rules;
use crate::document::at;
use crate::document::put;
use crate::resource_type::{Arm, Hooks, Minutes, ResourceType, Writing};
use crate::row::{
    Form, Place, Row, Was, block, flag, id, location, number, objects, resource_group_name, tags, text,
    text_set, texts,
};
use crate::spelling::{ENABLED, Spelling};
use serde_json::Value as Json;
use serde_json::json;

/// The rows of `network_acls`.
pub const NETWORK_ACLS: &[Row] = &[
    text("bypass", "bypass").required().one_of(&["None", "AzureServices"]),
    text("default_action", "defaultAction").required().one_of(&["Allow", "Deny"]),
    text_set("ip_rules", "ipRules").spelled(Spelling::Each("value")),
    text_set("virtual_network_subnet_ids", "virtualNetworkRules").spelled(Spelling::Each("id")),
];

/// The rows of `access_policy`.
pub const ACCESS_POLICY: &[Row] = &[
    text("tenant_id", "tenantId").formed(Form::Uuid).required(),
    text("object_id", "objectId").formed(Form::Uuid).required(),
    text("application_id", "applicationId"),
    texts("certificate_permissions", "permissions.certificates"),
    texts("key_permissions", "permissions.keys"),
    texts("secret_permissions", "permissions.secrets"),
    texts("storage_permissions", "permissions.storage"),
];

/// A vault for keys and secrets.
pub const KEY_VAULT: ResourceType = ResourceType {
    name: "azurerm_key_vault",
    arm: Arm { kind: "Microsoft.KeyVault/vaults", api: "2026-02-01" },
    schema_version: 2,
    minutes: Minutes { create: 30, read: 5, update: 30, delete: 30 },
    attributes: &[
        id(),
        text("name", "").placed(Place::Name).required().replaces().matching(
            r"^[a-zA-Z0-9-]{3,24}$",
            "may only contain alphanumeric characters and dashes and must be between 3-24 chars",
        ),
        resource_group_name(),
        location(),
        text("sku_name", "sku.name").required().one_of(&["standard", "premium"]),
        text("tenant_id", "tenantId").formed(Form::Uuid).required(),
        flag("enabled_for_deployment", "enabledForDeployment"),
        flag("enabled_for_disk_encryption", "enabledForDiskEncryption"),
        flag("enabled_for_template_deployment", "enabledForTemplateDeployment"),
        flag("rbac_authorization_enabled", "enableRbacAuthorization")
            .formerly(&[("enable_rbac_authorization", Was::Same)])
            .default_flag(false),
        flag("purge_protection_enabled", "enablePurgeProtection"),
        flag("public_network_access_enabled", "publicNetworkAccess").default_flag(true).spelled(ENABLED),
        number("soft_delete_retention_days", "softDeleteRetentionInDays")
            .default_number(90)
            .or_default()
            .between(7, 90),
        text("vault_uri", "vaultUri").read_only(),
        block("network_acls", "networkAcls", NETWORK_ACLS).computed(),
        objects("access_policy", "accessPolicies", ACCESS_POLICY).at_most(1024).computed(),
        tags(),
    ],
    calls: &[],
    groups: &[],
    rules: &[],
    hooks: Hooks { refuses: Some(other_rules::purging), before_write: Some(complete), ..Hooks::NONE },
};

/// Deletion is always soft; a vault without policies has an empty list of them.
fn complete(document: &mut Json, writing: &Writing<'_>) {
    if at(document, "sku.name").is_some() {
        put(document, "sku.family", json!("A"));
    }
    let policies = document.pointer_mut("/body/properties/accessPolicies").and_then(Json::as_array_mut);
    for policy in policies.into_iter().flatten().filter(|policy| policy["permissions"].is_null()) {
        policy["permissions"] = json!({});
    }
    if writing.prior.is_null() {
        put(document, "enableSoftDelete", json!(true));
        put(document, "createMode", json!("default"));
        if at(document, "accessPolicies").is_none() {
            put(document, "accessPolicies", json!([]));
        }
    }
}
