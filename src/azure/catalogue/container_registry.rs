//! `azurerm_container_registry` is `Microsoft.ContainerRegistry/registries`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.containerregistry/2025-11-01/registries>

use crate::catalogue::cluster_rules;
use crate::catalogue::identities;
use crate::catalogue::rules::has_identity;
use crate::catalogue::rules::is_set;
use crate::document::at;
use crate::document::put;
use crate::resource_type::{Arm, Call, Hooks, Minutes, ResourceType, Writing};
use crate::row::{
    Form, Place, Row, Was, block, blocks, flag, id, location, map, number, object, objects,
    resource_group_name, tags, text, text_set,
};
use crate::spelling::{ENABLED, LOWER_ENABLED, Spelling};
use crate::steps::Step;
use crate::steps::StepInput;
use aksel_lang::code::Code;
use aksel_lang::number::Number;
use aksel_lang::path::Path;
use aksel_lang::value::Value;
use aksel_provider::finding::Finding;
use aksel_state::intent::Deed;
use serde_json::Value as Json;
use serde_json::json;

/// The rows of `encryption`.
pub const ENCRYPTION: &[Row] = &[
    text("identity_client_id", "keyVaultProperties.identity").formed(Form::Uuid).required(),
    text("key_vault_key_id", "keyVaultProperties.keyIdentifier").formed(Form::VaultKey).required(),
];

/// The rows of `network_rule_set.ip_rule`.
pub const NETWORK_RULE_SET_IP_RULE: &[Row] = &[
    text("action", "action").required().one_of(&["Allow"]),
    text("ip_range", "value").formed(Form::Network).required(),
];

/// The rows of `network_rule_set`.
pub const NETWORK_RULE_SET: &[Row] = &[
    text("default_action", "defaultAction").default_text("Allow").one_of(&["Allow", "Deny"]),
    objects("ip_rule", "ipRules", NETWORK_RULE_SET_IP_RULE).unordered().computed(),
];

/// The rows of `georeplications`.
pub const GEOREPLICATIONS: &[Row] = &[
    text("location", "location").required().spelled(Spelling::Location),
    flag("global_endpoint_routing_enabled", "properties.regionEndpointEnabled")
        .formerly(&[("regional_endpoint_enabled", Was::Same)])
        .required(),
    flag("zone_redundancy_enabled", "properties.zoneRedundancy").default_flag(false).spelled(ENABLED),
    map("tags", "tags"),
];

