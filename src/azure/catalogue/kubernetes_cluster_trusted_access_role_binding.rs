//! `azurerm_kubernetes_cluster_trusted_access_role_binding` is `Microsoft.ContainerService/managedClusters/trustedAccessRoleBindings`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.containerservice/2025-10-01/managedclusters/trustedaccessrolebindings>

use crate::catalogue::rules::said;
use crate::resource_type::{Arm, Hooks, Minutes, ResourceType};
use crate::row::{id, name, parent, text, texts};
use crate::spelling::Spelling;
use aksel_lang::value::Value;

/// Lets another service of Azure into a cluster.
pub const KUBERNETES_CLUSTER_TRUSTED_ACCESS_ROLE_BINDING: ResourceType = ResourceType {
    name: "azurerm_kubernetes_cluster_trusted_access_role_binding",
    arm: Arm {
        kind: "Microsoft.ContainerService/managedClusters/trustedAccessRoleBindings",
        api: "2025-10-01",
    },
    schema_version: 0,
    minutes: Minutes { create: 30, read: 5, update: 30, delete: 30 },
    attributes: &[
        id(),
        name(),
        parent("kubernetes_cluster_id"),
        text("source_resource_id", "sourceResourceId").required().replaces().spelled(Spelling::Id),
        texts("roles", "roles").required(),
    ],
    calls: &[],
    groups: &[],
    rules: &[],
    hooks: Hooks { lane: Some(lane), ..Hooks::NONE },
};

/// Parts of one cluster are changed one after the other.
fn lane(planned: &Value) -> Option<String> {
    said(planned, "kubernetes_cluster_id").map(str::to_owned)
}
