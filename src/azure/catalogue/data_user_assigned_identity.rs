//! `azurerm_user_assigned_identity` (data source) is `Microsoft.ManagedIdentity/userAssignedIdentities`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.managedidentity/2024-11-30/userassignedidentities>

use crate::resource_type::{Arm, DataSource, Hooks};
use crate::row::{id, name, resource_group_name, tags, text};
use crate::spelling::Spelling;

/// An identity that exists.
pub const USER_ASSIGNED_IDENTITY: DataSource = DataSource {
    name: "azurerm_user_assigned_identity",
    arm: Arm { kind: "Microsoft.ManagedIdentity/userAssignedIdentities", api: "2024-11-30" },
    attributes: &[
        id(),
        name(),
        resource_group_name(),
        text("location", "/location").spelled(Spelling::Location).read_only(),
        text("isolation_scope", "isolationScope").read_only(),
        text("client_id", "clientId").read_only(),
        text("principal_id", "principalId").read_only(),
        text("tenant_id", "tenantId").read_only(),
        tags().read_only(),
    ],
    calls: &[],
    hooks: Hooks::NONE,
};
