//! `Microsoft.KeyVault`: vaults. What is in them is not part of the sandbox.

use serde_json::{Map, Value, json};

use super::super::merge;
use super::super::reply::Refusal;
use super::super::write::missing;
use super::{Draft, Kind};
use crate::world::Object;

pub(super) const KINDS: &[Kind] = &[
    Kind {
        name: "Microsoft.KeyVault/vaults",
        api: "2026-02-01",
        fill: |draft, body| {
            // How it is made is a question of the request, not a property of the vault.
            if let Some(properties) =
                body.get_mut("properties").and_then(|properties| properties.as_object_mut())
            {
                properties.remove("createMode");
            }
            merge::put(body, "properties/vaultUri", format!("https://{}.vault.azure.net/", draft.id.name()));
            merge::fill_all(
                body,
                &[
                    ("properties/accessPolicies", json!([])),
                    ("properties/enableSoftDelete", json!(true)),
                    ("properties/softDeleteRetentionInDays", json!(90)),
                    ("properties/publicNetworkAccess", json!("Enabled")),
                    (
                        "properties/networkAcls",
                        json!({"bypass": "AzureServices", "defaultAction": "Allow", "ipRules": [], "virtualNetworkRules": []}),
                    ),
                ],
            );
        },
        ..Kind::PLAIN
    },
    Kind {
        name: "Microsoft.KeyVault/vaults/accessPolicies",
        api: "2026-02-01",
        instead: Some(policies),
        ..Kind::PLAIN
    },
    // Deleted vaults are not kept.
    Kind {
        name: "Microsoft.KeyVault/locations/deletedVaults",
        api: "2026-02-01",
        computed: Some(|_, id| if id.names.len() == 2 { Err(missing(id)) } else { Ok(json!({"value": []})) }),
        ..Kind::PLAIN
    },
];

/// `accessPolicies/add`, `replace` and `remove` are no objects: each changes the policies of its vault.
fn policies(draft: &Draft<'_>) -> Result<Object, Refusal> {
    let parent = draft.id.parent().ok_or_else(|| missing(draft.id))?;
    let vault = draft.scene.tables.objects.get(&parent.key()).ok_or_else(|| missing(&parent))?;
    let list = |body: &Map<String, Value>| -> Vec<Value> {
        merge::at(body, "properties/accessPolicies").and_then(Value::as_array).cloned().unwrap_or_default()
    };
    let whose = |policy: &Value| {
        ["objectId", "applicationId"]
            .map(|name| policy.get(name).and_then(Value::as_str).unwrap_or_default().to_lowercase())
    };
    let (mut kept, asked) = (list(&vault.body), list(draft.asked));
    if asked.iter().any(|policy| policy.get("objectId").and_then(Value::as_str).is_none()) {
        let message = "The parameter objectId of an access policy is required.";
        return Err(Refusal::new(400, "BadRequest", message.to_owned()));
    }
    kept.retain(|policy| !asked.iter().any(|other| whose(other) == whose(policy)));
    if !draft.id.name().eq_ignore_ascii_case("remove") {
        kept.extend(asked);
    }
    let mut changed = Object { changed: draft.scene.now, ..vault.clone() };
    merge::put(&mut changed.body, "properties/accessPolicies", kept);
    Ok(changed)
}
