//! `azurerm_machine_learning_compute_cluster` is `Microsoft.MachineLearningServices/workspaces/computes`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.machinelearningservices/2025-06-01/workspaces/computes>

use crate::arm_client::Method;
use crate::arm_client::Request;
use crate::catalogue::cluster_rules;
use crate::catalogue::identities;
use crate::catalogue::rules::has_identity;
use crate::catalogue::rules::said;
use crate::document::at;
use crate::document::put;
use crate::resource_type::Lookup;
use crate::resource_type::{Arm, Hooks, Minutes, ResourceType, Writing};
use crate::row::{Row, block, flag, id, location, name, number, parent, tags, text};
use crate::spelling::{ENABLED, Spelling};
use aksel_lang::value::Value;
use serde_json::Value as Json;
use serde_json::json;

/// The rows of `scale_settings`.
pub const SCALE_SETTINGS: &[Row] = &[
    number("min_node_count", "minNodeCount").required(),
    number("max_node_count", "maxNodeCount").required(),
    text("scale_down_nodes_after_idle_duration", "nodeIdleTimeBeforeScaleDown")
        .required()
        .spelled(Spelling::Duration),
];

/// The rows of `ssh`.
pub const SSH: &[Row] = &[
    text("admin_username", "adminUserName").required().replaces(),
    text("admin_password", "adminUserPassword").replaces().sensitive(),
    text("key_value", "adminUserSshPublicKey").replaces(),
];

/// Machines that a workspace starts when it needs them.
pub const MACHINE_LEARNING_COMPUTE_CLUSTER: ResourceType = ResourceType {
    name: "azurerm_machine_learning_compute_cluster",
    arm: Arm { kind: "Microsoft.MachineLearningServices/workspaces/computes", api: "2025-06-01" },
    schema_version: 0,
    minutes: Minutes { create: 30, read: 5, update: 30, delete: 30 },
    attributes: &[
        id(),
        name(),
        parent("machine_learning_workspace_id"),
        location(),
        text("description", "description").replaces(),
        flag("local_auth_enabled", "disableLocalAuth")
            .default_flag(true)
            .replaces()
            .spelled(Spelling::Inverted),
        text("vm_size", "properties.vmSize").required().replaces().spelled(Spelling::AnyCase),
        text("vm_priority", "properties.vmPriority")
            .required()
            .replaces()
            .one_of(&["Dedicated", "LowPriority"]),
        flag("node_public_ip_enabled", "properties.enableNodePublicIp")
            .default_flag(true)
            .replaces()
            .or_default(),
        flag("ssh_public_access_enabled", "properties.remoteLoginPortPublicAccess")
            .default_flag(false)
            .replaces()
            .spelled(ENABLED),
        text("subnet_resource_id", "properties.subnet.id")
            .computed()
            .replaces()
            .or_null()
            .spelled(Spelling::Id),
        block("scale_settings", "properties.scaleSettings", SCALE_SETTINGS).at_least(1),
        block("ssh", "properties.userAccountCredentials", SSH).replaces(),
        block("identity", "/identity", identities::BOTH_KINDS_OLDER).present_when(has_identity),
        tags(),
    ],
    calls: &[],
    groups: &[],
    rules: &[cluster_rules::identity],
    hooks: Hooks {
        before_write: Some(complete),
        lookup: Some(Lookup { gives: "workspace_sku", request: workspace, pick: sku }),
        ..Hooks::NONE
    },
};

/// A cluster of machines has the tier of its workspace.
fn workspace(planned: &Value, _subscription: &str) -> Option<Request> {
    Some(Request::plain(Method::Get, said(planned, "machine_learning_workspace_id")?, "2025-06-01"))
}

fn sku(body: &Json) -> Option<String> {
    Some(body["sku"]["name"].as_str().unwrap_or("Basic").to_owned())
}

fn complete(document: &mut Json, writing: &Writing<'_>) {
    if writing.prior.is_null() {
        if let Some(sku) = said(writing.planned, "workspace_sku") {
            put(document, "/sku", json!({ "name": sku, "tier": sku }));
        }
        put(document, "computeType", json!("AmlCompute"));
        if let Some(location) = at(document, "/location").cloned() {
            put(document, "computeLocation", location);
        }
    }
}
