//! `azurerm_user_assigned_identity` is `Microsoft.ManagedIdentity/userAssignedIdentities`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.managedidentity/2024-11-30/userassignedidentities>

use crate::resource_type::{Arm, Hooks, Minutes, ResourceType};
use crate::row::{Place, id, location, resource_group_name, tags, text};
use crate::spelling::Spelling;

/// An identity that workloads act as.
pub const USER_ASSIGNED_IDENTITY: ResourceType = ResourceType {
    name: "azurerm_user_assigned_identity",
    arm: Arm { kind: "Microsoft.ManagedIdentity/userAssignedIdentities", api: "2024-11-30" },
    schema_version: 1,
    minutes: Minutes { create: 30, read: 5, update: 30, delete: 30 },
    attributes: &[
        id(),
        text("name", "").placed(Place::Name).required().replaces().matching(
            r"^[a-zA-Z0-9][a-zA-Z0-9_-]{2,127}$",
            "3 to 128 letters, digits, hyphens and underscores",
        ),
        resource_group_name(),
        location(),
        text("isolation_scope", "isolationScope").one_of(&["Regional"]).spelled(Spelling::EmptyIs("None")),
        text("client_id", "clientId").read_only(),
        text("principal_id", "principalId").read_only(),
        text("tenant_id", "tenantId").read_only(),
        tags(),
    ],
    calls: &[],
    groups: &[],
    rules: &[],
    hooks: Hooks::NONE,
};
