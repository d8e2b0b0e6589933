//! `azurerm_subnet_network_security_group_association` is `Microsoft.Network/virtualNetworks/subnets`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.network/2025-01-01/virtualnetworks/subnets>

use crate::catalogue::association::{self, member, subnet};
use crate::resource_type::{Hooks, ResourceType};
use crate::row::id;
use crate::steps::{Step, StepInput};
use serde_json::Value as Json;

/// Puts a subnet under what it names.
pub const SUBNET_NETWORK_SECURITY_GROUP_ASSOCIATION: ResourceType = ResourceType {
    name: "azurerm_subnet_network_security_group_association",
    attributes: &[id(), subnet(), member("network_security_group_id", "networkSecurityGroup.id")],
    hooks: Hooks { steps: Some(steps), gone: Some(gone), ..association::HOOKS },
    ..association::OF_SUBNET
};

fn steps(input: &StepInput<'_>, table: Vec<Step>) -> Vec<Step> {
    association::steps(input, table, "networkSecurityGroup")
}

fn gone(body: &Json, _id: &str) -> bool {
    body["properties"]["networkSecurityGroup"].is_null()
}
