//! Associations: parts of a subnet that are resources of their own in Terraform.
//!
//! Never: a subnet is made or deleted here; only one member of it is set or taken away.

use aksel_lang::value::Value;
use aksel_state::intent::Deed;
use serde_json::json;

use crate::catalogue::rules::said;
use crate::steps::{Over, Step, StepInput};

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
