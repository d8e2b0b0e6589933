//! `azurerm_virtual_network` (data source) is `Microsoft.Network/virtualNetworks`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.network/2025-01-01/virtualnetworks>

use crate::resource_type::{Arm, DataSource, Hooks};
use crate::row::{id, map, name, resource_group_name, tags, text, texts};
use crate::spelling::Spelling;
use aksel_lang::value::Value;
use serde_json::Value as Json;

/// A network that exists.
pub const VIRTUAL_NETWORK: DataSource = DataSource {
    name: "azurerm_virtual_network",
    arm: Arm { kind: "Microsoft.Network/virtualNetworks", api: "2025-01-01" },
    attributes: &[
        id(),
        name(),
        resource_group_name(),
        texts("address_space", "addressSpace.addressPrefixes").read_only(),
        texts("dns_servers", "dhcpOptions.dnsServers").read_only(),
        text("guid", "resourceGuid").read_only(),
        texts("subnets", "subnets").read_only().spelled(Spelling::Each("name")),
        map("vnet_peerings", "peerings").read_only(),
        texts("vnet_peerings_addresses", "peeringAddresses").read_only(),
        text("location", "/location").spelled(Spelling::Location).read_only(),
        tags().read_only(),
    ],
    calls: &[],
    hooks: Hooks { before_read: Some(peerings), ..Hooks::NONE },
};

/// The networks that it is joined to, by the name of the peering, and their addresses.
fn peerings(document: &mut Json, _state: &Value) {
    let properties = &mut document["body"]["properties"];
    let all = properties["virtualNetworkPeerings"].as_array().cloned().unwrap_or_default();
    let named = all.iter().filter_map(|one| {
        Some((one["name"].as_str()?.to_owned(), one["properties"]["remoteVirtualNetwork"]["id"].clone()))
    });
    properties["peerings"] = Json::Object(named.collect());
    let addresses =
        all.iter().filter_map(|one| one["properties"]["remoteAddressSpace"]["addressPrefixes"].as_array());
    properties["peeringAddresses"] = Json::Array(addresses.flatten().cloned().collect());
}
