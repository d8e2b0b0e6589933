//! `azurerm_container_registry_scope_map` is `Microsoft.ContainerRegistry/registries/scopeMaps`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.containerregistry/2025-11-01/registries/scopemaps>

use crate::resource_type::{Arm, Hooks, Minutes, ResourceType};
use crate::row::{Place, id, name, resource_group_name, text, texts};
use crate::spelling::Spelling;

/// What a token of a registry may do.
pub const CONTAINER_REGISTRY_SCOPE_MAP: ResourceType = ResourceType {
    name: "azurerm_container_registry_scope_map",
    arm: Arm { kind: "Microsoft.ContainerRegistry/registries/scopeMaps", api: "2025-11-01" },
    schema_version: 0,
    minutes: Minutes { create: 30, read: 5, update: 30, delete: 30 },
    attributes: &[
        id(),
        name(),
        resource_group_name(),
        text("container_registry_name", "")
            .placed(Place::Within("registries"))
            .spelled(Spelling::AnyCase)
            .required()
            .replaces(),
        texts("actions", "actions").required(),
        text("description", "description"),
    ],
    calls: &[],
    groups: &[],
    rules: &[],
    hooks: Hooks::NONE,
};
