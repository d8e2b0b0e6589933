//! `azurerm_storage_management_policy` is `Microsoft.Storage/storageAccounts/managementPolicies`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.storage/2025-08-01/storageaccounts/managementpolicies>

use crate::catalogue::rules::said;
use crate::resource_type::{Arm, Hooks, Minutes, ResourceType, Writing};
use crate::row::{Row, block, blocks, flag, id, number, parent, text, text_set};
use crate::spelling::Spelling;
use aksel_lang::value::Value;
use serde_json::Value as Json;
use serde_json::json;

/// The rows of `rule_filters_match_blob_index_tag`.
pub const RULE_FILTERS_MATCH_BLOB_INDEX_TAG: &[Row] = &[
    text("name", "name").required(),
    text("operation", "op").default_text("=="),
    text("value", "value").required(),
];

/// The rows of `rule_filters`.
pub const RULE_FILTERS: &[Row] = &[
    text_set("prefix_match", "prefixMatch"),
    text_set("blob_types", "blobTypes").required(),
    blocks("match_blob_index_tag", "blobIndexMatch", RULE_FILTERS_MATCH_BLOB_INDEX_TAG).unordered(),
];

/// After how many days something happens; -1 is never, which ARM leaves out.
const fn days(name: &'static str, path: &'static str) -> Row {
    number(name, path).default_number(-1).spelled(Spelling::Positive).or_default()
}

/// The rows of `rule_actions_base_blob`.
pub const RULE_ACTIONS_BASE_BLOB: &[Row] = &[
    days(
        "tier_to_cool_after_days_since_modification_greater_than",
        "tierToCool.daysAfterModificationGreaterThan",
    ),
    days(
        "tier_to_cool_after_days_since_last_access_time_greater_than",
        "tierToCool.daysAfterLastAccessTimeGreaterThan",
    ),
    days("tier_to_cool_after_days_since_creation_greater_than", "tierToCool.daysAfterCreationGreaterThan"),
    flag("auto_tier_to_hot_from_cool_enabled", "enableAutoTierToHotFromCool"),
    days(
        "tier_to_archive_after_days_since_modification_greater_than",
        "tierToArchive.daysAfterModificationGreaterThan",
    ),
    days(
        "tier_to_archive_after_days_since_last_access_time_greater_than",
        "tierToArchive.daysAfterLastAccessTimeGreaterThan",
    ),
    days(
        "tier_to_archive_after_days_since_last_tier_change_greater_than",
        "tierToArchive.daysAfterLastTierChangeGreaterThan",
    ),
    days(
        "tier_to_archive_after_days_since_creation_greater_than",
        "tierToArchive.daysAfterCreationGreaterThan",
    ),
    days(
        "tier_to_cold_after_days_since_modification_greater_than",
        "tierToCold.daysAfterModificationGreaterThan",
    ),
    days(
        "tier_to_cold_after_days_since_last_access_time_greater_than",
        "tierToCold.daysAfterLastAccessTimeGreaterThan",
    ),
    days("tier_to_cold_after_days_since_creation_greater_than", "tierToCold.daysAfterCreationGreaterThan"),
    days("delete_after_days_since_modification_greater_than", "delete.daysAfterModificationGreaterThan"),
    days(
        "delete_after_days_since_last_access_time_greater_than",
        "delete.daysAfterLastAccessTimeGreaterThan",
    ),
    days("delete_after_days_since_creation_greater_than", "delete.daysAfterCreationGreaterThan"),
];

/// The rows of `rule_actions_snapshot`.
pub const RULE_ACTIONS_SNAPSHOT: &[Row] = &[
    days("change_tier_to_archive_after_days_since_creation", "tierToArchive.daysAfterCreationGreaterThan"),
    days(
        "tier_to_archive_after_days_since_last_tier_change_greater_than",
        "tierToArchive.daysAfterLastTierChangeGreaterThan",
    ),
    days("change_tier_to_cool_after_days_since_creation", "tierToCool.daysAfterCreationGreaterThan"),
    days("tier_to_cold_after_days_since_creation_greater_than", "tierToCold.daysAfterCreationGreaterThan"),
    days("delete_after_days_since_creation_greater_than", "delete.daysAfterCreationGreaterThan"),
];

/// The rows of `rule_actions_version`.
pub const RULE_ACTIONS_VERSION: &[Row] = &[
    days("change_tier_to_archive_after_days_since_creation", "tierToArchive.daysAfterCreationGreaterThan"),
    days(
        "tier_to_archive_after_days_since_last_tier_change_greater_than",
        "tierToArchive.daysAfterLastTierChangeGreaterThan",
    ),
    days("change_tier_to_cool_after_days_since_creation", "tierToCool.daysAfterCreationGreaterThan"),
    days("tier_to_cold_after_days_since_creation_greater_than", "tierToCold.daysAfterCreationGreaterThan"),
    days("delete_after_days_since_creation", "delete.daysAfterCreationGreaterThan"),
];

/// The rows of `rule_actions`.
pub const RULE_ACTIONS: &[Row] = &[
    block("base_blob", "baseBlob", RULE_ACTIONS_BASE_BLOB),
    block("snapshot", "snapshot", RULE_ACTIONS_SNAPSHOT),
    block("version", "version", RULE_ACTIONS_VERSION),
];

/// The rows of `rule`.
pub const RULE: &[Row] = &[
    text("name", "name").required(),
    flag("enabled", "enabled").required(),
    block("filters", "definition.filters", RULE_FILTERS).at_least(1),
    block("actions", "definition.actions", RULE_ACTIONS).at_least(1),
];

/// When blobs move to cheaper tiers and when they go.
pub const STORAGE_MANAGEMENT_POLICY: ResourceType = ResourceType {
    name: "azurerm_storage_management_policy",
    arm: Arm { kind: "Microsoft.Storage/storageAccounts/managementPolicies", api: "2025-08-01" },
    schema_version: 0,
    minutes: Minutes { create: 30, read: 5, update: 30, delete: 30 },
    attributes: &[id(), parent("storage_account_id"), blocks("rule", "policy.rules", RULE)],
    calls: &[],
    groups: &[],
    rules: &[],
    hooks: Hooks { identity: Some(identity), before_write: Some(complete), ..Hooks::NONE },
};

/// An account has one policy.
fn identity(planned: &Value, _subscription: &str) -> Option<String> {
    Some(format!("{}/managementPolicies/default", said(planned, "storage_account_id")?))
}

fn complete(document: &mut Json, _writing: &Writing<'_>) {
    let rules = document.pointer_mut("/body/properties/policy/rules").and_then(Json::as_array_mut);
    for rule in rules.into_iter().flatten() {
        rule["type"] = json!("Lifecycle");
    }
}
