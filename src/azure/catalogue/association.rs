//! Associations: parts of a subnet that are resources of their own in Terraform.
//!
//! Never: a subnet is made or deleted here; only one member of it is set or taken away.

use aksel_lang::value::Value;
use aksel_state::intent::Deed;
use serde_json::json;

use crate::catalogue::rules::said;
use crate::resource_type::{Arm, Hooks, Minutes, ResourceType};
use crate::row::{Place, Row, text};
use crate::spelling::Spelling;
use crate::steps::{Over, Step, StepInput};

/// A resource type that is a member of a subnet; its rows and its hooks are its own.
pub const OF_SUBNET: ResourceType = ResourceType {
    name: "",
    arm: Arm { kind: "Microsoft.Network/virtualNetworks/subnets", api: "2025-01-01" },
    schema_version: 0,
    minutes: Minutes { create: 30, read: 5, update: 30, delete: 30 },
    attributes: &[],
    calls: &[],
    groups: &[],
    rules: &[],
    hooks: HOOKS,
};

/// What holds for every member of a subnet.
pub const HOOKS: Hooks = Hooks { identity: Some(of_subnet), lane: Some(lane), ..Hooks::NONE };

/// The subnet.
pub const fn subnet() -> Row {
    text("subnet_id", "").placed(Place::Id).required().replaces().spelled(Spelling::Id)
}

/// What is put beneath the subnet.
pub const fn member(name: &'static str, path: &'static str) -> Row {
    text(name, path).required().replaces().spelled(Spelling::Id)
}

/// The id of an association is that of its subnet.
pub fn of_subnet(planned: &Value, _subscription: &str) -> Option<String> {
    said(planned, "subnet_id").map(str::to_owned)
}

/// Subnets of one network are changed one after the other: ARM refuses two at a time.
pub fn lane(planned: &Value) -> Option<String> {
    let id: crate::resource_id::ResourceId = said(planned, "subnet_id")?.parse().ok()?;
    Some(format!("virtual network {}/{}", id.resource_group()?, id.after("virtualNetworks")?))
}

/// Sets a member of the subnet as it is, or takes it away.
pub fn steps(input: &StepInput<'_>, table: Vec<Step>, member: &str) -> Vec<Step> {
    match input.deed {
        Deed::Delete => vec![Step::merge(input.id, input.api, json!({ "properties": { member: null } }))],
        Deed::Create | Deed::Update => {
            table.into_iter().map(|step| Step { over: Over::Live, ..step }).collect()
        }
    }
}
