//! `azurerm_log_analytics_workspace` is `Microsoft.OperationalInsights/workspaces`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.operationalinsights/2025-07-01/workspaces>

use crate::catalogue::cluster_rules;
use crate::catalogue::identities;
use crate::catalogue::other_rules;
use crate::catalogue::rules::has_identity;
use crate::resource_type::{Arm, Call, Hooks, Minutes, ResourceType};
use crate::row::{Place, Was, block, flag, id, location, number, resource_group_name, tags, text};
use crate::spelling::Spelling;

/// A store for logs.
pub const LOG_ANALYTICS_WORKSPACE: ResourceType = ResourceType {
    name: "azurerm_log_analytics_workspace",
    arm: Arm { kind: "Microsoft.OperationalInsights/workspaces", api: "2025-07-01" },
    schema_version: 3,
    minutes: Minutes { create: 30, read: 5, update: 30, delete: 30 },
    attributes: &[
        id(),
        text("name", "").placed(Place::Name).required().replaces().matching(
            r"^[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]$",
            "4 to 63 letters, digits and hyphens, neither beginning nor ending with a hyphen",
        ),
        resource_group_name(),
        location(),
        flag("allow_resource_only_permissions", "features.enableLogAccessUsingOnlyResourcePermissions")
            .default_flag(true),
        flag("local_authentication_enabled", "features.disableLocalAuth")
            .formerly(&[("local_authentication_disabled", Was::Inverted)])
            .default_flag(true)
            .spelled(Spelling::Inverted),
        flag("cmk_for_query_forced", "forceCmkForQuery"),
        number("daily_quota_gb", "workspaceCapping.dailyQuotaGb").default_number(-1).or_default(),
        text("data_collection_rule_id", "defaultDataCollectionRuleResourceId"),
        flag("immediate_data_purge_on_30_days_enabled", "features.immediatePurgeDataOn30Days"),
        text("internet_ingestion_access_type", "publicNetworkAccessForIngestion")
            .formerly(&[("internet_ingestion_enabled", Was::Flag("Enabled", "Disabled"))])
            .one_of(&["Enabled", "Disabled", "SecuredByPerimeter"])
            .default_text("Enabled"),
        text("internet_query_access_type", "publicNetworkAccessForQuery")
            .formerly(&[("internet_query_enabled", Was::Flag("Enabled", "Disabled"))])
            .one_of(&["Enabled", "Disabled", "SecuredByPerimeter"])
            .default_text("Enabled"),
        number("reservation_capacity_in_gb_per_day", "sku.capacityReservationLevel")
            .one_number(&[100, 200, 300, 400, 500, 1000, 2000, 5000, 10_000, 25_000, 50_000])
            .or_null(),
        number("retention_in_days", "retentionInDays").computed().between(30, 730),
        text("sku", "sku.name").computed(),
        text("workspace_id", "customerId").read_only(),
        text("primary_shared_key", "keys:/primarySharedKey").read_only().sensitive(),
        text("secondary_shared_key", "keys:/secondarySharedKey").read_only().sensitive(),
        block("identity", "/identity", identities::ONE_KIND).present_when(has_identity),
        tags(),
    ],
    calls: &[Call::post("keys", "sharedKeys")],
    groups: &[],
    rules: &[cluster_rules::identity, other_rules::reservation],
    hooks: Hooks {
        replaces: Some(other_rules::another_tier),
        refuses: Some(other_rules::old_tier),
        ..Hooks::NONE
    },
};
