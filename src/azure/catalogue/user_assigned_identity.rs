//! `azurerm_user_assigned_identity` is `Microsoft.ManagedIdentity/userAssignedIdentities`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.managedidentity/2024-11-30/userassignedidentities>

use crate::resource_type::{Arm, HALF_AN_HOUR, Hooks, ResourceType};
use crate::row::{id, location, name, resource_group_name, tags, text};
use crate::spelling::Spelling;

/// An identity that workloads act as.
pub const USER_ASSIGNED_IDENTITY: ResourceType = ResourceType {
    name: "azurerm_user_assigned_identity",
    arm: Arm { kind: "Microsoft.ManagedIdentity/userAssignedIdentities", api: "2024-11-30" },
    schema_version: 1,
    minutes: HALF_AN_HOUR,
    attributes: &[
        id(),
        name().matching("^[a-zA-Z0-9][a-zA-Z0-9_-]{2,127}$", "\"name\" must be 3 to 128 letters, digits, hyphens and underscores"),
        resource_group_name(),
        location(),
        text("isolation_scope", "isolationScope").spelled(Spelling::EmptyIs("None")).one_of(&["", "Regional"]),
        tags(),
        text("client_id", "clientId").read_only(),
        text("principal_id", "principalId").read_only(),
        text("tenant_id", "tenantId").read_only(),
    ],
    calls: &[],
    rules: &[],
    hooks: Hooks::NONE,
};
