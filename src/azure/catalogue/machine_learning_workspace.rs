//! `azurerm_machine_learning_workspace` is `Microsoft.MachineLearningServices/workspaces`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.machinelearningservices/2025-06-01/workspaces>

use crate::catalogue::cluster_rules;
use crate::catalogue::identities;
use crate::catalogue::other_rules;
use crate::catalogue::rules::has_identity;
use crate::document::at;
use crate::document::put;
use crate::group::Group;
use crate::resource_type::{Arm, Hooks, Minutes, ResourceType, Writing};
use crate::row::{Place, Row, block, flag, id, location, resource_group_name, tags, text};
use crate::spelling::{ENABLED, Spelling};
use aksel_lang::value::Value;
use serde_json::Value as Json;
use serde_json::json;

/// The rows of `encryption`.
pub const ENCRYPTION: &[Row] = &[
    text("key_vault_id", "keyVaultProperties.keyVaultArmId").required().spelled(Spelling::Id),
    text("key_id", "keyVaultProperties.keyIdentifier").required(),
    text("user_assigned_identity_id", "identity.userAssignedIdentity").spelled(Spelling::Id),
];

/// The rows of `feature_store`.
pub const FEATURE_STORE: &[Row] = &[
    text("computer_spark_runtime_version", "computeRuntime.sparkRuntimeVersion"),
    text("offline_connection_name", "offlineStoreConnectionName"),
    text("online_connection_name", "onlineStoreConnectionName"),
];

/// The rows of `managed_network`.
pub const MANAGED_NETWORK: &[Row] = &[
    text("isolation_mode", "isolationMode").computed().one_of(&[
        "Disabled",
        "AllowOnlyApprovedOutbound",
        "AllowInternetOutbound",
    ]),
    flag("provision_on_creation_enabled", "provision").default_flag(false).replaces(),
];

/// The rows of `serverless_compute`.
pub const SERVERLESS_COMPUTE: &[Row] = &[
    text("subnet_id", "serverlessComputeCustomSubnet").spelled(Spelling::Id),
    flag("public_ip_enabled", "serverlessComputeNoPublicIP").default_flag(false).spelled(Spelling::Inverted),
];

/// A workspace of Azure Machine Learning.
pub const MACHINE_LEARNING_WORKSPACE: ResourceType = ResourceType {
    name: "azurerm_machine_learning_workspace",
    arm: Arm { kind: "Microsoft.MachineLearningServices/workspaces", api: "2025-06-01" },
    schema_version: 0,
    minutes: Minutes { create: 30, read: 5, update: 30, delete: 30 },
    attributes: &[
        id(),
        resource_group_name(),
        text("name", "").placed(Place::Name).required().replaces().matching(r"^[a-zA-Z0-9][\w-]{2,32}$", "between 3 and 33 characters, and may only include alphanumeric characters, hyphens and underscores"),
        location(),
        text("kind", "/kind").default_text("Default").one_of(&["Default", "FeatureStore"]),
        text("sku_name", "/sku/name").default_text("Basic").one_of(&["Basic"]),
        text("application_insights_id", "applicationInsights").required().replaces().spelled(Spelling::Id),
        text("key_vault_id", "keyVault").required().replaces().spelled(Spelling::Id),
        text("storage_account_id", "storageAccount").required().replaces().spelled(Spelling::Id),
        text("container_registry_id", "containerRegistry").replaces().spelled(Spelling::Id),
        text("description", "description"),
        text("friendly_name", "friendlyName"),
        flag("high_business_impact", "hbiWorkspace").replaces(),
        text("image_build_compute_name", "imageBuildCompute"),
        text("primary_user_assigned_identity", "primaryUserAssignedIdentity").spelled(Spelling::Id),
        flag("public_network_access_enabled", "publicNetworkAccess").default_flag(true).spelled(ENABLED),
        flag("service_side_encryption_enabled", "enableServiceSideCMKEncryption").default_flag(false).replaces(),
        text("storage_account_access_type", "systemDatastoresAuthMode").default_text("AccessKey").one_of(&["AccessKey", "Identity"]),
        flag("v1_legacy_mode_enabled", "v1LegacyMode").default_flag(false),
        block("encryption", "encryption", ENCRYPTION).replaces().present_when(|json| json["status"] == "Enabled"),
        block("feature_store", "featureStoreSettings", FEATURE_STORE).present_when(|json| json["computeRuntime"].is_object()),
        block("managed_network", "managedNetwork", MANAGED_NETWORK).computed(),
        block("serverless_compute", "serverlessComputeSettings", SERVERLESS_COMPUTE).present_when(|json| json["serverlessComputeCustomSubnet"].is_string() || json["serverlessComputeNoPublicIP"].is_boolean()),
        block("identity", "/identity", identities::BOTH_KINDS).at_least(1).present_when(has_identity),
        tags(),
        text("discovery_url", "discoveryUrl").read_only(),
        text("workspace_id", "workspaceId").read_only(),
    ],
    calls: &[],
    groups: &[Group::Needs("service_side_encryption_enabled", &["encryption"])],
    rules: &[cluster_rules::identity, other_rules::features, other_rules::serverless],
    hooks: Hooks { before_read: Some(shape), before_write: Some(complete), ..Hooks::NONE },
};

/// Whether the network is made at once is said beside the network.
fn shape(document: &mut Json, _state: &Value) {
    let properties = &mut document["body"]["properties"];
    if properties["managedNetwork"].is_object() {
        properties["managedNetwork"]["provision"] = json!(properties["provisionNetworkNow"] == true);
    }
}

fn complete(document: &mut Json, _writing: &Writing<'_>) {
    if let Some(sku) = at(document, "/sku/name").cloned() {
        put(document, "/sku/tier", sku);
    }
    let properties = &mut document["body"]["properties"];
    let provision =
        properties["managedNetwork"].as_object_mut().and_then(|network| network.remove("provision"));
    if let Some(provision) = provision {
        properties["provisionNetworkNow"] = provision;
    } else if properties["managedNetwork"].is_null()
        && let Some(members) = properties.as_object_mut()
    {
        members.remove("managedNetwork");
    }
    if properties["encryption"].is_object() {
        properties["encryption"]["status"] = json!("Enabled");
    } else if let Some(members) =
        properties.as_object_mut().filter(|members| members.get("encryption").is_some_and(Json::is_null))
    {
        members.remove("encryption");
    }
}
