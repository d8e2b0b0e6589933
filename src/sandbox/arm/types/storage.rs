//! `Microsoft.Storage`: accounts, their services, containers and shares.
//!
//! Invariant: an account has its four services from the moment it exists.

use serde_json::{Map, Value, json};

use super::super::id::Id;
use super::super::reply::Refusal;
use super::super::{derive, groups, merge};
use super::{Draft, Kind, State, object, part};
use crate::world::Object;

const ACCOUNT: &str = "Microsoft.Storage/storageAccounts";

pub(super) const KINDS: &[Kind] = &[
    Kind {
        name: ACCOUNT,
        api: "2025-08-01",
        created: 200,
        check,
        fill,
        parts: services,
        actions: &[("listKeys", keys), ("regenerateKey", keys), ("ListAccountSas", signature)],
        ..Kind::PLAIN
    },
    Kind {
        name: "Microsoft.Storage/storageAccounts/blobServices",
        api: "2025-08-01",
        created: 200,
        fill: |_, body| merge::fill(body, "properties/cors", json!({"corsRules": []})),
        ..Kind::PLAIN
    },
    Kind {
        name: "Microsoft.Storage/storageAccounts/fileServices",
        api: "2025-08-01",
        created: 200,
        ..Kind::PLAIN
    },
    Kind {
        name: "Microsoft.Storage/storageAccounts/queueServices",
        api: "2025-08-01",
        created: 200,
        ..Kind::PLAIN
    },
    Kind {
        name: "Microsoft.Storage/storageAccounts/tableServices",
        api: "2025-08-01",
        created: 200,
        ..Kind::PLAIN
    },
    Kind {
        name: "Microsoft.Storage/storageAccounts/blobServices/containers",
        api: "2025-08-01",
        state: State::Absent,
        check: |draft, _| check_container(draft.id),
        fill: |draft, body| {
            merge::fill_all(
                body,
                &[
                    ("properties/metadata", json!({})),
                    ("properties/publicAccess", json!("None")),
                    ("properties/leaseStatus", json!("Unlocked")),
                    ("properties/leaseState", json!("Available")),
                    ("properties/hasImmutabilityPolicy", json!(false)),
                    ("properties/hasLegalHold", json!(false)),
                    ("properties/deleted", json!(false)),
                    ("properties/remainingRetentionDays", json!(0)),
                    ("properties/defaultEncryptionScope", json!("$account-encryption-key")),
                    ("properties/denyEncryptionScopeOverride", json!(false)),
                ],
            );
            merge::put(body, "properties/lastModifiedTime", draft.scene.now.rfc3339());
            merge::put(body, "etag", format!("\"0x8D{:0>11X}\"", draft.scene.now.0));
        },
        ..Kind::PLAIN
    },
    Kind { name: "Microsoft.Storage/storageAccounts/fileServices/shares", api: "2025-08-01", ..Kind::PLAIN },
    Kind {
        name: "Microsoft.Storage/storageAccounts/managementPolicies",
        api: "2025-08-01",
        created: 200,
        state: State::Absent,
        ..Kind::PLAIN
    },
];

fn check(draft: &Draft<'_>, body: &Map<String, Value>) -> Result<(), Refusal> {
    let name = draft.id.name();
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    if !(3..=24).contains(&name.len()) || !name.chars().all(allowed) {
        let message = format!(
            "{name} is not a valid storage account name. Storage account name must be between 3 and 24 characters in \
             length and use numbers and lower-case letters only."
        );
        return Err(Refusal::new(400, "AccountNameInvalid", message));
    }
    let sku = merge::text(body, "sku/name");
    if !sku.starts_with("Standard_") && !sku.starts_with("Premium_") && !sku.starts_with("StandardV2_") {
        let message = format!("The value '{sku}' of the property sku.name is not valid.");
        return Err(Refusal::new(400, "InvalidRequestPropertyValue", message).at("sku.name"));
    }
    let taken = draft.live.is_none()
        && draft.scene.tables.objects.values().any(|other| {
            other.kind.eq_ignore_ascii_case(ACCOUNT) && other.id.rsplit('/').next() == Some(name)
        });
    if taken {
        let message = format!("The storage account named {name} is already taken.");
        return Err(Refusal::new(409, "StorageAccountAlreadyTaken", message));
    }
    for fixed in ["isHnsEnabled", "isNfsV3Enabled"] {
        let path = format!("properties/{fixed}");
        let changed =
            draft.live.is_some_and(|live| merge::is_on(&live.body, &path) != merge::is_on(body, &path));
        if changed {
            let message =
                format!("The property '{fixed}' was specified in the input, but it cannot be updated.");
            return Err(Refusal::new(409, "PropertyChangeNotAllowed", message).at(fixed));
        }
    }
    Ok(())
}

fn check_container(id: &Id) -> Result<(), Refusal> {
    let name = id.name();
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let special = name == "$root" || name == "$web" || name == "$logs";
    let dashes = name.starts_with('-') || name.ends_with('-') || name.contains("--");
    if special || ((3..=63).contains(&name.len()) && name.chars().all(allowed) && !dashes) {
        return Ok(());
    }
    let message = "The specified resource name contains invalid characters.";
    Err(Refusal::new(400, "ContainerOperationFailure", message))
}

