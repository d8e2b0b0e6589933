//! `azurerm_subnet_nat_gateway_association` is `Microsoft.Network/virtualNetworks/subnets`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.network/2025-01-01/virtualnetworks/subnets>

use crate::catalogue::association;
use crate::resource_type::{Arm, Hooks, Minutes, ResourceType};
use crate::row::{Place, id, text};
use crate::spelling::Spelling;
use crate::steps::Step;
use crate::steps::StepInput;
use serde_json::Value as Json;

/// Puts a subnet under what it names.
pub const SUBNET_NAT_GATEWAY_ASSOCIATION: ResourceType = ResourceType {
    name: "azurerm_subnet_nat_gateway_association",
    arm: Arm { kind: "Microsoft.Network/virtualNetworks/subnets", api: "2025-01-01" },
    schema_version: 0,
    minutes: Minutes { create: 30, read: 5, update: 30, delete: 30 },
    attributes: &[
        id(),
        text("subnet_id", "").placed(Place::Id).required().replaces().spelled(Spelling::Id),
        text("nat_gateway_id", "natGateway.id").required().replaces().spelled(Spelling::Id),
    ],
    calls: &[],
    groups: &[],
    rules: &[],
    hooks: Hooks {
        identity: Some(association::of_subnet),
        steps: Some(steps),
        gone: Some(gone),
        lane: Some(association::lane),
        ..Hooks::NONE
    },
};

fn steps(input: &StepInput<'_>, table: Vec<Step>) -> Vec<Step> {
    association::steps(input, table, "natGateway")
}

fn gone(body: &Json, _id: &str) -> bool {
    body["properties"]["natGateway"].is_null()
}
