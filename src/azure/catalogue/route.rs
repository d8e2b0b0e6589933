//! `azurerm_route` is `Microsoft.Network/routeTables/routes`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.network/2025-01-01/routetables/routes>

use crate::resource_type::{Arm, Hooks, Minutes, ResourceType};
use crate::row::{Place, id, name, resource_group_name, text};
use crate::spelling::Spelling;
use aksel_lang::value::Value;

/// One route of a table.
pub const ROUTE: ResourceType = ResourceType {
    name: "azurerm_route",
    arm: Arm { kind: "Microsoft.Network/routeTables/routes", api: "2025-01-01" },
    schema_version: 0,
    minutes: Minutes { create: 30, read: 5, update: 30, delete: 30 },
    attributes: &[
        id(),
        name(),
        resource_group_name(),
        text("route_table_name", "")
            .placed(Place::Within("routeTables"))
            .spelled(Spelling::AnyCase)
            .required()
            .replaces(),
        text("address_prefix", "addressPrefix").required(),
        text("next_hop_type", "nextHopType").required().one_of(&[
            "VirtualNetworkGateway",
            "VnetLocal",
            "Internet",
            "VirtualAppliance",
            "None",
        ]),
        text("next_hop_in_ip_address", "nextHopIpAddress"),
    ],
    calls: &[],
    groups: &[],
    rules: &[],
    hooks: Hooks { lane: Some(lane), ..Hooks::NONE },
};

/// Routes of one table are changed one after the other: ARM refuses two at a time.
fn lane(planned: &Value) -> Option<String> {
    let text = |name: &str| planned.attribute(name).and_then(Value::as_str);
    Some(format!("route table {}/{}", text("resource_group_name")?, text("route_table_name")?))
}