/// A registry for container images.
pub const CONTAINER_REGISTRY: ResourceType = ResourceType {
    name: "azurerm_container_registry",
    arm: Arm { kind: "Microsoft.ContainerRegistry/registries", api: "2025-11-01" },
    schema_version: 2,
    minutes: Minutes { create: 30, read: 5, update: 30, delete: 30 },
    attributes: &[
        id(),
        text("name", "")
            .placed(Place::Name)
            .required()
            .replaces()
            .matching(r"^[a-zA-Z0-9]*$", "alpha numeric characters only are allowed"),
        resource_group_name(),
        location(),
        text("sku", "/sku/name").required().one_of(&["Basic", "Standard", "Premium"]),
        flag("admin_enabled", "adminUserEnabled").default_flag(false),
        flag("anonymous_pull_enabled", "anonymousPullEnabled"),
        flag(
            "azuread_authentication_as_arm_policy_enabled",
            "policies.azureADAuthenticationAsArmPolicy.status",
        )
        .default_flag(true)
        .spelled(LOWER_ENABLED),
        flag("data_endpoint_enabled", "dataEndpointEnabled"),
        flag("export_policy_enabled", "policies.exportPolicy.status")
            .default_flag(true)
            .spelled(LOWER_ENABLED),
        flag("network_rule_bypass_for_tasks_enabled", "networkRuleBypassAllowedForTasks").default_flag(false),
        text("network_rule_bypass_option", "networkRuleBypassOptions")
            .default_text("AzureServices")
            .one_of(&["AzureServices", "None"]),
        flag("public_network_access_enabled", "publicNetworkAccess").default_flag(true).spelled(ENABLED),
        flag("quarantine_policy_enabled", "policies.quarantinePolicy.status").spelled(LOWER_ENABLED),
        number("retention_policy_in_days", "policies.retentionPolicy.days").between(0, 365),
        text("role_assignment_mode", "roleAssignmentMode")
            .default_text("LegacyRegistryPermissions")
            .one_of(&["LegacyRegistryPermissions", "AbacRepositoryPermissions"]),
        flag("zone_redundancy_enabled", "zoneRedundancy").default_flag(false).replaces().spelled(ENABLED),
        object("encryption", "encryption", ENCRYPTION).present_when(|json| json["status"] == "enabled"),
        object("network_rule_set", "networkRuleSet", NETWORK_RULE_SET).computed(),
        blocks("georeplications", "replications:/value", GEOREPLICATIONS),
        text("login_server", "loginServer").read_only(),
        text("admin_username", "credentials:/username").read_only(),
        text("admin_password", "credentials:/passwords/0/value").read_only().sensitive(),
        text_set("data_endpoint_host_names", "dataEndpointHostNames").read_only(),
        block("identity", "/identity", identities::BOTH_KINDS).present_when(has_identity),
        tags(),
    ],
    calls: &[
        Call::post("credentials", "listCredentials")
            .when(|body| body["properties"]["adminUserEnabled"] == true),
        Call::get("replications", "replications").when(|body| body["sku"]["name"] == "Premium"),
    ],
    groups: &[],
    rules: &[premium, standard, exporting, cluster_rules::identity],
    hooks: Hooks {
        before_read: Some(home_is_no_replication),
        before_write: Some(complete),
        steps: Some(replicate),
        ..Hooks::NONE
    },
};

/// What only a premium registry has, and how azurerm says so.
const PREMIUM: &[(&str, &str)] = &[
    ("georeplications", "an ACR geo-replication can only be applied when using the Premium Sku"),
    (
        "quarantine_policy_enabled",
        "an ACR quarantine policy can only be applied when using the Premium Sku. If you are downgrading from a Premium SKU please unset quarantine_policy_enabled",
    ),
    (
        "retention_policy_in_days",
        "an ACR retention policy can only be applied when using the Premium Sku. If you are downgrading from a Premium SKU please unset `retention_policy_in_days`",
    ),
    ("encryption", "an ACR encryption can only be applied when using the Premium Sku"),
    ("zone_redundancy_enabled", "ACR zone redundancy can only be applied when using the Premium Sku"),
    ("data_endpoint_enabled", "`data_endpoint_enabled` can only be applied when using the Premium Sku"),
    (
        "network_rule_set",
        "`network_rule_set` can only be specified for a Premium Sku. If you are reverting from a Premium to Basic SKU please set network_rule_set = []",
    ),
];

fn wrong(name: &str, summary: &str) -> Finding {
    Finding::error(Code::InvalidConfiguration, summary, "Azure would refuse this.").at(Path::attribute(name))
}

fn premium(config: &Value) -> Vec<Finding> {
    let sku = config.attribute("sku").and_then(Value::as_str);
    if sku.is_none_or(|sku| sku == "Premium") {
        return Vec::new();
    }
    let none = |name: &str| config.attribute(name).and_then(Value::as_number).is_some_and(Number::is_zero);
    let written = PREMIUM.iter().filter(|(name, _)| is_set(config, name) && !none(name));
    written.map(|(name, summary)| wrong(name, summary)).collect()
}

fn standard(config: &Value) -> Vec<Finding> {
    if config.attribute("sku").and_then(Value::as_str) == Some("Basic")
        && is_set(config, "anonymous_pull_enabled")
    {
        let summary = "`anonymous_pull_enabled` can only be applied when using the Standard/Premium Sku";
        return vec![wrong("anonymous_pull_enabled", summary)];
    }
    Vec::new()
}

