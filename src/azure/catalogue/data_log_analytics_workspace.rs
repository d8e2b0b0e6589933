//! `azurerm_log_analytics_workspace` (data source) is `Microsoft.OperationalInsights/workspaces`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.operationalinsights/2025-07-01/workspaces>

use crate::resource_type::{Arm, Call, DataSource, Hooks};
use crate::row::{id, name, number, resource_group_name, tags, text};
use crate::spelling::Spelling;

/// A place for logs that exists.
pub const LOG_ANALYTICS_WORKSPACE: DataSource = DataSource {
    name: "azurerm_log_analytics_workspace",
    arm: Arm { kind: "Microsoft.OperationalInsights/workspaces", api: "2025-07-01" },
    attributes: &[
        id(),
        name(),
        resource_group_name(),
        text("sku", "sku.name").read_only(),
        number("daily_quota_gb", "workspaceCapping.dailyQuotaGb").read_only(),
        text("internet_ingestion_access_type", "publicNetworkAccessForIngestion").read_only(),
        text("internet_query_access_type", "publicNetworkAccessForQuery").read_only(),
        number("retention_in_days", "retentionInDays").read_only(),
        text("workspace_id", "customerId").read_only(),
        text("primary_shared_key", "keys:/primarySharedKey").read_only().sensitive(),
        text("secondary_shared_key", "keys:/secondarySharedKey").read_only().sensitive(),
        text("location", "/location").spelled(Spelling::Location).read_only(),
        tags().read_only(),
    ],
    calls: &[Call::post("keys", "sharedKeys")],
    hooks: Hooks::NONE,
};
