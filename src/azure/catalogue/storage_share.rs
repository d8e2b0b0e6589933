//! `azurerm_storage_share` is `Microsoft.Storage/storageAccounts/fileServices/shares`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.storage/2025-08-01/storageaccounts/fileservices/shares>

use crate::catalogue::endpoint_ids;
use crate::catalogue::rules::said;
use crate::resource_type::{Arm, Hooks, Minutes, ResourceType};
use crate::row::{Form, Place, Row, Was, blocks, id, map, number, text};
use crate::spelling::Spelling;
use aksel_lang::types::Text;
use aksel_lang::value::Value;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// The rows of `acl_access_policy`.
pub const ACL_ACCESS_POLICY: &[Row] = &[
    text("start", "startTime").formed(Form::Time),
    text("expiry", "expiryTime").formed(Form::Time),
    text("permissions", "permission").required(),
];

/// The rows of `acl`.
pub const ACL: &[Row] = &[
    text("id", "id").of_length(1, 64).required(),
    blocks("access_policy", "accessPolicy", ACL_ACCESS_POLICY).single(),
];

/// A share of files.
pub const STORAGE_SHARE: ResourceType = ResourceType {
    name: "azurerm_storage_share",
    arm: Arm { kind: "Microsoft.Storage/storageAccounts/fileServices/shares", api: "2025-08-01" },
    schema_version: 3,
    minutes: Minutes { create: 30, read: 5, update: 30, delete: 30 },
    attributes: &[
        id(),
        text("name", "").placed(Place::Name).required().replaces().matching(r"^[a-z0-9]([a-z0-9]|-[a-z0-9]){2,62}$", "3 to 63 lowercase letters, digits and single hyphens, beginning and ending with a letter or digit"),
        text("storage_account_id", "").formerly(&[("storage_account_name", Was::NameOf)]).placed(Place::State).required().replaces().spelled(Spelling::Id),
        number("quota", "shareQuota").required().between(1, 102_400),
        text("enabled_protocol", "enabledProtocols").default_text("SMB").replaces().one_of(&["SMB", "NFS"]),
        text("access_tier", "accessTier").computed().one_of(&["Premium", "Hot", "Cool", "TransactionOptimized"]),
        map("metadata", "metadata").computed(),
        blocks("acl", "signedIdentifiers", ACL).unordered(),
        text("url", "").placed(Place::State).read_only(),
        text("rbac_scope_id", "").placed(Place::State).read_only(),
    ],
    calls: &[],
    groups: &[],
    rules: &[],
    hooks: Hooks { upgrade: Some(endpoint_ids::share), identity: Some(identity), after_read: Some(addresses), ..Hooks::NONE },
};

fn identity(planned: &Value, _subscription: &str) -> Option<String> {
    Some(format!(
        "{}/fileServices/default/shares/{}",
        said(planned, "storage_account_id")?,
        said(planned, "name")?
    ))
}

fn addresses(values: &mut BTreeMap<Text, Value>, _document: &Json, id: &str) {
    let account = id.find("/fileServices/").map_or(id, |at| &id[..at]).to_owned();
    let (host, name) =
        (account.rsplit('/').next().unwrap_or_default(), id.rsplit('/').next().unwrap_or_default());
    values.insert("url".into(), Value::string(format!("https://{host}.file.core.windows.net/{name}")));
    values.insert("rbac_scope_id".into(), Value::string(id.replace("/shares/", "/fileshares/")));
    values.insert("storage_account_id".into(), Value::string(account));
}
