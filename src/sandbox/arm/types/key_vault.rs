//! `Microsoft.KeyVault`: vaults. What is in them is not part of the sandbox.

use serde_json::json;

use super::super::merge;
use super::super::write::missing;
use super::Kind;

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
    // Deleted vaults are not kept.
    Kind {
        name: "Microsoft.KeyVault/locations/deletedVaults",
        api: "2026-02-01",
        computed: Some(|_, id| if id.names.len() == 2 { Err(missing(id)) } else { Ok(json!({"value": []})) }),
        ..Kind::PLAIN
    },
];
