//! `Microsoft.Network`: networks with their subnets, rules, routes, addresses, endpoints.
//!
//! Invariant: a subnet is an object of its own; the network shows those that it has.

use serde_json::{Map, Value, json};

use super::super::id::{Id, Target};
use super::super::reply::Refusal;
use super::super::request::Scene;
use super::super::write::missing;
use super::super::{derive, merge};
use super::{Draft, Kind, object, part};
use crate::world::Object;

pub(super) const KINDS: &[Kind] = &[
    Kind {
        name: "Microsoft.Network/virtualNetworks",
        api: "2025-01-01",
        lists: &["subnets"],
        fill: |draft, body| {
            let id = draft.id.text();
            without(body, "subnets");
            merge::fill(body, "properties/virtualNetworkPeerings", json!([]));
            merge::fill(body, "properties/enableDdosProtection", false);
            merge::put(body, "properties/resourceGuid", derive::guid(&id, "resource"));
            merge::put(body, "etag", format!("W/\"{}\"", derive::guid(&id, &draft.scene.now.0.to_string())));
        },
        parts: |draft, _| members(draft, "subnets", fill_subnet),
        view: |scene, network, body| show_members(scene, network, body, "subnets"),
        ..Kind::PLAIN
    },
    Kind {
        name: "Microsoft.Network/virtualNetworks/subnets",
        api: "2025-01-01",
        fill: |_, body| fill_subnet(body),
        ..Kind::PLAIN
    },
    Kind {
        name: "Microsoft.Network/networkSecurityGroups",
        api: "2025-01-01",
        lists: &["securityRules"],
        fill: |draft, body| {
            without(body, "securityRules");
            merge::put(body, "properties/resourceGuid", derive::guid(&draft.id.text(), "resource"));
            merge::fill(body, "properties/defaultSecurityRules", json!([]));
        },
        parts: |draft, _| {
            members(draft, "securityRules", |rule| {
                merge::put(rule, "properties/provisioningState", "Succeeded")
            })
        },
        view: |scene, group, body| show_members(scene, group, body, "securityRules"),
        ..Kind::PLAIN
    },
    Kind { name: "Microsoft.Network/networkSecurityGroups/securityRules", api: "2025-01-01", ..Kind::PLAIN },
    Kind {
        name: "Microsoft.Network/routeTables",
        api: "2025-01-01",
        lists: &["routes"],
        fill: |_, body| without(body, "routes"),
        parts: |draft, _| members(draft, "routes", |_| {}),
        view: |scene, table, body| show_members(scene, table, body, "routes"),
        ..Kind::PLAIN
    },
    Kind { name: "Microsoft.Network/routeTables/routes", api: "2025-01-01", ..Kind::PLAIN },
    Kind {
        name: "Microsoft.Network/publicIPAddresses",
        api: "2025-01-01",
        fill: |draft, body| {
            merge::fill(body, "properties/ipTags", json!([]));
            merge::fill(body, "properties/publicIPAddressVersion", "IPv4");
            merge::fill(body, "properties/idleTimeoutInMinutes", 4);
            if merge::text(body, "properties/publicIPAllocationMethod").eq_ignore_ascii_case("Static") {
                let digits = derive::hex(&draft.id.text(), "address", 2);
                let last = u8::from_str_radix(&digits, 16).unwrap_or(9) % 250 + 1;
                merge::put(body, "properties/ipAddress", format!("203.0.113.{last}"));
            }
        },
        ..Kind::PLAIN
    },
    Kind { name: "Microsoft.Network/natGateways", api: "2025-01-01", ..Kind::PLAIN },
    Kind {
        name: "Microsoft.Network/privateEndpoints",
        api: "2025-01-01",
        fill: private_endpoint,
        ..Kind::PLAIN
    },
    Kind {
        name: "Microsoft.Network/networkInterfaces",
        api: "2025-01-01",
        computed: Some(interface),
        ..Kind::PLAIN
    },
    Kind { name: "Microsoft.Network/privateDnsZones", api: "2024-06-01", ..Kind::PLAIN },
    Kind { name: "Microsoft.Network/privateDnsZones/virtualNetworkLinks", api: "2024-06-01", ..Kind::PLAIN },
];

