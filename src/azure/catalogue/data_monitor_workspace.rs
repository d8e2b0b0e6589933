//! `azurerm_monitor_workspace` (data source) is `Microsoft.Monitor/accounts`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.monitor/2023-04-03/accounts>

use crate::resource_type::{Arm, DataSource, Hooks};
use crate::row::{flag, id, name, resource_group_name, tags, text};
use crate::spelling::{ENABLED, Spelling};

/// A place for metrics that exists.
pub const MONITOR_WORKSPACE: DataSource = DataSource {
    name: "azurerm_monitor_workspace",
    arm: Arm { kind: "Microsoft.Monitor/accounts", api: "2023-04-03" },
    attributes: &[
        id(),
        name(),
        resource_group_name(),
        text("query_endpoint", "metrics.prometheusQueryEndpoint").read_only(),
        flag("public_network_access_enabled", "publicNetworkAccess").read_only().spelled(ENABLED),
        text(
            "default_data_collection_endpoint_id",
            "defaultIngestionSettings.dataCollectionEndpointResourceId",
        )
        .read_only(),
        text("default_data_collection_rule_id", "defaultIngestionSettings.dataCollectionRuleResourceId")
            .read_only(),
        text("location", "/location").spelled(Spelling::Location).read_only(),
        tags().read_only(),
    ],
    calls: &[],
    hooks: Hooks::NONE,
};
