//! `azurerm_container_registry_cache_rule` is `Microsoft.ContainerRegistry/registries/cacheRules`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.containerregistry/2023-07-01/registries/cacherules>

use crate::resource_type::{Arm, Hooks, Minutes, ResourceType};
use crate::row::{id, name, parent, text};
use crate::spelling::Spelling;

/// Images that a registry keeps of another one.
pub const CONTAINER_REGISTRY_CACHE_RULE: ResourceType = ResourceType {
    name: "azurerm_container_registry_cache_rule",
    arm: Arm { kind: "Microsoft.ContainerRegistry/registries/cacheRules", api: "2023-07-01" },
    schema_version: 0,
    minutes: Minutes { create: 30, read: 5, update: 30, delete: 30 },
    attributes: &[
        id(),
        name(),
        parent("container_registry_id"),
        text("credential_set_id", "credentialSetResourceId").spelled(Spelling::Id),
        text("source_repo", "sourceRepository").required().replaces(),
        text("target_repo", "targetRepository").required().replaces(),
    ],
    calls: &[],
    groups: &[],
    rules: &[],
    hooks: Hooks::NONE,
};
