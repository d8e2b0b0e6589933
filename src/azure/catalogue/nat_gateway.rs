//! `azurerm_nat_gateway` is `Microsoft.Network/natGateways`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.network/2025-01-01/natgateways>

use crate::catalogue::other_rules;
use crate::resource_type::{Arm, Hooks, Minutes, ResourceType};
use crate::row::{id, location, name, number, resource_group_name, tags, text, text_set};

/// A way out of a network.
pub const NAT_GATEWAY: ResourceType = ResourceType {
    name: "azurerm_nat_gateway",
    arm: Arm { kind: "Microsoft.Network/natGateways", api: "2025-01-01" },
    schema_version: 0,
    minutes: Minutes { create: 60, read: 5, update: 60, delete: 60 },
    attributes: &[
        id(),
        name(),
        resource_group_name(),
        location(),
        text("sku_name", "/sku/name").one_of(&["Standard", "StandardV2"]).default_text("Standard").replaces(),
        text_set("zones", "/zones").replaces(),
        number("idle_timeout_in_minutes", "idleTimeoutInMinutes").default_number(4).between(4, 120),
        text("resource_guid", "resourceGuid").read_only(),
        tags(),
    ],
    calls: &[],
    groups: &[],
    rules: &[other_rules::zones],
    hooks: Hooks::NONE,
};
