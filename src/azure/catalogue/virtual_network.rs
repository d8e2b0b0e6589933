//! `azurerm_virtual_network` is `Microsoft.Network/virtualNetworks`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.network/2025-01-01/virtualnetworks>

use crate::document::{at, put};
use crate::group::Group;
use crate::resource_type::{Arm, Hooks, Minutes, ResourceType, Writing};
use crate::row::{
    Form, Place, Row, block, blocks, flag, id, location, name, number, object, objects, resource_group_name,
    tags, text, text_set, texts,
};
use crate::spelling::{ENABLED, Spelling};
use aksel_lang::value::Value;
use serde_json::{Value as Json, json};

/// The rows of `ddos_protection_plan`.
pub const DDOS_PROTECTION_PLAN: &[Row] = &[
    text("id", "ddosProtectionPlan.id").required().spelled(Spelling::Id),
    flag("enable", "enableDdosProtection").required(),
];

/// The rows of `encryption`.
pub const ENCRYPTION: &[Row] =
    &[text("enforcement", "enforcement").one_of(&["DropUnencrypted", "AllowUnencrypted"]).required()];

/// The rows of `subnet.delegation.service_delegation`.
pub const SUBNET_DELEGATION_SERVICE_DELEGATION: &[Row] =
    &[text_set("actions", "actions"), text("name", "serviceName").required()];

/// The rows of `subnet.delegation`.
pub const SUBNET_DELEGATION: &[Row] = &[
    text("name", "name").required(),
    objects("service_delegation", "properties", SUBNET_DELEGATION_SERVICE_DELEGATION).single(),
];

/// The rows of `subnet.service_endpoint`.
pub const SUBNET_SERVICE_ENDPOINT: &[Row] =
    &[text("network_identifier", "networkIdentifier.id"), text("service", "service").required()];

/// The rows of `subnet`.
pub const SUBNET: &[Row] = &[
    texts("address_prefixes", "properties.addressPrefixes").required(),
    flag("default_outbound_access_enabled", "properties.defaultOutboundAccess")
        .default_flag(true)
        .or_default(),
    object("delegation", "properties.delegations", SUBNET_DELEGATION).in_array(),
    text("id", "id").read_only(),
    text("name", "name").required(),
    text("private_endpoint_network_policies", "properties.privateEndpointNetworkPolicies")
        .default_text("Disabled")
        .or_default(),
    flag("private_link_service_network_policies_enabled", "properties.privateLinkServiceNetworkPolicies")
        .default_flag(true)
        .spelled(ENABLED),
    text("route_table_id", "properties.routeTable.id").spelled(Spelling::Id),
    text("security_group", "properties.networkSecurityGroup.id").spelled(Spelling::Id),
    objects("service_endpoint", "properties.serviceEndpoints", SUBNET_SERVICE_ENDPOINT),
    text_set("service_endpoint_policy_ids", "properties.serviceEndpointPolicies")
        .spelled(Spelling::Each("id")),
];

/// The rows of `ip_address_pool`.
pub const IP_ADDRESS_POOL: &[Row] = &[
    texts("allocated_ip_address_prefixes", "").placed(Place::State).read_only(),
    text("id", "").placed(Place::State).required(),
    text("number_of_ip_addresses", "").placed(Place::State).required(),
];

/// A network.
pub const VIRTUAL_NETWORK: ResourceType = ResourceType {
    name: "azurerm_virtual_network",
    arm: Arm { kind: "Microsoft.Network/virtualNetworks", api: "2025-01-01" },
    schema_version: 0,
    minutes: Minutes { create: 30, read: 5, update: 30, delete: 30 },
    attributes: &[
        id(),
        name(),
        resource_group_name(),
        location(),
        text_set("address_space", "addressSpace.addressPrefixes").formed(Form::NotEmpty),
        texts("dns_servers", "dhcpOptions.dnsServers").formed(Form::NotEmpty).computed(),
        text("bgp_community", "bgpCommunities.virtualNetworkCommunity"),
        text("edge_zone", "/extendedLocation/name").replaces(),
        number("flow_timeout_in_minutes", "flowTimeoutInMinutes").between(4, 30),
        text("private_endpoint_vnet_policies", "privateEndpointVNetPolicies")
            .one_of(&["Basic", "Disabled"])
            .default_text("Disabled")
            .or_default(),
        text("guid", "resourceGuid").read_only(),
        block("ddos_protection_plan", "", DDOS_PROTECTION_PLAN)
            .present_when(|json| json["ddosProtectionPlan"]["id"].is_string()),
        block("encryption", "encryption", ENCRYPTION).present_when(|json| json["enabled"] == true),
        objects("subnet", "subnets", SUBNET).unordered().computed(),
        tags(),
        blocks("ip_address_pool", "", IP_ADDRESS_POOL).at_most(2).placed(Place::State),
    ],
    calls: &[],
    groups: &[Group::ExactlyOne(&["address_space", "ip_address_pool"])],
    rules: &[],
    hooks: Hooks { before_write: Some(complete), lane: Some(lane), ..Hooks::NONE },
};

/// An encryption that is written is one that is on.
fn complete(document: &mut Json, _writing: &Writing<'_>) {
    if at(document, "encryption").is_some() {
        put(document, "encryption.enabled", json!(true));
    }
}

fn lane(planned: &Value) -> Option<String> {
    let text = |name: &str| planned.attribute(name).and_then(Value::as_str);
    Some(format!("virtual network {}/{}", text("resource_group_name")?, text("name")?))
}
