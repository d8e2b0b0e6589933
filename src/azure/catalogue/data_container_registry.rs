//! `azurerm_container_registry` (data source) is `Microsoft.ContainerRegistry/registries`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.containerregistry/2025-11-01/registries>

use crate::resource_type::{Arm, Call, DataSource, Hooks};
use crate::row::{flag, id, name, resource_group_name, tags, text, text_set};
use crate::spelling::Spelling;

/// A registry that exists.
pub const CONTAINER_REGISTRY: DataSource = DataSource {
    name: "azurerm_container_registry",
    arm: Arm { kind: "Microsoft.ContainerRegistry/registries", api: "2025-11-01" },
    attributes: &[
        id(),
        name(),
        resource_group_name(),
        text("location", "/location").spelled(Spelling::Location).read_only(),
        text("sku", "/sku/name").read_only().one_of(&["Basic", "Standard", "Premium"]),
        flag("admin_enabled", "adminUserEnabled").read_only(),
        flag("data_endpoint_enabled", "dataEndpointEnabled").read_only(),
        text("login_server", "loginServer").read_only(),
        text("admin_username", "credentials:/username").or_null().read_only(),
        text("admin_password", "credentials:/passwords/0/value").or_null().read_only().sensitive(),
        text_set("data_endpoint_host_names", "dataEndpointHostNames").read_only(),
        tags().read_only(),
    ],
    calls: &[Call::post("credentials", "listCredentials")
        .when(|body| body["properties"]["adminUserEnabled"] == true)],
    hooks: Hooks::NONE,
};
