//! `Microsoft.ContainerRegistry/registries` and what is in them.

use serde_json::{Value as Json, json};

use crate::arm::refusal::Refusal;
use crate::arm::types::{Draft, Kind, guid};
use crate::arm::world::{Object, World};

pub(crate) const KINDS: &[Kind] = &[Kind {
    kind: "microsoft.containerregistry/registries",
    shown: "Microsoft.ContainerRegistry/registries",
    millis: 300,
    complete,
    check,
    action,
}];

fn complete(draft: &mut Draft<'_>) {
    let name = draft.name.to_lowercase();
    draft.complete_identity();
    draft.fill("properties.adminUserEnabled", false.into());
    draft.fill("properties.anonymousPullEnabled", false.into());
    draft.fill("properties.dataEndpointEnabled", false.into());
    draft.fill("properties.networkRuleBypassOptions", "AzureServices".into());
    draft.fill("properties.publicNetworkAccess", "Enabled".into());
    draft.fill("properties.zoneRedundancy", "Disabled".into());
    draft.fill("properties.roleAssignmentMode", "LegacyRegistryPermissions".into());
    for (policy, value) in [
        ("quarantinePolicy", json!({ "status": "disabled" })),
        ("trustPolicy", json!({ "type": "Notary", "status": "disabled" })),
        ("exportPolicy", json!({ "status": "enabled" })),
        ("azureADAuthenticationAsArmPolicy", json!({ "status": "enabled" })),
        ("softDeletePolicy", json!({ "retentionDays": 7, "status": "disabled" })),
    ] {
        draft.fill(&format!("properties.policies.{policy}"), value);
    }
    draft.fill("properties.encryption", json!({ "status": "disabled" }));
    draft.fill("properties.privateEndpointConnections", json!([]));
    if draft.body["sku"]["name"] == "Premium" {
        draft.fill("properties.networkRuleSet", json!({ "defaultAction": "Allow", "ipRules": [] }));
    }
    let sku = draft.body["sku"]["name"].clone();
    draft.fill("sku.tier", sku);
    let hosts = match draft.body["properties"]["dataEndpointEnabled"] == true {
        true => json!([format!("{name}.{}.data.azurecr.io", draft.location())]),
        false => json!([]),
    };
    crate::arm::types::set(draft.body, "properties.dataEndpointHostNames", hosts);
    draft.keep("properties.loginServer", format!("{name}.azurecr.io").into());
    draft.keep("properties.creationDate", draft.now.rfc3339().into());
}

fn check(draft: &Draft<'_>, _world: &World) -> Result<(), Refusal> {
    let fits = (5..=50).contains(&draft.name.len()) && draft.name.chars().all(|c| c.is_ascii_alphanumeric());
    if fits {
        return Ok(());
    }
    Err(Refusal::bad(
        "RegistryNameInvalid",
        format!(
            "The registry name '{}' is invalid. Registry name must be between 5 and 50 alphanumeric characters.",
            draft.name
        ),
    ))
}

fn action(action: &str, registry: &Object) -> Option<Json> {
    let enabled = registry.body["properties"]["adminUserEnabled"] == true;
    (action.eq_ignore_ascii_case("listCredentials") && enabled).then(|| {
        json!({
            "username": registry.body["name"],
            "passwords": [
                { "name": "password", "value": guid(&registry.id, "password") },
                { "name": "password2", "value": guid(&registry.id, "password2") },
            ],
        })
    })
}
