//! `azurerm_network_security_group` is `Microsoft.Network/networkSecurityGroups`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.network/2025-01-01/networksecuritygroups>

use crate::resource_type::{Arm, Hooks, Minutes, ResourceType};
use crate::row::{Row, id, location, name, number, objects, resource_group_name, tags, text, text_set};
use crate::spelling::Spelling;

/// The rows of `security_rule`.
pub const SECURITY_RULE: &[Row] = &[
    text("name", "name").required(),
    text("description", "properties.description").of_length(0, 140),
    text("protocol", "properties.protocol")
        .required()
        .one_of(&["*", "Tcp", "Udp", "Icmp", "Ah", "Esp"])
        .spelled(Spelling::AnyCase),
    text("access", "properties.access").required().one_of(&["Allow", "Deny"]).spelled(Spelling::AnyCase),
    text("direction", "properties.direction")
        .required()
        .one_of(&["Inbound", "Outbound"])
        .spelled(Spelling::AnyCase),
    number("priority", "properties.priority").required().between(100, 4096),
    text("source_port_range", "properties.sourcePortRange"),
    text_set("source_port_ranges", "properties.sourcePortRanges"),
    text("destination_port_range", "properties.destinationPortRange"),
    text_set("destination_port_ranges", "properties.destinationPortRanges"),
    text("source_address_prefix", "properties.sourceAddressPrefix"),
    text_set("source_address_prefixes", "properties.sourceAddressPrefixes"),
    text("destination_address_prefix", "properties.destinationAddressPrefix"),
    text_set("destination_address_prefixes", "properties.destinationAddressPrefixes"),
    text_set("source_application_security_group_ids", "properties.sourceApplicationSecurityGroups")
        .spelled(Spelling::Each("id")),
    text_set("destination_application_security_group_ids", "properties.destinationApplicationSecurityGroups")
        .spelled(Spelling::Each("id")),
];

/// Rules for what goes in and out of a subnet.
pub const NETWORK_SECURITY_GROUP: ResourceType = ResourceType {
    name: "azurerm_network_security_group",
    arm: Arm { kind: "Microsoft.Network/networkSecurityGroups", api: "2025-01-01" },
    schema_version: 0,
    minutes: Minutes { create: 30, read: 5, update: 30, delete: 30 },
    attributes: &[
        id(),
        name(),
        resource_group_name(),
        location(),
        objects("security_rule", "securityRules", SECURITY_RULE).unordered().computed(),
        tags(),
    ],
    calls: &[],
    groups: &[],
    rules: &[],
    hooks: Hooks::NONE,
};
