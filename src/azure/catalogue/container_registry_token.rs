//! `azurerm_container_registry_token` is `Microsoft.ContainerRegistry/registries/tokens`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.containerregistry/2025-11-01/registries/tokens>

use crate::resource_type::{Arm, Hooks, Minutes, ResourceType};
use crate::row::{Place, flag, id, name, resource_group_name, text};
use crate::spelling::{LOWER_ENABLED, Spelling};

/// A token of a registry.
pub const CONTAINER_REGISTRY_TOKEN: ResourceType = ResourceType {
    name: "azurerm_container_registry_token",
    arm: Arm { kind: "Microsoft.ContainerRegistry/registries/tokens", api: "2025-11-01" },
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
        flag("enabled", "status").default_flag(true).spelled(LOWER_ENABLED),
        text("scope_map_id", "scopeMapId").required().spelled(Spelling::Id),
    ],
    calls: &[],
    groups: &[],
    rules: &[],
    hooks: Hooks::NONE,
};
