//! `azurerm_container_registry` is `Microsoft.ContainerRegistry/registries`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.containerregistry/2025-11-01/registries>

use serde_json::{Value as Json, json};

use crate::catalogue::rules::{identity_block, only_with};
use crate::document::{at, put};
use crate::resource_type::{Arm, Call, HALF_AN_HOUR, Hooks, ResourceType};
use crate::row::{Row, blocks, flag, id, location, name, number, objects, resource_group_name, tags, text, text_set};
use crate::spelling::{ENABLED, LOWER_ENABLED, Spelling};

/// The admin's user and passwords. ARM answers this call with an error while the admin user is disabled.
const CREDENTIALS: Call =
    Call::post("credentials", "listCredentials").when(|body| body["properties"]["adminUserEnabled"] == true);

const IP_RULES: &[Row] = &[text("action", "action").required(), text("ip_range", "value").required()];

const NETWORK_RULES: &[Row] = &[
    text("default_action", "defaultAction").default_text("Allow"),
    Row { kind: crate::row::Kind::Objects(IP_RULES), ..objects("ip_rule", "ipRules", IP_RULES) },
];

const ENCRYPTION: &[Row] = &[
    text("identity_client_id", "keyVaultProperties.identity").required(),
    text("key_vault_key_id", "keyVaultProperties.keyIdentifier").required(),
];

const REPLICATION: &[Row] = &[
    text("location", "location").required().spelled(Spelling::Location),
    flag("global_endpoint_routing_enabled", "properties.globalEndpointRouting").required().spelled(ENABLED),
    flag("zone_redundancy_enabled", "properties.zoneRedundancy").spelled(ENABLED).default_flag(false),
    Row { absent: crate::row::Absent::Null, ..crate::row::map("tags", "tags") },
];

/// A registry for container images.
pub const CONTAINER_REGISTRY: ResourceType = ResourceType {
    name: "azurerm_container_registry",
    arm: Arm { kind: "Microsoft.ContainerRegistry/registries", api: "2025-11-01" },
    schema_version: 2,
    minutes: HALF_AN_HOUR,
    attributes: &[
        id(),
        name().matching("^[a-zA-Z0-9]{5,50}$", "alpha numeric characters only are allowed in \"name\", 5 to 50 of them"),
        resource_group_name(),
        location(),
        text("sku", "/sku/name").required().one_of(&["Basic", "Standard", "Premium"]),
        flag("admin_enabled", "adminUserEnabled").default_flag(false),
        flag("anonymous_pull_enabled", "anonymousPullEnabled"),
        flag("azuread_authentication_as_arm_policy_enabled", "policies.azureADAuthenticationAsArmPolicy.status")
            .spelled(LOWER_ENABLED)
            .default_flag(true),
        flag("data_endpoint_enabled", "dataEndpointEnabled"),
        flag("export_policy_enabled", "policies.exportPolicy.status").spelled(LOWER_ENABLED).default_flag(true),
        flag("network_rule_bypass_for_tasks_enabled", "networkRuleBypassAllowedForTasks").default_flag(false),
        text("network_rule_bypass_option", "networkRuleBypassOptions")
            .default_text("AzureServices")
            .one_of(&["AzureServices", "None"]),
        flag("public_network_access_enabled", "publicNetworkAccess").spelled(ENABLED).default_flag(true),
        flag("quarantine_policy_enabled", "policies.quarantinePolicy.status").spelled(LOWER_ENABLED),
        number("retention_policy_in_days", "policies.retentionPolicy.days").between(0, 365),
        text("role_assignment_mode", "roleAssignmentMode").default_text("LegacyRegistryPermissions"),
        flag("zone_redundancy_enabled", "zoneRedundancy").spelled(ENABLED).default_flag(false).replaces(),
        objects("encryption", "encryption", ENCRYPTION).present_when(|json| json["status"] == "enabled").or_null(),
        objects("network_rule_set", "networkRuleSet", NETWORK_RULES).computed(),
        blocks("georeplications", "replications:/value", REPLICATION),
        identity_block(),
        tags(),
        text("login_server", "loginServer").read_only(),
        text("admin_username", "credentials:/username").read_only(),
        text("admin_password", "credentials:/passwords/0/value").read_only().sensitive(),
        text_set("data_endpoint_host_names", "dataEndpointHostNames").read_only(),
    ],
    calls: &[CREDENTIALS],
    rules: &[|config| only_with(config, "sku", &["Premium"], &["encryption", "georeplications", "zone_redundancy_enabled"])],
    hooks: Hooks { before_write: Some(complete), after_read: Some(tidy), ..Hooks::NONE },
};

/// The tier goes with the name, and a retention of some days is a retention that is on.
fn complete(document: &mut Json, _planned: &aksel_lang::value::Value) {
    if let Some(sku) = at(document, "/sku/name").cloned() {
        put(document, "/sku/tier", sku);
    }
    if let Some(days) = at(document, "policies.retentionPolicy.days").and_then(Json::as_i64) {
        let status = if days > 0 { "enabled" } else { "disabled" };
        put(document, "policies.retentionPolicy.status", json!(status));
    }
    if at(document, "encryption").is_some() {
        put(document, "encryption.status", json!("enabled"));
    }
}

/// State has empty lists where ARM has nothing.
fn tidy(
    values: &mut std::collections::BTreeMap<aksel_lang::types::Text, aksel_lang::value::Value>,
    _document: &Json,
    _id: &str,
) {
    use aksel_lang::value::Value;
    for name in ["network_rule_set", "georeplications"] {
        if let Some(value) = values.get_mut(name).filter(|value| value.is_null()) {
            let element = value.ty().element().cloned().unwrap_or(aksel_lang::types::Type::Dynamic);
            *value = Value::list(element, []);
        }
    }
    let names = values.get("data_endpoint_host_names").filter(|value| value.is_null()).cloned();
    if names.is_some() {
        values.insert("data_endpoint_host_names".into(), aksel_lang::set::set(aksel_lang::types::Type::String, []));
    }
}