fn fill_subnet(body: &mut Map<String, Value>) {
    merge::fill_all(
        body,
        &[
            ("properties/delegations", json!([])),
            ("properties/privateEndpointNetworkPolicies", json!("Disabled")),
            ("properties/privateLinkServiceNetworkPolicies", json!("Enabled")),
            ("properties/provisioningState", json!("Succeeded")),
        ],
    );
}

/// Takes a list out of the body: its members are objects of their own.
fn without(body: &mut Map<String, Value>, list: &str) {
    if let Some(properties) = body.get_mut("properties").and_then(Value::as_object_mut) {
        properties.remove(list);
    }
}

/// The objects that a list in the body stands for.
fn members(draft: &Draft<'_>, list: &str, fill: fn(&mut Map<String, Value>)) -> Vec<Object> {
    let listed = merge::at(draft.asked, &format!("properties/{list}")).and_then(Value::as_array);
    let member = |member: &Value| {
        let mut body = member.as_object()?.clone();
        let name = body.get("name")?.as_str()?.to_owned();
        fill(&mut body);
        Some(part(draft, &draft.id.child(list, &name), body))
    };
    listed.into_iter().flatten().filter_map(member).collect()
}

/// Puts the list back, with all its members that there are.
fn show_members(scene: &Scene<'_>, parent: &Object, body: &mut Map<String, Value>, list: &str) {
    let prefix = format!("{}/{}/", parent.id.to_lowercase(), list.to_lowercase());
    let all: Vec<Value> =
        scene.tables.below(&prefix).map(|(_, member)| Value::Object(member.body.clone())).collect();
    merge::put(body, &format!("properties/{list}"), all);
}

fn each(body: &mut Map<String, Value>, list: &str, change: impl Fn(&mut Map<String, Value>)) {
    let items = body.get_mut("properties").and_then(|properties| properties.get_mut(list));
    for item in items.and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(item) = item.as_object_mut() {
            change(item);
        }
    }
}

fn private_endpoint(draft: &Draft<'_>, body: &mut Map<String, Value>) {
    let approved = json!({"status": "Approved", "description": "Auto-Approved", "actionsRequired": "None"});
    each(body, "privateLinkServiceConnections", |connection| {
        merge::fill(connection, "properties/privateLinkServiceConnectionState", approved.clone());
    });
    let mut interface = draft.id.clone();
    interface.types = vec!["networkInterfaces".to_owned()];
    interface.names =
        vec![format!("{}.nic.{}", draft.id.name(), derive::guid(&draft.id.text(), "interface"))];
    merge::put(body, "properties/networkInterfaces", json!([{"id": interface.text()}]));
    merge::fill(
        body,
        "properties/customDnsConfigs",
        json!([{"fqdn": format!("{}.privatelink.azure.com", draft.id.name()), "ipAddresses": ["10.1.0.4"]}]),
    );
}

/// The network interface of a private endpoint.
fn interface(scene: &Scene<'_>, id: &Id) -> Result<Value, Refusal> {
    if id.names.is_empty() {
        return Ok(json!({"value": []}));
    }
    let (endpoint, _) = id.name().split_once(".nic.").ok_or_else(|| missing(id))?;
    let mut owner = id.clone();
    owner.types = vec!["privateEndpoints".to_owned()];
    owner.names = vec![endpoint.to_owned()];
    let owner = scene.tables.objects.get(&owner.key()).ok_or_else(|| missing(id))?;
    let mut body = object(json!({"properties": {"provisioningState": "Succeeded"}}));
    merge::put(&mut body, "id", id.text());
    merge::put(&mut body, "name", id.name());
    merge::put(&mut body, "type", id.kind());
    merge::put(&mut body, "location", merge::text(&owner.body, "location"));
    let subnet = merge::at(&owner.body, "properties/subnet").cloned().unwrap_or(Value::Null);
    merge::put(
        &mut body,
        "properties/ipConfigurations",
        json!([{
            "name": "privateEndpointIpConfig",
            "properties": {"privateIPAddress": "10.1.0.4", "privateIPAllocationMethod": "Dynamic", "subnet": subnet, "primary": true},
        }]),
    );
    let known = Target::parse(&owner.id).is_some();
    if known { Ok(Value::Object(body)) } else { Err(missing(id)) }
}
