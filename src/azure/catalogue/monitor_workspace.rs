//! `azurerm_monitor_workspace` is `Microsoft.Monitor/accounts`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.monitor/2023-04-03/accounts>

use crate::resource_type::{Arm, Hooks, Minutes, ResourceType};
use crate::row::{flag, id, location, name, resource_group_name, tags, text};
use crate::spelling::ENABLED;

/// A store for metrics.
pub const MONITOR_WORKSPACE: ResourceType = ResourceType {
    name: "azurerm_monitor_workspace",
    arm: Arm { kind: "Microsoft.Monitor/accounts", api: "2023-04-03" },
    schema_version: 0,
    minutes: Minutes { create: 30, read: 5, update: 30, delete: 30 },
    attributes: &[
        id(),
        name(),
        resource_group_name(),
        location(),
        flag("public_network_access_enabled", "publicNetworkAccess").default_flag(true).spelled(ENABLED),
        text("query_endpoint", "metrics.prometheusQueryEndpoint").read_only(),
        text(
            "default_data_collection_endpoint_id",
            "defaultIngestionSettings.dataCollectionEndpointResourceId",
        )
        .read_only(),
        text("default_data_collection_rule_id", "defaultIngestionSettings.dataCollectionRuleResourceId")
            .read_only(),
        tags(),
    ],
    calls: &[],
    groups: &[],
    rules: &[],
    hooks: Hooks::NONE,
};
