//! `azurerm_network_security_rule` is `Microsoft.Network/networkSecurityGroups/securityRules`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.network/2025-01-01/networksecuritygroups/securityrules>

use crate::group::Group;
use crate::resource_type::{Arm, Hooks, Minutes, ResourceType};
use crate::row::{Place, id, name, number, resource_group_name, text, text_set};
use crate::spelling::Spelling;
use aksel_lang::value::Value;

/// One rule of a security group.
pub const NETWORK_SECURITY_RULE: ResourceType = ResourceType {
    name: "azurerm_network_security_rule",
    arm: Arm { kind: "Microsoft.Network/networkSecurityGroups/securityRules", api: "2025-01-01" },
    schema_version: 0,
    minutes: Minutes { create: 30, read: 5, update: 30, delete: 30 },
    attributes: &[
        id(),
        name(),
        resource_group_name(),
        text("network_security_group_name", "")
            .placed(Place::Within("networkSecurityGroups"))
            .spelled(Spelling::AnyCase)
            .required()
            .replaces(),
        text("description", "description").of_length(0, 140),
        text("protocol", "protocol")
            .required()
            .one_of(&["*", "Tcp", "Udp", "Icmp", "Ah", "Esp"])
            .spelled(Spelling::AnyCase),
        text("access", "access").required().one_of(&["Allow", "Deny"]).spelled(Spelling::AnyCase),
        text("direction", "direction").required().one_of(&["Inbound", "Outbound"]).spelled(Spelling::AnyCase),
        number("priority", "priority").required().between(100, 4096),
        text("source_port_range", "sourcePortRange"),
        text_set("source_port_ranges", "sourcePortRanges"),
        text("destination_port_range", "destinationPortRange"),
        text_set("destination_port_ranges", "destinationPortRanges"),
        text("source_address_prefix", "sourceAddressPrefix"),
        text_set("source_address_prefixes", "sourceAddressPrefixes"),
        text("destination_address_prefix", "destinationAddressPrefix"),
        text_set("destination_address_prefixes", "destinationAddressPrefixes"),
        text_set("source_application_security_group_ids", "sourceApplicationSecurityGroups")
            .spelled(Spelling::Each("id")),
        text_set("destination_application_security_group_ids", "destinationApplicationSecurityGroups")
            .spelled(Spelling::Each("id")),
    ],
    calls: &[],
    groups: &[
        Group::ExactlyOne(&[
            "source_address_prefix",
            "source_address_prefixes",
            "source_application_security_group_ids",
        ]),
        Group::ExactlyOne(&[
            "destination_address_prefix",
            "destination_address_prefixes",
            "destination_application_security_group_ids",
        ]),
        Group::Conflicts("source_port_range", &["source_port_ranges"]),
        Group::Conflicts("destination_port_range", &["destination_port_ranges"]),
    ],
    rules: &[],
    hooks: Hooks { lane: Some(lane), ..Hooks::NONE },
};

/// Rules of one group are changed one after the other: ARM refuses two at a time.
fn lane(planned: &Value) -> Option<String> {
    let text = |name: &str| planned.attribute(name).and_then(Value::as_str);
    Some(format!("security group {}/{}", text("resource_group_name")?, text("network_security_group_name")?))
}
