//! `azurerm_subnet` is `Microsoft.Network/virtualNetworks/subnets`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.network/2025-01-01/virtualnetworks/subnets>

use crate::catalogue::other_rules;
use crate::group::Group;
use crate::resource_type::{Arm, Hooks, Minutes, ResourceType};
use crate::row::{
    Form, Place, Row, Was, block, blocks, flag, id, name, number, resource_group_name, text, text_set, texts,
};
use crate::spelling::{ENABLED, Spelling};
use aksel_lang::value::Value;

/// The rows of `service_endpoint`.
pub const SERVICE_ENDPOINT: &[Row] = &[
    text("service", "service").required(),
    text("network_identifier", "networkIdentifier.id").spelled(Spelling::Id),
];

/// The rows of `delegation.service_delegation`.
pub const DELEGATION_SERVICE_DELEGATION: &[Row] =
    &[text("name", "serviceName").required(), text_set("actions", "actions")];

/// The rows of `delegation`.
pub const DELEGATION: &[Row] = &[
    text("name", "name").required(),
    block("service_delegation", "properties", DELEGATION_SERVICE_DELEGATION).at_least(1),
];

/// The rows of `ip_address_pool`.
pub const IP_ADDRESS_POOL: &[Row] = &[
    texts("allocated_ip_address_prefixes", "").placed(Place::State).read_only(),
    text("id", "").placed(Place::State).required(),
    text("number_of_ip_addresses", "").placed(Place::State).required(),
];

/// A part of a network.
pub const SUBNET: ResourceType = ResourceType {
    name: "azurerm_subnet",
    arm: Arm { kind: "Microsoft.Network/virtualNetworks/subnets", api: "2025-01-01" },
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
        texts("address_prefixes", "addressPrefixes").formed(Form::NotEmpty),
        flag("default_outbound_access_enabled", "defaultOutboundAccess").default_flag(true).or_default(),
        text("private_endpoint_network_policies", "privateEndpointNetworkPolicies")
            .one_of(&["Disabled", "Enabled", "NetworkSecurityGroupEnabled", "RouteTableEnabled"])
            .default_text("Disabled"),
        flag("private_link_service_network_policies_enabled", "privateLinkServiceNetworkPolicies")
            .default_flag(true)
            .spelled(ENABLED),
        text_set("service_endpoint_policy_ids", "serviceEndpointPolicies").spelled(Spelling::Each("id")),
        blocks("service_endpoint", "serviceEndpoints", SERVICE_ENDPOINT)
            .formerly(&[("service_endpoints", Was::ListOf("service"))]),
        blocks("delegation", "delegations", DELEGATION),
        text("network_security_group_id", "networkSecurityGroup.id").read_only().spelled(Spelling::Id),
        text("network_security_group_id_wo", "").placed(Place::State).write_only(),
        number("network_security_group_id_wo_version", "").placed(Place::State).or_empty(),
        text("route_table_id", "routeTable.id").read_only().spelled(Spelling::Id),
        text("route_table_id_wo", "").placed(Place::State).write_only(),
        number("route_table_id_wo_version", "").placed(Place::State).or_empty(),
        text("sharing_scope", "sharingScope").one_of(&["Tenant"]),
        block("ip_address_pool", "", IP_ADDRESS_POOL).placed(Place::State),
    ],
    calls: &[],
    groups: &[
        Group::ExactlyOne(&["address_prefixes", "ip_address_pool"]),
        Group::Needs("network_security_group_id_wo", &["network_security_group_id_wo_version"]),
        Group::Needs("network_security_group_id_wo_version", &["network_security_group_id_wo"]),
        Group::Needs("route_table_id_wo", &["route_table_id_wo_version"]),
        Group::Needs("route_table_id_wo_version", &["route_table_id_wo"]),
    ],
    rules: &[other_rules::sharing],
    hooks: Hooks { lane: Some(lane), ..Hooks::NONE },
};

/// Subnets of one network are changed one after the other: ARM refuses two at a time.
fn lane(planned: &Value) -> Option<String> {
    let text = |name: &str| planned.attribute(name).and_then(Value::as_str);
    Some(format!("virtual network {}/{}", text("resource_group_name")?, text("virtual_network_name")?))
}
