//! `azurerm_private_endpoint` is `Microsoft.Network/privateEndpoints`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.network/2025-01-01/privateendpoints>

use crate::catalogue::endpoints;
use crate::catalogue::other_rules;
use crate::resource_type::{Arm, Call, Hooks, Minutes, ResourceType};
use crate::row::{
    Row, block, blocks, flag, id, location, name, number, objects, resource_group_name, tags, text, texts,
};
use crate::spelling::Spelling;

/// The rows of `private_service_connection`.
pub const PRIVATE_SERVICE_CONNECTION: &[Row] = &[
    text("name", "name").required().replaces(),
    flag("is_manual_connection", "manual").required().replaces(),
    text("private_connection_resource_id", "properties.privateLinkServiceId")
        .replaces()
        .spelled(Spelling::Id),
    text("private_connection_resource_alias", "alias").replaces(),
    texts("subresource_names", "properties.groupIds").replaces(),
    text("request_message", "properties.requestMessage").of_length(1, 140),
    text("private_ip_address", "address").read_only(),
];

/// The rows of `ip_configuration`.
pub const IP_CONFIGURATION: &[Row] = &[
    text("name", "name").required().replaces(),
    text("private_ip_address", "properties.privateIPAddress").required().replaces(),
    text("subresource_name", "properties.groupId").replaces(),
    text("member_name", "properties.memberName").computed().replaces(),
];

/// The rows of `private_dns_zone_group`.
pub const PRIVATE_DNS_ZONE_GROUP: &[Row] = &[
    text("name", "name").required(),
    text("id", "id").read_only().or_null(),
    texts("private_dns_zone_ids", "properties.privateDnsZoneConfigs")
        .required()
        .spelled(Spelling::EachAt("properties", "privateDnsZoneId")),
];

/// The rows of `custom_dns_configs`.
pub const CUSTOM_DNS_CONFIGS: &[Row] =
    &[text("fqdn", "fqdn").read_only(), texts("ip_addresses", "ipAddresses").read_only()];

/// The rows of `network_interface`.
pub const NETWORK_INTERFACE: &[Row] = &[text("id", "id").read_only(), text("name", "name").read_only()];

/// The rows of `private_dns_zone_configs_record_sets`.
pub const PRIVATE_DNS_ZONE_CONFIGS_RECORD_SETS: &[Row] = &[
    text("fqdn", "fqdn").read_only(),
    texts("ip_addresses", "ipAddresses").read_only(),
    text("name", "recordSetName").read_only(),
    number("ttl", "ttl").read_only(),
    text("type", "recordType").read_only(),
];

/// The rows of `private_dns_zone_configs`.
pub const PRIVATE_DNS_ZONE_CONFIGS: &[Row] = &[
    text("id", "id").read_only(),
    text("name", "name").read_only(),
    text("private_dns_zone_id", "properties.privateDnsZoneId").read_only(),
    objects("record_sets", "properties.recordSets", PRIVATE_DNS_ZONE_CONFIGS_RECORD_SETS).read_only(),
];

/// A service of Azure at an address of the network.
pub const PRIVATE_ENDPOINT: ResourceType = ResourceType {
    name: "azurerm_private_endpoint",
    arm: Arm { kind: "Microsoft.Network/privateEndpoints", api: "2025-01-01" },
    schema_version: 0,
    minutes: Minutes { create: 60, read: 5, update: 60, delete: 60 },
    attributes: &[
        id(),
        name(),
        resource_group_name(),
        location(),
        text("subnet_id", "subnet.id").required().replaces().spelled(Spelling::Id),
        text("custom_network_interface_name", "customNetworkInterfaceName").replaces(),
        text("edge_zone", "/extendedLocation/name").replaces(),
        block("private_service_connection", "connections", PRIVATE_SERVICE_CONNECTION).at_least(1).in_array(),
        blocks("ip_configuration", "ipConfigurations", IP_CONFIGURATION),
        block("private_dns_zone_group", "zones:/value", PRIVATE_DNS_ZONE_GROUP).in_array(),
        tags(),
        objects("custom_dns_configs", "customDnsConfigs", CUSTOM_DNS_CONFIGS).read_only(),
        objects("network_interface", "networkInterfaces", NETWORK_INTERFACE).read_only(),
        objects("private_dns_zone_configs", "zoneConfigs", PRIVATE_DNS_ZONE_CONFIGS).read_only(),
    ],
    calls: &[Call::get("zones", "privateDnsZoneGroups")],
    groups: &[],
    rules: &[other_rules::connection],
    hooks: Hooks {
        before_read: Some(endpoints::shape),
        before_write: Some(endpoints::complete),
        steps: Some(endpoints::with_zones),
        ..Hooks::NONE
    },
};
