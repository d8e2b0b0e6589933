//! `azurerm_public_ip` is `Microsoft.Network/publicIPAddresses`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.network/2025-01-01/publicipaddresses>

use crate::catalogue::other_rules;
use crate::resource_type::{Arm, Hooks, Minutes, ResourceType};
use crate::row::{id, location, map, name, number, resource_group_name, tags, text, text_set};
use crate::spelling::Spelling;

/// A public address.
pub const PUBLIC_IP: ResourceType = ResourceType {
    name: "azurerm_public_ip",
    arm: Arm { kind: "Microsoft.Network/publicIPAddresses", api: "2025-01-01" },
    schema_version: 0,
    minutes: Minutes { create: 30, read: 5, update: 30, delete: 30 },
    attributes: &[
        id(),
        name(),
        resource_group_name(),
        location(),
        text("sku", "/sku/name")
            .one_of(&["Basic", "Standard", "StandardV2"])
            .default_text("Standard")
            .replaces(),
        text("sku_tier", "/sku/tier").one_of(&["Global", "Regional"]).default_text("Regional").replaces(),
        text_set("zones", "/zones").replaces(),
        text("edge_zone", "/extendedLocation/name").replaces(),
        text("allocation_method", "publicIPAllocationMethod").required().one_of(&["Static", "Dynamic"]),
        text("ddos_protection_mode", "ddosSettings.protectionMode")
            .one_of(&["Disabled", "Enabled", "VirtualNetworkInherited"])
            .default_text("VirtualNetworkInherited")
            .or_default(),
        text("ddos_protection_plan_id", "ddosSettings.ddosProtectionPlan.id").or_null().spelled(Spelling::Id),
        text("domain_name_label", "dnsSettings.domainNameLabel"),
        text("domain_name_label_scope", "dnsSettings.domainNameLabelScope"),
        text("fqdn", "dnsSettings.fqdn").read_only(),
        text("reverse_fqdn", "dnsSettings.reverseFqdn"),
        number("idle_timeout_in_minutes", "idleTimeoutInMinutes").default_number(4).between(4, 30),
        text("ip_address", "ipAddress").read_only(),
        text("ip_version", "publicIPAddressVersion")
            .default_text("IPv4")
            .replaces()
            .one_of(&["IPv4", "IPv6"]),
        text("public_ip_prefix_id", "publicIPPrefix.id").or_null().replaces().spelled(Spelling::Id),
        map("ip_tags", "ipTags").replaces().spelled(Spelling::Tagged("ipTagType", "tag")),
        tags(),
    ],
    calls: &[],
    groups: &[],
    rules: &[other_rules::address],
    hooks: Hooks { refuses: Some(other_rules::basic_address), ..Hooks::NONE },
};
