//! `azurerm_machine_learning_compute_instance` is `Microsoft.MachineLearningServices/workspaces/computes`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.machinelearningservices/2025-06-01/workspaces/computes>

use crate::arm_client::{Method, Request};
use crate::catalogue::cluster_rules;
use crate::catalogue::identities;
use crate::catalogue::rules::has_identity;
use crate::catalogue::rules::said;
use crate::document::at;
use crate::document::put;
use crate::resource_type::Lookup;
use crate::resource_type::{Arm, Hooks, Minutes, ResourceType, Writing};
use crate::row::{Row, block, flag, id, name, number, parent, tags, text};
use crate::spelling::Spelling;
use aksel_lang::value::Value;
use serde_json::Value as Json;
use serde_json::json;

/// The rows of `assign_to_user`.
pub const ASSIGN_TO_USER: &[Row] = &[text("object_id", "objectId"), text("tenant_id", "tenantId")];

/// The rows of `ssh`.
pub const SSH: &[Row] = &[
    text("public_key", "adminPublicKey").required(),
    text("username", "adminUserName").read_only(),
    number("port", "sshPort").read_only(),
];

/// A machine for one person of a workspace.
pub const MACHINE_LEARNING_COMPUTE_INSTANCE: ResourceType = ResourceType {
    name: "azurerm_machine_learning_compute_instance",
    arm: Arm { kind: "Microsoft.MachineLearningServices/workspaces/computes", api: "2025-06-01" },
    schema_version: 0,
    minutes: Minutes { create: 30, read: 5, update: 30, delete: 30 },
    attributes: &[
        id(),
        name(),
        parent("machine_learning_workspace_id"),
        text("virtual_machine_size", "properties.vmSize").required().replaces().spelled(Spelling::AnyCase),
        text("authorization_type", "properties.computeInstanceAuthorizationType")
            .replaces()
            .one_of(&["personal"]),
        text("description", "description").replaces(),
        flag("local_auth_enabled", "disableLocalAuth")
            .default_flag(true)
            .replaces()
            .spelled(Spelling::Inverted),
        flag("node_public_ip_enabled", "properties.enableNodePublicIp")
            .default_flag(true)
            .replaces()
            .or_default(),
        text("subnet_resource_id", "properties.subnet.id").replaces().spelled(Spelling::Id),
        block("assign_to_user", "properties.personalComputeInstanceSettings.assignedUser", ASSIGN_TO_USER)
            .replaces(),
        block("ssh", "properties.sshSettings", SSH)
            .replaces()
            .present_when(|json| json["sshPublicAccess"] == "Enabled"),
        block("identity", "/identity", identities::BOTH_KINDS_FOR_GOOD).replaces().present_when(has_identity),
        tags().replaces(),
    ],
    calls: &[],
    groups: &[],
    rules: &[cluster_rules::identity],
    hooks: Hooks {
        before_write: Some(complete),
        lookup: Some(Lookup { gives: "workspace_location", request: workspace, pick: location }),
        ..Hooks::NONE
    },
};

/// A machine is in the region of its workspace.
fn workspace(planned: &Value, _subscription: &str) -> Option<Request> {
    Some(Request::plain(Method::Get, said(planned, "machine_learning_workspace_id")?, "2025-06-01"))
}

fn location(body: &Json) -> Option<String> {
    body["location"].as_str().map(str::to_owned)
}

fn complete(document: &mut Json, writing: &Writing<'_>) {
    if let Some(location) = said(writing.planned, "workspace_location") {
        put(document, "/location", json!(location));
        put(document, "computeLocation", json!(location));
    }
    if writing.prior.is_null() {
        put(document, "computeType", json!("ComputeInstance"));
    }
    if at(document, "properties.sshSettings").is_some() {
        put(document, "properties.sshSettings.sshPublicAccess", json!("Enabled"));
    }
}
