//! Tenants, subscriptions and resource providers: what there is before anybody makes anything.

use serde_json::{Value, json};

use super::Decision;
use super::id::Target;
use super::reply::{Refusal, Reply};
use super::request::{Request, Scene};
use super::types::{self, KINDS};
use super::{SUBSCRIPTION, TENANT};

/// The locations that exist, with their names.
const LOCATIONS: &[(&str, &str)] = &[
    ("westeurope", "West Europe"),
    ("northeurope", "North Europe"),
    ("eastus", "East US"),
    ("eastus2", "East US 2"),
    ("westus", "West US"),
    ("westus2", "West US 2"),
    ("westus3", "West US 3"),
    ("centralus", "Central US"),
    ("southcentralus", "South Central US"),
    ("northcentralus", "North Central US"),
    ("canadacentral", "Canada Central"),
    ("brazilsouth", "Brazil South"),
    ("uksouth", "UK South"),
    ("ukwest", "UK West"),
    ("francecentral", "France Central"),
    ("germanywestcentral", "Germany West Central"),
    ("swedencentral", "Sweden Central"),
    ("switzerlandnorth", "Switzerland North"),
    ("norwayeast", "Norway East"),
    ("italynorth", "Italy North"),
    ("polandcentral", "Poland Central"),
    ("southeastasia", "Southeast Asia"),
    ("eastasia", "East Asia"),
    ("japaneast", "Japan East"),
    ("koreacentral", "Korea Central"),
    ("centralindia", "Central India"),
    ("australiaeast", "Australia East"),
    ("southafricanorth", "South Africa North"),
    ("uaenorth", "UAE North"),
];

/// Answers what is asked of tenants, subscriptions and providers.
pub(crate) fn answer(scene: &Scene<'_>, request: &Request, target: &Target) -> Decision {
    let body = match (target, request.method.as_str()) {
        (Target::Tenants, "GET") => {
            json!({"value": [{"id": format!("/tenants/{TENANT}"), "tenantId": TENANT, "countryCode": "NL", "displayName": "Sandbox", "domains": ["sandbox.onmicrosoft.com"], "tenantCategory": "Home"}]})
        }
        (Target::Subscriptions { subscription: None, .. }, "GET") => json!({"value": known(scene)}),
        (Target::Subscriptions { subscription: Some(id), locations }, "GET") => {
            if !is_guid(id) {
                let message = format!("The subscription '{id}' could not be found.");
                return Err(Refusal::new(404, "SubscriptionNotFound", message));
            }
            if locations.is_some() { all_locations(id) } else { subscription(id) }
        }
        (Target::Providers { namespace: None, .. }, "GET") => {
            let all: Vec<Value> = types::namespaces().into_iter().map(|name| provider(&name)).collect();
            json!({"value": all})
        }
        (Target::Providers { namespace: Some(name), .. }, "GET" | "POST") => provider(name),
        _ => return Err(Refusal::method(&request.method)),
    };
    Ok((Reply::body(200, body), Vec::new()))
}

/// The subscription that is always there, and those in which somebody has made something.
fn known(scene: &Scene<'_>) -> Vec<Value> {
    let mut ids = vec![SUBSCRIPTION.to_owned()];
    ids.extend(scene.tables.objects.keys().filter_map(|key| key.split('/').nth(2)).map(str::to_owned));
    ids.sort_unstable();
    ids.dedup();
    ids.iter().filter(|id| is_guid(id)).map(|id| subscription(id)).collect()
}

fn is_guid(text: &str) -> bool {
    uuid::Uuid::try_parse(text).is_ok()
}

fn subscription(id: &str) -> Value {
    json!({
        "id": format!("/subscriptions/{id}"),
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionId": id,
        "tenantId": TENANT,
        "displayName": "Sandbox",
        "state": "Enabled",
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "PayAsYouGo_2014-09-01",
            "spendingLimit": "Off",
        },
    })
}

fn all_locations(subscription: &str) -> Value {
    let one = |(name, display): &(&str, &str)| {
        json!({
            "id": format!("/subscriptions/{subscription}/locations/{name}"),
            "name": name, "type": "Region", "displayName": display, "regionalDisplayName": display,
            "metadata": {"regionType": "Physical", "regionCategory": "Recommended"},
        })
    };
    json!({"value": LOCATIONS.iter().map(one).collect::<Vec<_>>()})
}

/// A resource provider, always registered.
fn provider(namespace: &str) -> Value {
    let prefix = format!("{}/", namespace.to_lowercase());
    let locations: Vec<&str> = LOCATIONS.iter().map(|(_, display)| *display).collect();
    let kinds = KINDS.iter().flat_map(|list| list.iter());
    let own = kinds.filter(|kind| kind.name.to_lowercase().starts_with(&prefix));
    let types: Vec<Value> = own
        .map(|kind| {
            let name = kind.name.split_once('/').map_or("", |(_, name)| name);
            json!({"resourceType": name, "locations": locations, "apiVersions": [kind.api], "capabilities": "SupportsTags, SupportsLocation"})
        })
        .collect();
    json!({
        "id": format!("/subscriptions/{SUBSCRIPTION}/providers/{namespace}"),
        "namespace": namespace,
        "registrationPolicy": "RegistrationRequired",
        "registrationState": "Registered",
        "resourceTypes": types,
    })
}
