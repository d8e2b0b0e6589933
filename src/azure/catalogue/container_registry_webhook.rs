//! `azurerm_container_registry_webhook` is `Microsoft.ContainerRegistry/registries/webHooks`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.containerregistry/2025-11-01/registries/webhooks>

use crate::document::put;
use crate::resource_type::{Arm, Call, Hooks, Minutes, ResourceType, Writing};
use crate::row::{Place, id, location, map, resource_group_name, tags, text, text_set};
use crate::spelling::Spelling;
use serde_json::Value as Json;

/// Tells others what happens in a registry.
pub const CONTAINER_REGISTRY_WEBHOOK: ResourceType = ResourceType {
    name: "azurerm_container_registry_webhook",
    arm: Arm { kind: "Microsoft.ContainerRegistry/registries/webHooks", api: "2025-11-01" },
    schema_version: 1,
    minutes: Minutes { create: 30, read: 5, update: 30, delete: 30 },
    attributes: &[
        id(),
        resource_group_name(),
        text("name", "").placed(Place::Name).required().replaces().matching(
            r"^[a-zA-Z0-9]{5,50}$",
            "alpha numeric characters only are allowed, between 5 and 50 of them",
        ),
        text("registry_name", "")
            .placed(Place::Within("registries"))
            .spelled(Spelling::AnyCase)
            .required()
            .replaces(),
        location(),
        text("service_uri", "config:/serviceUri").required(),
        map("custom_headers", "config:/customHeaders"),
        text("status", "status").default_text("enabled").one_of(&["enabled", "disabled"]),
        text("scope", "scope").default_text(""),
        text_set("actions", "actions").required(),
        tags(),
    ],
    calls: &[Call::post("config", "getCallbackConfig")],
    groups: &[],
    rules: &[],
    hooks: Hooks { before_write: Some(complete), ..Hooks::NONE },
};

/// What is asked for at another place is written with the rest.
fn complete(document: &mut Json, _writing: &Writing<'_>) {
    let config = document["config"].take();
    if config.is_object() {
        put(document, "", config);
    }
    if let Some(members) = document.as_object_mut() {
        members.remove("config");
    }
}
