//! Private endpoints: their connection, which ARM has in one of two lists, and their zones, which are objects of their own.

use aksel_lang::value::Value;
use aksel_state::intent::Deed;
use serde_json::{Value as Json, json};

use crate::catalogue::private_endpoint::PRIVATE_ENDPOINT;
use crate::resource_type::Writing;
use crate::steps::{Step, StepInput};
use crate::write::{document, text_in};

const OWN: &str = "privateLinkServiceConnections";
const BY_HAND: &str = "manualPrivateLinkServiceConnections";

/// Brings both lists of connections into one, with the address that the endpoint has.
pub fn shape(document: &mut Json, _state: &Value) {
    let zones = document.pointer("/zones/value/0/properties/privateDnsZoneConfigs").cloned();
    let properties = &mut document["body"]["properties"];
    let address = properties.pointer("/customDnsConfigs/0/ipAddresses/0").cloned().unwrap_or_default();
    let mut all = Vec::new();
    for (list, manual) in [(OWN, false), (BY_HAND, true)] {
        for mut one in properties[list].as_array().cloned().unwrap_or_default() {
            let target = one["properties"]["privateLinkServiceId"].as_str().unwrap_or_default().to_owned();
            if target.ends_with(".azure.privatelinkservice") {
                one["alias"] = target.into();
                one["properties"]["privateLinkServiceId"] = Json::Null;
            }
            one["manual"] = manual.into();
            one["address"] = address.clone();
            all.push(one);
        }
    }
    properties["connections"] = Json::Array(all);
    let interfaces = properties["networkInterfaces"].as_array_mut();
    for interface in interfaces.into_iter().flatten() {
        let name = interface["id"].as_str().and_then(|id| id.rsplit('/').next()).map(str::to_owned);
        interface["name"] = name.into();
    }
    if let Some(zones) = zones {
        properties["zoneConfigs"] = zones;
    }
}

/// Puts the connection into the list that it belongs to.
pub fn complete(document: &mut Json, _writing: &Writing<'_>) {
    if let Some(members) = document.as_object_mut() {
        members.remove("zones");
    }
    let Some(members) = document["body"]["properties"].as_object_mut() else { return };
    let connections = members.remove("connections");
    for mut one in connections.and_then(|found| found.as_array().cloned()).unwrap_or_default() {
        let manual = one["manual"] == true;
        if one["alias"].is_string() {
            one["properties"]["privateLinkServiceId"] = one["alias"].take();
        }
        if let Some(inner) = one.as_object_mut() {
            inner.remove("manual");
            inner.remove("alias");
        }
        members.insert((if manual { BY_HAND } else { OWN }).into(), json!([one]));
    }
}

/// The zones are written after the endpoint, and go before others take their place.
pub fn with_zones(input: &StepInput<'_>, mut table: Vec<Step>) -> Vec<Step> {
    let name = |value| text_in(value, "private_dns_zone_group", "name").map(str::to_owned);
    let (before, after) = (name(input.prior), name(input.planned));
    let address = |name: &str| format!("{}/privateDnsZoneGroups/{name}", input.id);
    if input.deed == Deed::Delete {
        return table;
    }
    let same =
        input.prior.attribute("private_dns_zone_group") == input.planned.attribute("private_dns_zone_group");
    if same {
        return table;
    }
    if let Some(old) = before.filter(|old| Some(old) != after.as_ref()) {
        table.push(Step::delete(address(&old), input.api));
    }
    if let Some(new) = after {
        let whole = document(PRIVATE_ENDPOINT.attributes, input.planned, None);
        let mut group = whole.pointer("/zones/value/0").cloned().unwrap_or_default();
        if let Some(members) = group.as_object_mut() {
            members.remove("id");
        }
        table.push(Step::put(address(&new), input.api, group));
    }
    table
}
