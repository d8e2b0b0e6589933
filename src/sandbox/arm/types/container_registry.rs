//! `Microsoft.ContainerRegistry`: registries, and what is in them besides images.

use serde_json::{Map, Value, json};

use super::super::reply::Refusal;
use super::super::request::Scene;
use super::super::{derive, merge};
use super::{Draft, Kind, Takes};
use crate::world::Object;

const REGISTRY: &str = "Microsoft.ContainerRegistry/registries";

pub(super) const KINDS: &[Kind] = &[
    Kind {
        name: REGISTRY,
        api: "2025-11-01",
        check,
        fill,
        actions: &[
            ("listCredentials", |_, object, _| credentials(object)),
            ("regenerateCredential", |_, object, _| credentials(object)),
            ("listUsages", usages),
        ],
        ..Kind::PLAIN
    },
    Kind {
        name: "Microsoft.ContainerRegistry/registries/cacheRules",
        api: "2025-11-01",
        takes: BRIEF,
        ..Kind::PLAIN
    },
    Kind {
        name: "Microsoft.ContainerRegistry/registries/scopeMaps",
        api: "2025-11-01",
        takes: BRIEF,
        ..Kind::PLAIN
    },
    Kind {
        name: "Microsoft.ContainerRegistry/registries/tokens",
        api: "2025-11-01",
        takes: BRIEF,
        ..Kind::PLAIN
    },
    Kind {
        name: "Microsoft.ContainerRegistry/registries/tasks",
        api: "2019-06-01-preview",
        takes: BRIEF,
        fill: |_, body| {
            merge::fill_all(
                body,
                &[
                    ("properties/status", json!("Enabled")),
                    ("properties/timeout", json!(3600)),
                    ("properties/isSystemTask", json!(false)),
                ],
            );
            // What a task signs in with is never told again.
            if let Some(step) = body
                .get_mut("properties")
                .and_then(|properties| properties.get_mut("step"))
                .and_then(Value::as_object_mut)
            {
                step.remove("contextAccessToken");
            }
        },
        ..Kind::PLAIN
    },
    Kind {
        name: "Microsoft.ContainerRegistry/registries/replications",
        api: "2025-11-01",
        takes: BRIEF,
        ..Kind::PLAIN
    },
    Kind {
        name: "Microsoft.ContainerRegistry/registries/webHooks",
        api: "2025-11-01",
        takes: BRIEF,
        actions: &[("getCallbackConfig", |_, object, _| {
            let part = |path| merge::at(&object.body, path).cloned().unwrap_or(Value::Null);
            Ok(
                json!({"serviceUri": part("properties/serviceUri"), "customHeaders": part("properties/customHeaders")}),
            )
        })],
        ..Kind::PLAIN
    },
];

/// Only deletions are asynchronous.
const BRIEF: Takes = Takes { create: 0, update: 0, delete: 50 };

fn check(draft: &Draft<'_>, body: &Map<String, Value>) -> Result<(), Refusal> {
    let name = draft.id.name();
    if !(5..=50).contains(&name.len()) || !name.chars().all(|c| c.is_ascii_alphanumeric()) {
        let message = format!(
            "The registry name '{name}' is invalid. Registry names may contain alpha numeric characters only and must \
             be between 5 and 50 characters."
        );
        return Err(Refusal::new(400, "InvalidResourceName", message).at("name"));
    }
    let sku = merge::text(body, "sku/name");
    if !["Basic", "Standard", "Premium"].iter().any(|known| known.eq_ignore_ascii_case(sku)) {
        let message =
            format!("The registry SKU '{sku}' is not supported. Supported are Basic, Standard and Premium.");
        return Err(Refusal::new(400, "UnsupportedSku", message).at("sku"));
    }
    let taken = draft.live.is_none()
        && draft.scene.tables.objects.values().any(|other| {
            other.kind.eq_ignore_ascii_case(REGISTRY)
                && other.id.rsplit('/').next().is_some_and(|other| other.eq_ignore_ascii_case(name))
        });
    if taken {
        let message = format!(
            "The registry DNS name {}.azurecr.io is already in use. You can check if the name is already claimed using \
             following API: https://aka.ms/acr/checknameavailability",
            name.to_lowercase()
        );
        return Err(Refusal::new(409, "AlreadyInUse", message));
    }
    Ok(())
}

fn fill(draft: &Draft<'_>, body: &mut Map<String, Value>) {
    let tier = merge::text(body, "sku/name").to_owned();
    merge::put(body, "sku/tier", tier.clone());
    merge::fill_all(
        body,
        &[
            ("properties/adminUserEnabled", json!(false)),
            ("properties/anonymousPullEnabled", json!(false)),
            ("properties/dataEndpointEnabled", json!(false)),
            ("properties/networkRuleBypassAllowedForTasks", json!(false)),
            ("properties/networkRuleBypassOptions", json!("AzureServices")),
            ("properties/policies/azureADAuthenticationAsArmPolicy", json!({"status": "enabled"})),
            ("properties/policies/exportPolicy", json!({"status": "enabled"})),
            ("properties/policies/quarantinePolicy", json!({"status": "disabled"})),
            ("properties/policies/trustPolicy", json!({"type": "Notary", "status": "disabled"})),
            ("properties/policies/softDeletePolicy", json!({"retentionDays": 7, "status": "disabled"})),
            ("properties/publicNetworkAccess", json!("Enabled")),
            ("properties/roleAssignmentMode", json!("LegacyRegistryPermissions")),
            ("properties/zoneRedundancy", json!("Disabled")),
            ("properties/dataEndpointHostNames", json!([])),
            ("properties/encryption", json!({"status": "disabled"})),
            ("properties/privateEndpointConnections", json!([])),
        ],
    );
    merge::put(body, "properties/loginServer", format!("{}.azurecr.io", draft.id.name().to_lowercase()));
    merge::put(body, "properties/creationDate", draft.made.rfc3339());
    if tier.eq_ignore_ascii_case("Premium") {
        merge::fill(body, "properties/networkRuleSet", json!({"defaultAction": "Allow", "ipRules": []}));
    }
}

fn credentials(object: &Object) -> Result<Value, Refusal> {
    if !merge::is_on(&object.body, "properties/adminUserEnabled") {
        let message =
            format!("The admin user is disabled for the registry '{}'.", merge::text(&object.body, "name"));
        return Err(Refusal::new(400, "UnAuthorizedForCredentialOperations", message));
    }
    let password = |part| derive::hex(&object.id, part, 52);
    Ok(json!({
        "username": object.body.get("name"),
        "passwords": [
            {"name": "password", "value": password("password")},
            {"name": "password2", "value": password("password2")},
        ],
    }))
}

fn usages(_: &Scene<'_>, _: &Object, _: &Map<String, Value>) -> Result<Value, Refusal> {
    Ok(json!({"value": [{"name": "Size", "limit": 107_374_182_400_u64, "currentValue": 0, "unit": "Bytes"}]}))
}
