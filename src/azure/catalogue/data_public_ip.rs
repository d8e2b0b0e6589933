//! `azurerm_public_ip` (data source) is `Microsoft.Network/publicIPAddresses`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.network/2025-01-01/publicipaddresses>

use crate::resource_type::{Arm, DataSource, Hooks};
use crate::row::{id, map, name, number, resource_group_name, tags, text, texts};
use crate::spelling::Spelling;

/// A public address that exists.
pub const PUBLIC_IP: DataSource = DataSource {
    name: "azurerm_public_ip",
    arm: Arm { kind: "Microsoft.Network/publicIPAddresses", api: "2025-01-01" },
    attributes: &[
        id(),
        name(),
        resource_group_name(),
        text("sku", "/sku/name").read_only(),
        texts("zones", "/zones").read_only(),
        text("allocation_method", "publicIPAllocationMethod").read_only(),
        text("ddos_protection_mode", "ddosSettings.protectionMode").read_only(),
        text("ddos_protection_plan_id", "ddosSettings.ddosProtectionPlan.id").read_only(),
        text("domain_name_label", "dnsSettings.domainNameLabel").read_only(),
        text("fqdn", "dnsSettings.fqdn").read_only(),
        text("reverse_fqdn", "dnsSettings.reverseFqdn").read_only(),
        number("idle_timeout_in_minutes", "idleTimeoutInMinutes").read_only(),
        text("ip_address", "ipAddress").read_only(),
        text("ip_version", "publicIPAddressVersion").read_only(),
        map("ip_tags", "tagsOfAddress").read_only(),
        text("location", "/location").spelled(Spelling::Location).read_only(),
        tags().read_only(),
    ],
    calls: &[],
    hooks: Hooks::NONE,
};
