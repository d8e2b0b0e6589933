//! `azurerm_monitor_data_collection_endpoint` is `Microsoft.Insights/dataCollectionEndpoints`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.insights/2023-03-11/datacollectionendpoints>

use crate::resource_type::{Arm, Hooks, Minutes, ResourceType};
use crate::row::{flag, id, location, name, resource_group_name, tags, text};
use crate::spelling::ENABLED;

/// Where agents send what they collect.
pub const MONITOR_DATA_COLLECTION_ENDPOINT: ResourceType = ResourceType {
    name: "azurerm_monitor_data_collection_endpoint",
    arm: Arm { kind: "Microsoft.Insights/dataCollectionEndpoints", api: "2023-03-11" },
    schema_version: 0,
    minutes: Minutes { create: 30, read: 5, update: 30, delete: 30 },
    attributes: &[
        id(),
        name(),
        resource_group_name(),
        location(),
        text("kind", "/kind").one_of(&["Linux", "Windows"]),
        text("description", "description"),
        flag("public_network_access_enabled", "networkAcls.publicNetworkAccess")
            .default_flag(true)
            .spelled(ENABLED),
        text("configuration_access_endpoint", "configurationAccess.endpoint").read_only(),
        text("logs_ingestion_endpoint", "logsIngestion.endpoint").read_only(),
        text("metrics_ingestion_endpoint", "metricsIngestion.endpoint").read_only(),
        text("immutable_id", "immutableId").read_only(),
        tags(),
    ],
    calls: &[],
    groups: &[],
    rules: &[],
    hooks: Hooks::NONE,
};
