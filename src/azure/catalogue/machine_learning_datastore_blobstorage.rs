//! `azurerm_machine_learning_datastore_blobstorage` is `Microsoft.MachineLearningServices/workspaces/dataStores`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.machinelearningservices/2025-06-01/workspaces/datastores>

use crate::catalogue::rules::said;
use crate::document::put;
use crate::resource_type::{Arm, Hooks, Minutes, ResourceType, Writing};
use crate::row::{Place, flag, id, map, name, parent, text};
use crate::spelling::Spelling;
use serde_json::Value as Json;
use serde_json::json;

/// A container of blobs that a workspace reads.
pub const MACHINE_LEARNING_DATASTORE_BLOBSTORAGE: ResourceType =
    ResourceType {
        name: "azurerm_machine_learning_datastore_blobstorage",
        arm: Arm { kind: "Microsoft.MachineLearningServices/workspaces/dataStores", api: "2025-06-01" },
        schema_version: 0,
        minutes: Minutes { create: 30, read: 5, update: 30, delete: 30 },
        attributes: &[
            id(),
            name(),
            parent("workspace_id"),
            text("storage_container_id", "").placed(Place::State).required().replaces().spelled(Spelling::Id),
            text("description", "description").replaces(),
            flag("is_default", "isDefault").default_flag(false),
            text("service_data_auth_identity", "serviceDataAccessAuthIdentity")
                .default_text("None")
                .one_of(&["None", "WorkspaceSystemAssignedIdentity", "WorkspaceUserAssignedIdentity"]),
            text("account_key", "").placed(Place::State).sensitive().or_empty(),
            text("shared_access_signature", "").placed(Place::State).sensitive().or_empty(),
            map("tags", "tags").replaces(),
        ],
        calls: &[],
        groups: &[],
        rules: &[],
        hooks: Hooks { before_write: Some(complete), ..Hooks::NONE },
    };

/// The part of an id behind a word.
fn after<'a>(id: &'a str, word: &str) -> &'a str {
    let mut parts = id.split('/');
    parts.by_ref().find(|part| part.eq_ignore_ascii_case(word));
    parts.next().unwrap_or_default()
}

/// A datastore is always written whole: what it signs in with is never told.
fn complete(document: &mut Json, writing: &Writing<'_>) {
    let container = said(writing.planned, "storage_container_id").unwrap_or_default();
    put(document, "datastoreType", json!("AzureBlob"));
    put(document, "accountName", json!(after(container, "storageAccounts")));
    put(document, "containerName", json!(after(container, "containers")));
    put(document, "endpoint", json!("core.windows.net"));
    let key = said(writing.planned, "account_key");
    let credentials = match (key, said(writing.planned, "shared_access_signature")) {
        (Some(key), _) => {
            json!({ "credentialsType": "AccountKey", "secrets": { "secretsType": "AccountKey", "key": key } })
        }
        (None, Some(token)) => {
            json!({ "credentialsType": "Sas", "secrets": { "secretsType": "Sas", "sasToken": token } })
        }
        (None, None) => json!({ "credentialsType": "None" }),
    };
    put(document, "credentials", credentials);
}