/// A registry that exports nothing is premium and closed to the public; its own region is none of its replications.
fn exporting(config: &Value) -> Vec<Finding> {
    let is = |name: &str, truth: bool| config.attribute(name).and_then(Value::as_bool) == Some(truth);
    let open = config.attribute("public_network_access_enabled").is_some_and(|value| !value.is_known());
    let sku = config.attribute("sku").and_then(Value::as_str);
    let mut findings = Vec::new();
    if is("export_policy_enabled", false) && sku.is_some_and(|sku| sku != "Premium") {
        findings.push(wrong("export_policy_enabled", "an ACR export policy can only be disabled when using the Premium Sku. If you are downgrading from a Premium SKU please unset `export_policy_enabled` or set `export_policy_enabled = true`"));
    } else if is("export_policy_enabled", false) && !open && !is("public_network_access_enabled", false) {
        let summary = "to disable export of artifacts, `public_network_access_enabled` must also be `false`";
        findings.push(wrong("export_policy_enabled", summary));
    }
    if is("public_network_access_enabled", false) && sku.is_some_and(|sku| sku != "Premium") {
        let summary = "`public_network_access_enabled` can only be disabled for a Premium Sku";
        findings.push(wrong("public_network_access_enabled", summary));
    }
    let home = config.attribute("location").and_then(Value::as_str).map(crate::spelling::normal_location);
    if home.is_some_and(|home| regions(config).iter().any(|(region, _)| *region == home)) {
        let summary =
            "the `georeplications` list cannot contain the location where the Container Registry exists";
        findings.push(wrong("georeplications", summary));
    }
    findings
}

/// The region of the registry itself is listed as a replication too. Rules for networks belong to a premium registry.
fn home_is_no_replication(document: &mut Json, state: &Value) {
    if document["body"]["sku"]["name"] != "Premium" {
        document["body"]["properties"]["networkRuleSet"] = Json::Null;
    }
    let home = document["body"]["location"].as_str().unwrap_or_default().to_owned();
    let is_home =
        |item: &Json| item["location"].as_str().is_some_and(|place| place.eq_ignore_ascii_case(&home));
    if let Some(items) = document["replications"]["value"].as_array_mut() {
        items.retain(|item| !is_home(item));
        // ARM lists them in any order; those that are known keep theirs.
        let known: Vec<String> = regions(state).into_iter().map(|(region, _)| region).collect();
        let place = |item: &Json| {
            let region = crate::spelling::normal_location(item["location"].as_str().unwrap_or_default());
            known.iter().position(|one| *one == region).unwrap_or(known.len())
        };
        items.sort_by_key(place);
    }
}

/// The tier goes with the name, and a retention of some days is a retention that is on.
fn complete(document: &mut Json, _writing: &Writing<'_>) {
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

fn regions(value: &Value) -> Vec<(String, Value)> {
    let items = value.attribute("georeplications").and_then(Value::as_slice).unwrap_or_default();
    let region = |item: &Value| {
        Some((crate::spelling::normal_location(item.attribute("location")?.as_str()?), item.clone()))
    };
    items.iter().filter_map(region).collect()
}

/// Replications are objects of their own: those that are new or other are written, those that are gone deleted.
fn replicate(input: &StepInput<'_>, mut steps: Vec<Step>) -> Vec<Step> {
    if input.deed == Deed::Delete {
        return steps;
    }
    let (before, wanted) = (regions(input.prior), regions(input.planned));
    let address = |region: &str| format!("{}/replications/{region}", input.id);
    for (region, _) in before.iter().filter(|(region, _)| !wanted.iter().any(|(other, _)| other == region)) {
        steps.push(Step::delete(address(region), input.api));
    }
    for (region, item) in
        wanted.iter().filter(|(region, item)| !before.iter().any(|old| old.0 == *region && old.1 == *item))
    {
        let block = crate::write::block(GEOREPLICATIONS, item, None);
        let mut body = block;
        body["location"] = json!(region);
        steps.push(Step::put(address(region), input.api, body));
    }
    steps
}
