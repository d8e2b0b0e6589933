//! `azurerm_storage_container` is `Microsoft.Storage/storageAccounts/blobServices/containers`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.storage/2025-08-01/storageaccounts/blobservices/containers>

use crate::catalogue::endpoint_ids;
use crate::group::Group;
use crate::resource_type::{Arm, Hooks, Minutes, ResourceType, Writing};
use crate::row::{Place, Was, flag, id, map, text};
use crate::spelling::Spelling;
use aksel_lang::types::Text;
use aksel_lang::value::Value;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// A container for blobs.
pub const STORAGE_CONTAINER: ResourceType = ResourceType {
    name: "azurerm_storage_container",
    arm: Arm { kind: "Microsoft.Storage/storageAccounts/blobServices/containers", api: "2025-08-01" },
    schema_version: 2,
    minutes: Minutes { create: 30, read: 5, update: 30, delete: 30 },
    attributes: &[
        id(),
        text("name", "").placed(Place::Name).required().replaces().matching(r"^(\$root|\$web|[a-z0-9]([a-z0-9]|-[a-z0-9]){2,62})$", "3 to 63 lowercase letters, digits and single hyphens, beginning and ending with a letter or digit"),
        text("container_access_type", "publicAccess").one_of(&["blob", "container", "private"]).default_text("private").spelled(Spelling::Pairs(&[("private", "None"), ("blob", "Blob"), ("container", "Container")])),
        text("default_encryption_scope", "defaultEncryptionScope").computed().replaces(),
        flag("encryption_scope_override_enabled", "denyEncryptionScopeOverride").default_flag(true).or_default().replaces().spelled(Spelling::Inverted),
        map("metadata", "metadata").computed(),
        flag("has_immutability_policy", "hasImmutabilityPolicy").read_only(),
        flag("has_legal_hold", "hasLegalHold").read_only(),
        text("storage_account_id", "").formerly(&[("storage_account_name", Was::NameOf)]).placed(Place::State).required().replaces(),
        text("url", "").placed(Place::State).read_only(),
    ],
    calls: &[],
    groups: &[Group::Needs("encryption_scope_override_enabled", &["default_encryption_scope"])],
    rules: &[],
    hooks: Hooks { upgrade: Some(endpoint_ids::container), identity: Some(identity), after_read: Some(address), before_write: Some(complete), ..Hooks::NONE },
};

/// It lies in the only blob service of its account.
pub fn identity(planned: &Value, _subscription: &str) -> Option<String> {
    let account = planned.attribute("storage_account_id")?.as_str()?;
    Some(format!("{account}/blobServices/default/containers/{}", planned.attribute("name")?.as_str()?))
}

/// Its address, and the account that it lies in.
pub fn address(values: &mut BTreeMap<Text, Value>, _document: &Json, id: &str) {
    let account = id.find("/blobServices/").map_or(id, |at| &id[..at]);
    let known = values
        .get("storage_account_id")
        .and_then(Value::as_str)
        .filter(|known| known.eq_ignore_ascii_case(account));
    let account = known.unwrap_or(account).to_owned();
    let name = id.rsplit('/').next().unwrap_or_default();
    let url = values.get("url").and_then(Value::as_str).filter(|url| !url.is_empty()).map(str::to_owned);
    let made =
        format!("https://{}.blob.core.windows.net/{name}", account.rsplit('/').next().unwrap_or_default());
    values.insert("url".into(), Value::string(url.unwrap_or(made)));
    values.insert("storage_account_id".into(), Value::string(account));
}

/// ARM takes the account's own scope for none given.
fn complete(document: &mut Json, writing: &Writing<'_>) {
    let scope =
        writing.planned.attribute("default_encryption_scope").and_then(Value::as_str).unwrap_or_default();
    if scope.is_empty()
        && writing.prior.is_null()
        && let Some(properties) = document["body"]["properties"].as_object_mut()
    {
        properties.remove("denyEncryptionScopeOverride");
    }
}
