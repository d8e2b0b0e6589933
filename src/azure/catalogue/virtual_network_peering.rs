//! `azurerm_virtual_network_peering` is `Microsoft.Network/virtualNetworks/virtualNetworkPeerings`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.network/2025-01-01/virtualnetworks/virtualnetworkpeerings>

use crate::resource_type::{Arm, Hooks, Minutes, ResourceType};
use crate::row::{Place, flag, id, map, name, resource_group_name, text, texts};
use crate::spelling::Spelling;
use aksel_lang::value::Value;

/// Joins a network to another.
pub const VIRTUAL_NETWORK_PEERING: ResourceType = ResourceType {
    name: "azurerm_virtual_network_peering",
    arm: Arm { kind: "Microsoft.Network/virtualNetworks/virtualNetworkPeerings", api: "2025-01-01" },
    schema_version: 0,
    minutes: Minutes { create: 30, read: 5, update: 30, delete: 30 },
    attributes: &[
        id(),
        name(),
        resource_group_name(),
        text("virtual_network_name", "")
            .placed(Place::Within("virtualNetworks"))
            .spelled(Spelling::AnyCase)
            .required()
            .replaces(),
        text("remote_virtual_network_id", "remoteVirtualNetwork.id")
            .required()
            .replaces()
            .spelled(Spelling::Id),
        flag("allow_virtual_network_access", "allowVirtualNetworkAccess").default_flag(true),
        flag("allow_forwarded_traffic", "allowForwardedTraffic").default_flag(false),
        flag("allow_gateway_transit", "allowGatewayTransit").default_flag(false),
        flag("use_remote_gateways", "useRemoteGateways").default_flag(false),
        flag("only_ipv6_peering_enabled", "enableOnlyIPv6Peering").replaces(),
        flag("peer_complete_virtual_networks_enabled", "peerCompleteVnets")
            .default_flag(true)
            .replaces()
            .or_default(),
        texts("local_subnet_names", "localSubnetNames"),
        texts("remote_subnet_names", "remoteSubnetNames"),
        map("triggers", "").placed(Place::State),
    ],
    calls: &[],
    groups: &[],
    rules: &[],
    hooks: Hooks { lane: Some(lane), ..Hooks::NONE },
};

fn lane(planned: &Value) -> Option<String> {
    let text = |name: &str| planned.attribute(name).and_then(Value::as_str);
    Some(format!("virtual network {}/{}", text("resource_group_name")?, text("virtual_network_name")?))
}
