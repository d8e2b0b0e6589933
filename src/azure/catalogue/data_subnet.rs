//! `azurerm_subnet` (data source) is `Microsoft.Network/virtualNetworks/subnets`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.network/2025-01-01/virtualnetworks/subnets>

use crate::resource_type::{Arm, DataSource, Hooks};
use crate::row::{Place, Row, flag, id, name, objects, resource_group_name, text, texts};
use crate::spelling::ENABLED;

/// The rows of `service_endpoint`.
pub const SERVICE_ENDPOINT: &[Row] =
    &[text("network_identifier", "networkIdentifier.id").read_only(), text("service", "service").read_only()];

/// A part of a network that exists.
pub const SUBNET: DataSource = DataSource {
    name: "azurerm_subnet",
    arm: Arm { kind: "Microsoft.Network/virtualNetworks/subnets", api: "2025-01-01" },
    attributes: &[
        id(),
        name(),
        resource_group_name(),
        text("virtual_network_name", "").placed(Place::Within("virtualNetworks")).required(),
        text("address_prefix", "addressPrefix").read_only(),
        texts("address_prefixes", "addressPrefixes").read_only(),
        flag("default_outbound_access_enabled", "defaultOutboundAccess")
            .read_only()
            .default_flag(true)
            .or_default(),
        text("network_security_group_id", "networkSecurityGroup.id").read_only(),
        text("route_table_id", "routeTable.id").read_only(),
        text("private_endpoint_network_policies", "privateEndpointNetworkPolicies").read_only(),
        flag("private_link_service_network_policies_enabled", "privateLinkServiceNetworkPolicies")
            .read_only()
            .spelled(ENABLED),
        objects("service_endpoint", "serviceEndpoints", SERVICE_ENDPOINT).read_only(),
    ],
    calls: &[],
    hooks: Hooks::NONE,
};
