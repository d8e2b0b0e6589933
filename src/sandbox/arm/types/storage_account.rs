//! `Microsoft.Storage/storageAccounts` with their services and containers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha512};

use crate::arm::refusal::Refusal;
use crate::arm::types::{Draft, Kind, PLAIN, guid};
use crate::arm::world::{Object, World};

pub(crate) const KINDS: &[Kind] = &[
    Kind {
        kind: "microsoft.storage/storageaccounts",
        shown: "Microsoft.Storage/storageAccounts",
        millis: 300,
        complete,
        check,
        action,
    },
    Kind {
        kind: "microsoft.storage/storageaccounts/blobservices/containers",
        shown: "Microsoft.Storage/storageAccounts/blobServices/containers",
        complete: complete_container,
        check: check_container,
        ..PLAIN
    },
];

fn complete(draft: &mut Draft<'_>) {
    let (name, now) = (draft.name.to_lowercase(), draft.now.rfc3339());
    draft.complete_identity();
    let premium = draft.body["sku"]["name"].as_str().is_some_and(|sku| sku.starts_with("Premium"));
    draft.fill("sku.tier", (if premium { "Premium" } else { "Standard" }).into());
    draft.fill("kind", "StorageV2".into());
    for service in ["blob", "file"] {
        let path = format!("properties.encryption.services.{service}");
        draft.fill(&path, json!({ "enabled": true, "keyType": "Account" }));
        draft.keep(&format!("{path}.enabled"), true.into());
        draft.fill(&format!("{path}.keyType"), "Account".into());
        draft.keep(&format!("{path}.lastEnabledTime"), now.clone().into());
    }
    draft.fill("properties.encryption.keySource", "Microsoft.Storage".into());
    draft.fill("properties.accessTier", "Hot".into());
    draft.fill("properties.allowBlobPublicAccess", false.into());
    draft.fill("properties.allowSharedKeyAccess", true.into());
    draft.fill("properties.minimumTlsVersion", "TLS1_2".into());
    draft.fill("properties.supportsHttpsTrafficOnly", true.into());
    draft.fill("properties.networkAcls", json!({ "bypass": "AzureServices", "defaultAction": "Allow", "ipRules": [], "virtualNetworkRules": [] }));
    let endpoint = draft.endpoint.to_owned();
    let hosted = |service: &str| format!("https://{name}.{service}.core.windows.net/");
    let endpoints = json!({
        "blob": format!("{endpoint}/{name}/"),
        "dfs": hosted("dfs"),
        "file": hosted("file"),
        "queue": hosted("queue"),
        "table": hosted("table"),
        "web": format!("https://{name}.z6.web.core.windows.net/"),
    });
    draft.keep("properties.primaryEndpoints", endpoints);
    draft.keep("properties.primaryLocation", draft.location().into());
    draft.keep("properties.statusOfPrimary", "available".into());
    let copied =
        draft.body["sku"]["name"].as_str().is_some_and(|sku| sku.contains("GRS") || sku.contains("GZRS"));
    if copied {
        draft.keep("properties.secondaryLocation", "northeurope".into());
        draft.keep("properties.statusOfSecondary", "available".into());
    }
    draft.keep("properties.creationTime", now.clone().into());
    draft.keep("properties.keyCreationTime", json!({ "key1": now, "key2": now }));
    draft.fill("properties.privateEndpointConnections", json!([]));
}

fn check(draft: &Draft<'_>, world: &World) -> Result<(), Refusal> {
    let fits = (3..=24).contains(&draft.name.len())
        && draft.name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    if !fits {
        return Err(Refusal::bad(
            "AccountNameInvalid",
            format!(
                "{} is not a valid storage account name. Storage account name must be between 3 and 24 characters in length and use numbers and lower-case letters only.",
                draft.name
            ),
        ));
    }
    let taken = world.all().any(|other| {
        other.kind == "microsoft.storage/storageaccounts"
            && other.body["name"].as_str() == Some(draft.name)
            && !other.id.eq_ignore_ascii_case(draft.id)
    });
    if taken {
        return Err(Refusal::conflict(
            "StorageAccountAlreadyTaken",
            format!("The storage account named {} is already taken.", draft.name),
        ));
    }
    Ok(())
}

fn action(action: &str, account: &Object) -> Option<Json> {
    action.eq_ignore_ascii_case("listKeys").then(|| {
        let key = |name: &str| STANDARD.encode(Sha512::digest(guid(&account.id, name).as_bytes()));
        let entry = |name: &str| json!({ "keyName": name, "permissions": "FULL", "value": key(name), "creationTime": account.body["properties"]["creationTime"] });
        json!({ "keys": [entry("key1"), entry("key2")] })
    })
}

/// The services of an account, which are there as soon as it is.
pub(crate) fn service(kind: &str, id: &str, world: &World) -> Option<Json> {
    let name = match kind {
        "microsoft.storage/storageaccounts/blobservices" => "blobServices",
        "microsoft.storage/storageaccounts/fileservices" => "fileServices",
        "microsoft.storage/storageaccounts/queueservices" => "queueServices",
        _ => return None,
    };
    let account = id.rsplitn(3, '/').nth(2)?;
    world.get(account)?;
    let properties = match name {
        "blobServices" => {
            json!({ "cors": { "corsRules": [] }, "deleteRetentionPolicy": { "allowPermanentDelete": false, "enabled": false } })
        }
        "fileServices" => {
            json!({ "cors": { "corsRules": [] }, "shareDeleteRetentionPolicy": { "enabled": true, "days": 7 }, "protocolSettings": { "smb": {} } })
        }
        _ => json!({ "cors": { "corsRules": [] } }),
    };
    Some(json!({
        "id": id,
        "name": "default",
        "type": format!("Microsoft.Storage/storageAccounts/{name}"),
        "properties": properties,
    }))
}

fn complete_container(draft: &mut Draft<'_>) {
    let now = draft.now.rfc3339();
    draft.fill("properties.publicAccess", "None".into());
    draft.fill("properties.metadata", json!({}));
    draft.keep("properties.leaseStatus", "Unlocked".into());
    draft.keep("properties.leaseState", "Available".into());
    draft.keep("properties.lastModifiedTime", now.into());
    draft.keep("properties.hasImmutabilityPolicy", false.into());
    draft.keep("properties.hasLegalHold", false.into());
    draft.keep("properties.deleted", false.into());
    draft.keep("properties.remainingRetentionDays", 0.into());
    draft.fill("properties.defaultEncryptionScope", "$account-encryption-key".into());
    draft.fill("properties.denyEncryptionScopeOverride", false.into());
    let etag = format!("\"0x{}\"", super::short(draft.id, "etag").to_uppercase());
    draft.keep("etag", etag.into());
}

fn check_container(draft: &Draft<'_>, _world: &World) -> Result<(), Refusal> {
    let fits = (3..=63).contains(&draft.name.len())
        && draft.name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && !draft.name.contains("--");
    if fits || matches!(draft.name, "$root" | "$web" | "$logs") {
        return Ok(());
    }
    Err(Refusal::bad(
        "ContainerNameInvalid",
        format!("The specified container name '{}' is not valid.", draft.name),
    ))
}
