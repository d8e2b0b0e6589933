//! `azurerm_role_definition` (data source) is `Microsoft.Authorization/roleDefinitions`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.authorization/2022-05-01-preview/roledefinitions>

use crate::resource_type::{Arm, DataSource, Hooks};
use crate::row::{Place, Row, id, objects, text, text_set, texts};

/// The rows of `permissions`.
pub const PERMISSIONS: &[Row] = &[
    texts("actions", "actions").read_only(),
    texts("not_actions", "notActions").read_only(),
    text_set("data_actions", "dataActions"),
    text_set("not_data_actions", "notDataActions"),
    text("condition", "").placed(Place::State).read_only(),
    text("condition_version", "").placed(Place::State).read_only(),
];

/// A role, by name or id.
pub const ROLE_DEFINITION: DataSource = DataSource {
    name: "azurerm_role_definition",
    arm: Arm { kind: "Microsoft.Authorization/roleDefinitions", api: "2022-05-01-preview" },
    attributes: &[
        id(),
        text("name", "roleName").computed(),
        text("description", "description").read_only(),
        text("type", "type").read_only(),
        texts("assignable_scopes", "assignableScopes").read_only(),
        objects("permissions", "permissions", PERMISSIONS).read_only(),
        text("role_definition_id", "").placed(Place::State).computed(),
        text("role_definition_resource_id", "").placed(Place::State).read_only(),
        text("scope", "").placed(Place::State),
    ],
    calls: &[],
    hooks: Hooks::NONE,
};
