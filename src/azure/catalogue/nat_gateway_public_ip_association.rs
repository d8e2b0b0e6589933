//! `azurerm_nat_gateway_public_ip_association` is `Microsoft.Network/natGateways`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.network/2025-01-01/natgateways>

use crate::catalogue::rules::said;
use crate::resource_type::{Arm, Hooks, Minutes, ResourceType};
use crate::row::{Place, id, text};
use crate::spelling::Spelling;
use crate::steps::Step;
use crate::steps::StepInput;
use aksel_lang::types::Text;
use aksel_lang::value::Value;
use aksel_state::intent::Deed;
use serde_json::Value as Json;
use serde_json::json;
use std::collections::BTreeMap;

/// Gives a NAT gateway a public address.
pub const NAT_GATEWAY_PUBLIC_IP_ASSOCIATION: ResourceType = ResourceType {
    name: "azurerm_nat_gateway_public_ip_association",
    arm: Arm { kind: "Microsoft.Network/natGateways", api: "2025-01-01" },
    schema_version: 0,
    minutes: Minutes { create: 30, read: 5, update: 30, delete: 30 },
    attributes: &[
        id(),
        text("nat_gateway_id", "").placed(Place::State).required().replaces().spelled(Spelling::Id),
        text("public_ip_address_id", "").placed(Place::State).required().replaces().spelled(Spelling::Id),
    ],
    calls: &[],
    groups: &[],
    rules: &[],
    hooks: Hooks {
        identity: Some(identity),
        state_id: Some(gateway),
        after_read: Some(parts),
        over_live: Some(over_live),
        steps: Some(steps),
        gone: Some(gone),
        lane: Some(lane),
        ..Hooks::NONE
    },
};

/// The id in state names both.
fn identity(planned: &Value, _subscription: &str) -> Option<String> {
    Some(format!("{}|{}", said(planned, "nat_gateway_id")?, said(planned, "public_ip_address_id")?))
}

fn gateway(id: &str) -> String {
    id.split('|').next().unwrap_or_default().to_owned()
}

fn address(id: &str) -> &str {
    id.split_once('|').map_or("", |(_, address)| address)
}

fn parts(values: &mut BTreeMap<Text, Value>, _document: &Json, id: &str) {
    values.insert("nat_gateway_id".into(), Value::string(gateway(id)));
    values.insert("public_ip_address_id".into(), Value::string(address(id)));
}

fn is_of(item: &Json, address: &str) -> bool {
    item["id"].as_str().is_some_and(|id| id.eq_ignore_ascii_case(address))
}

fn gone(body: &Json, id: &str) -> bool {
    !body["properties"]["publicIpAddresses"]
        .as_array()
        .is_some_and(|all| all.iter().any(|item| is_of(item, address(id))))
}

/// Addresses of one gateway are changed one after the other: each change writes the whole list.
fn lane(planned: &Value) -> Option<String> {
    Some(said(planned, "nat_gateway_id")?.to_owned())
}

fn steps(input: &StepInput<'_>, _table: Vec<Step>) -> Vec<Step> {
    let whole = match input.deed {
        Deed::Delete => said(input.prior, "id"),
        Deed::Create | Deed::Update => None,
    };
    let given = said(input.planned, "public_ip_address_id").unwrap_or_default();
    let (sign, address) = whole.map_or(("+", given), |id| ("-", address(id)));
    vec![Step::merge(
        input.id,
        input.api,
        json!({ "properties": { "publicIpAddresses": [{ sign: address }] } }),
    )]
}

/// Adds an address to those that the gateway has, or takes it away.
fn over_live(live: &Json, body: &mut Json) {
    let change = body["properties"]["publicIpAddresses"][0].take();
    let mut all: Vec<Json> = live["properties"]["publicIpAddresses"].as_array().cloned().unwrap_or_default();
    if let Some(gone) = change["-"].as_str() {
        all.retain(|item| !is_of(item, gone));
    }
    if let Some(new) = change["+"].as_str() {
        all.push(json!({ "id": new }));
    }
    body["properties"]["publicIpAddresses"] = Json::Array(all);
}