/// The region that holds the second copy.
fn pair(location: &str) -> &'static str {
    const PAIRS: &[(&str, &str)] = &[
        ("westeurope", "northeurope"),
        ("eastus", "westus"),
        ("eastus2", "centralus"),
        ("westus2", "westcentralus"),
        ("northcentralus", "southcentralus"),
        ("uksouth", "ukwest"),
        ("francecentral", "francesouth"),
        ("germanywestcentral", "germanynorth"),
        ("swedencentral", "swedensouth"),
        ("switzerlandnorth", "switzerlandwest"),
        ("norwayeast", "norwaywest"),
        ("southeastasia", "eastasia"),
        ("japaneast", "japanwest"),
        ("australiaeast", "australiasoutheast"),
        ("canadacentral", "canadaeast"),
    ];
    let found = PAIRS.iter().find_map(|(one, other)| match location {
        here if here == *one => Some(*other),
        here if here == *other => Some(*one),
        _ => None,
    });
    found.unwrap_or("northeurope")
}

fn fill(draft: &Draft<'_>, body: &mut Map<String, Value>) {
    let sku = merge::text(body, "sku/name").to_owned();
    let location = groups::normal(merge::text(body, "location"));
    let made = draft.made.rfc3339();
    merge::put(body, "sku/tier", sku.split('_').next().unwrap_or("Standard").trim_end_matches("V2"));
    let service = json!({"enabled": true, "keyType": "Account", "lastEnabledTime": made});
    merge::fill_all(
        body,
        &[
            ("kind", json!("StorageV2")),
            ("properties/supportsHttpsTrafficOnly", json!(true)),
            ("properties/minimumTlsVersion", json!("TLS1_2")),
            ("properties/encryption/keySource", json!("Microsoft.Storage")),
            ("properties/encryption/services/blob", service.clone()),
            ("properties/encryption/services/file", service),
            (
                "properties/networkAcls",
                json!({"bypass": "AzureServices", "defaultAction": "Allow", "ipRules": [], "virtualNetworkRules": []}),
            ),
            ("properties/privateEndpointConnections", json!([])),
        ],
    );
    for list in ["ipRules", "virtualNetworkRules"] {
        let rules = body
            .get_mut("properties")
            .and_then(|properties| properties.pointer_mut(&format!("/networkAcls/{list}")));
        for rule in rules.and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_object_mut)
        {
            merge::fill(rule, "action", "Allow");
        }
    }
    if matches!(merge::text(body, "kind"), "StorageV2" | "BlobStorage") {
        merge::fill(body, "properties/accessTier", "Hot");
    }
    let name = draft.id.name().to_owned();
    merge::put(body, "properties/primaryEndpoints", endpoints(draft, &name));
    merge::put(body, "properties/primaryLocation", location.clone());
    merge::put(body, "properties/statusOfPrimary", "available");
    merge::put(body, "properties/creationTime", made.clone());
    merge::put(body, "properties/keyCreationTime", json!({"key1": made, "key2": made}));
    if ["GRS", "GZRS"].iter().any(|kind| sku.trim_start_matches("Standard_").ends_with(kind)) {
        merge::put(body, "properties/secondaryLocation", pair(&location));
        merge::put(body, "properties/statusOfSecondary", "available");
    }
}

/// Blobs are served by the sandbox itself, below the name of the account; the other services have their usual names.
fn endpoints(draft: &Draft<'_>, name: &str) -> Value {
    let other = |service: &str| format!("https://{name}.{service}.core.windows.net/");
    json!({
        "blob": format!("{}/{name}/", draft.scene.place.endpoint),
        "queue": other("queue"),
        "table": other("table"),
        "file": other("file"),
        "web": other("z6.web"),
        "dfs": other("dfs"),
    })
}

fn services(draft: &Draft<'_>, _: &Object) -> Vec<Object> {
    if draft.live.is_some() {
        return Vec::new();
    }
    let no_cors = json!({"cors": {"corsRules": []}});
    let all = [
        (
            "blobServices",
            json!({"cors": {"corsRules": []}, "deleteRetentionPolicy": {"enabled": false, "allowPermanentDelete": false}}),
        ),
        (
            "fileServices",
            json!({"cors": {"corsRules": []}, "shareDeleteRetentionPolicy": {"enabled": true, "days": 7}, "protocolSettings": {"smb": {}}}),
        ),
        ("queueServices", no_cors.clone()),
        ("tableServices", no_cors),
    ];
    all.into_iter()
        .map(|(kind, properties)| {
            part(draft, &draft.id.child(kind, "default"), object(json!({"properties": properties})))
        })
        .collect()
}

fn keys(
    _: &super::super::request::Scene<'_>,
    account: &Object,
    _: &Map<String, Value>,
) -> Result<Value, Refusal> {
    let key = |name: &str| {
        json!({
            "keyName": name,
            "value": derive::key(&account.id, name),
            "permissions": "FULL",
            "creationTime": account.made.rfc3339(),
        })
    };
    Ok(json!({"keys": [key("key1"), key("key2")]}))
}

/// A signature for the account's own endpoint, as wide as it was asked for.
fn signature(
    _: &super::super::request::Scene<'_>,
    account: &Object,
    asked: &Map<String, Value>,
) -> Result<Value, Refusal> {
    let text = |name: &str| merge::text(asked, name).to_owned();
    let key = derive::key(&account.id, "signature");
    let key: String = key.chars().filter(char::is_ascii_alphanumeric).collect();
    let token = format!(
        "sv=2023-11-03&ss={}&srt={}&sp={}&se={}&spr=https&sig={key}",
        text("signedServices"),
        text("signedResourceTypes"),
        text("signedPermission"),
        text("signedExpiry"),
    );
    Ok(json!({ "accountSasToken": token }))
}
