//! `azurerm_route_table` is `Microsoft.Network/routeTables`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.network/2025-01-01/routetables>

use crate::resource_type::{Arm, Hooks, Minutes, ResourceType};
use crate::row::{Row, flag, id, location, name, objects, resource_group_name, tags, text, text_set};
use crate::spelling::Spelling;

/// The rows of `route`.
pub const ROUTE: &[Row] = &[
    text("name", "name").required(),
    text("address_prefix", "properties.addressPrefix").required(),
    text("next_hop_type", "properties.nextHopType").required().one_of(&[
        "VirtualNetworkGateway",
        "VnetLocal",
        "Internet",
        "VirtualAppliance",
        "None",
    ]),
    text("next_hop_in_ip_address", "properties.nextHopIpAddress"),
];

/// Routes for a subnet.
pub const ROUTE_TABLE: ResourceType = ResourceType {
    name: "azurerm_route_table",
    arm: Arm { kind: "Microsoft.Network/routeTables", api: "2025-01-01" },
    schema_version: 0,
    minutes: Minutes { create: 30, read: 5, update: 30, delete: 30 },
    attributes: &[
        id(),
        name(),
        resource_group_name(),
        location(),
        flag("bgp_route_propagation_enabled", "disableBgpRoutePropagation")
            .default_flag(true)
            .spelled(Spelling::Inverted),
        objects("route", "routes", ROUTE).unordered().computed(),
        tags(),
        text_set("subnets", "subnets").read_only().spelled(Spelling::Each("id")),
    ],
    calls: &[],
    groups: &[],
    rules: &[],
    hooks: Hooks::NONE,
};
