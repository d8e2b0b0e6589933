//! `azurerm_machine_learning_workspace` (data source) is `Microsoft.MachineLearningServices/workspaces`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.machinelearningservices/2025-06-01/workspaces>

use crate::catalogue::identities;
use crate::catalogue::rules::has_identity;
use crate::resource_type::{Arm, DataSource, Hooks};
use crate::row::{Row, id, name, object, resource_group_name, tags, text, texts};
use crate::spelling::Spelling;

/// The rows of `identity`.
pub const IDENTITY: &[Row] = &[
    text("type", "type").read_only().spelled(identities::WITH_BLANK),
    texts("identity_ids", "userAssignedIdentities").read_only().spelled(Spelling::Keys),
    text("principal_id", "principalId").read_only(),
    text("tenant_id", "tenantId").read_only(),
];

/// A workspace that exists.
pub const MACHINE_LEARNING_WORKSPACE: DataSource = DataSource {
    name: "azurerm_machine_learning_workspace",
    arm: Arm { kind: "Microsoft.MachineLearningServices/workspaces", api: "2025-06-01" },
    attributes: &[
        id(),
        name(),
        resource_group_name(),
        text("storage_account_access_type", "systemDatastoresAuthMode").read_only(),
        object("identity", "/identity", IDENTITY).read_only().present_when(has_identity),
        text("location", "/location").spelled(Spelling::Location).read_only(),
        tags().read_only(),
    ],
    calls: &[],
    hooks: Hooks::NONE,
};
