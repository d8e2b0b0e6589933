//! `azurerm_monitor_data_collection_rule` is `Microsoft.Insights/dataCollectionRules`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.insights/2023-03-11/datacollectionrules>

use crate::catalogue::cluster_rules;
use crate::catalogue::identities;
use crate::catalogue::rules::has_identity;
use crate::resource_type::{Arm, Hooks, Minutes, ResourceType};
use crate::row::{Row, block, blocks, id, location, name, number, resource_group_name, tags, text, texts};
use crate::spelling::Spelling;

/// The rows of `data_flow`.
pub const DATA_FLOW: &[Row] = &[
    texts("streams", "streams").required(),
    texts("destinations", "destinations").required(),
    text("built_in_transform", "builtInTransform"),
    text("output_stream", "outputStream"),
    text("transform_kql", "transformKql"),
];

/// The rows of `data_sources_data_import_event_hub_data_source`.
pub const DATA_SOURCES_DATA_IMPORT_EVENT_HUB_DATA_SOURCE: &[Row] = &[
    text("name", "name").required(),
    text("stream", "stream").required(),
    text("consumer_group", "consumerGroup"),
];

/// The rows of `data_sources_data_import`.
pub const DATA_SOURCES_DATA_IMPORT: &[Row] =
    &[blocks("event_hub_data_source", "eventHub", DATA_SOURCES_DATA_IMPORT_EVENT_HUB_DATA_SOURCE)
        .at_least(1)
        .single()];

/// The rows of `data_sources_extension`.
pub const DATA_SOURCES_EXTENSION: &[Row] = &[
    text("name", "name").required(),
    texts("streams", "streams").required(),
    text("extension_name", "extensionName").required(),
    text("extension_json", "extensionSettings").spelled(Spelling::JsonText),
    texts("input_data_sources", "inputDataSources"),
];

/// The rows of `data_sources_iis_log`.
pub const DATA_SOURCES_IIS_LOG: &[Row] = &[
    text("name", "name").required(),
    texts("streams", "streams").required(),
    texts("log_directories", "logDirectories"),
];

/// The rows of `data_sources_log_file_settings_text`.
pub const DATA_SOURCES_LOG_FILE_SETTINGS_TEXT: &[Row] =
    &[text("record_start_timestamp_format", "recordStartTimestampFormat").required()];

/// The rows of `data_sources_log_file_settings`.
pub const DATA_SOURCES_LOG_FILE_SETTINGS: &[Row] =
    &[block("text", "text", DATA_SOURCES_LOG_FILE_SETTINGS_TEXT).at_least(1)];

/// The rows of `data_sources_log_file`.
pub const DATA_SOURCES_LOG_FILE: &[Row] = &[
    text("name", "name").required(),
    texts("streams", "streams").required(),
    texts("file_patterns", "filePatterns").required(),
    text("format", "format").required().one_of(&["text", "json"]),
    block("settings", "settings", DATA_SOURCES_LOG_FILE_SETTINGS),
];

/// The rows of `data_sources_performance_counter`.
pub const DATA_SOURCES_PERFORMANCE_COUNTER: &[Row] = &[
    text("name", "name").required(),
    texts("streams", "streams").required(),
    number("sampling_frequency_in_seconds", "samplingFrequencyInSeconds").required(),
    texts("counter_specifiers", "counterSpecifiers").required(),
];

/// The rows of `data_sources_platform_telemetry`.
pub const DATA_SOURCES_PLATFORM_TELEMETRY: &[Row] =
    &[text("name", "name").required(), texts("streams", "streams").required()];

/// The rows of `data_sources_prometheus_forwarder_label_include_filter`.
pub const DATA_SOURCES_PROMETHEUS_FORWARDER_LABEL_INCLUDE_FILTER: &[Row] =
    &[text("label", "label").required(), text("value", "value").required()];

/// The rows of `data_sources_prometheus_forwarder`.
pub const DATA_SOURCES_PROMETHEUS_FORWARDER: &[Row] = &[
    text("name", "name").required(),
    texts("streams", "streams").required(),
    blocks(
        "label_include_filter",
        "labelIncludeFilter",
        DATA_SOURCES_PROMETHEUS_FORWARDER_LABEL_INCLUDE_FILTER,
    )
    .unordered()
    .pairs(),
];

/// The rows of `data_sources_syslog`.
pub const DATA_SOURCES_SYSLOG: &[Row] = &[
    text("name", "name").required(),
    texts("streams", "streams").required(),
    texts("facility_names", "facilityNames").required(),
    texts("log_levels", "logLevels").required(),
];

/// The rows of `data_sources_windows_event_log`.
pub const DATA_SOURCES_WINDOWS_EVENT_LOG: &[Row] = &[
    text("name", "name").required(),
    texts("streams", "streams").required(),
    texts("x_path_queries", "xPathQueries").required(),
];

/// The rows of `data_sources_windows_firewall_log`.
pub const DATA_SOURCES_WINDOWS_FIREWALL_LOG: &[Row] =
    &[text("name", "name").required(), texts("streams", "streams").required()];

/// The rows of `data_sources`.
pub const DATA_SOURCES: &[Row] = &[
    block("data_import", "dataImports", DATA_SOURCES_DATA_IMPORT),
    blocks("extension", "extensions", DATA_SOURCES_EXTENSION),
    blocks("iis_log", "iisLogs", DATA_SOURCES_IIS_LOG),
    blocks("log_file", "logFiles", DATA_SOURCES_LOG_FILE),
    blocks("performance_counter", "performanceCounters", DATA_SOURCES_PERFORMANCE_COUNTER),
    blocks("platform_telemetry", "platformTelemetry", DATA_SOURCES_PLATFORM_TELEMETRY),
    blocks("prometheus_forwarder", "prometheusForwarder", DATA_SOURCES_PROMETHEUS_FORWARDER),
    blocks("syslog", "syslog", DATA_SOURCES_SYSLOG),
    blocks("windows_event_log", "windowsEventLogs", DATA_SOURCES_WINDOWS_EVENT_LOG),
    blocks("windows_firewall_log", "windowsFirewallLogs", DATA_SOURCES_WINDOWS_FIREWALL_LOG),
];

/// The rows of `destinations_azure_monitor_metrics`.
pub const DESTINATIONS_AZURE_MONITOR_METRICS: &[Row] = &[text("name", "name").required()];

/// The rows of `destinations_event_hub`.
pub const DESTINATIONS_EVENT_HUB: &[Row] = &[
    text("name", "name").required(),
    text("event_hub_id", "eventHubResourceId").required().spelled(Spelling::Id),
];

/// The rows of `destinations_event_hub_direct`.
pub const DESTINATIONS_EVENT_HUB_DIRECT: &[Row] = &[
    text("name", "name").required(),
    text("event_hub_id", "eventHubResourceId").required().spelled(Spelling::Id),
];

/// The rows of `destinations_log_analytics`.
pub const DESTINATIONS_LOG_ANALYTICS: &[Row] = &[
    text("name", "name").required(),
    text("workspace_resource_id", "workspaceResourceId").required().spelled(Spelling::Id),
];

/// The rows of `destinations_monitor_account`.
pub const DESTINATIONS_MONITOR_ACCOUNT: &[Row] = &[
    text("name", "name").required(),
    text("monitor_account_id", "accountResourceId").required().spelled(Spelling::Id),
];

/// The rows of `destinations_storage_blob`.
pub const DESTINATIONS_STORAGE_BLOB: &[Row] = &[
    text("name", "name").required(),
    text("storage_account_id", "storageAccountResourceId").required().spelled(Spelling::Id),
    text("container_name", "containerName").required(),
];

/// The rows of `destinations_storage_blob_direct`.
pub const DESTINATIONS_STORAGE_BLOB_DIRECT: &[Row] = &[
    text("name", "name").required(),
    text("storage_account_id", "storageAccountResourceId").required().spelled(Spelling::Id),
    text("container_name", "containerName").required(),
];

/// The rows of `destinations_storage_table_direct`.
pub const DESTINATIONS_STORAGE_TABLE_DIRECT: &[Row] = &[
    text("name", "name").required(),
    text("storage_account_id", "storageAccountResourceId").required().spelled(Spelling::Id),
    text("table_name", "tableName").required(),
];

/// The rows of `destinations`.
pub const DESTINATIONS: &[Row] = &[
    block("azure_monitor_metrics", "azureMonitorMetrics", DESTINATIONS_AZURE_MONITOR_METRICS),
    block("event_hub", "eventHubs", DESTINATIONS_EVENT_HUB).in_array(),
    block("event_hub_direct", "eventHubsDirect", DESTINATIONS_EVENT_HUB_DIRECT).in_array(),
    blocks("log_analytics", "logAnalytics", DESTINATIONS_LOG_ANALYTICS),
    blocks("monitor_account", "monitoringAccounts", DESTINATIONS_MONITOR_ACCOUNT),
    blocks("storage_blob", "storageAccounts", DESTINATIONS_STORAGE_BLOB),
    blocks("storage_blob_direct", "storageBlobsDirect", DESTINATIONS_STORAGE_BLOB_DIRECT),
    blocks("storage_table_direct", "storageTablesDirect", DESTINATIONS_STORAGE_TABLE_DIRECT),
];

/// The rows of `stream_declaration_column`.
pub const STREAM_DECLARATION_COLUMN: &[Row] = &[
    text("name", "name").required(),
    text("type", "type")
        .required()
        .one_of(&["boolean", "datetime", "dynamic", "int", "long", "real", "string"]),
];

/// The rows of `stream_declaration`.
pub const STREAM_DECLARATION: &[Row] = &[
    text("stream_name", "stream_name").required(),
    blocks("column", "columns", STREAM_DECLARATION_COLUMN).at_least(1),
];

/// What is collected and where it goes.
pub const MONITOR_DATA_COLLECTION_RULE: ResourceType = ResourceType {
    name: "azurerm_monitor_data_collection_rule",
    arm: Arm { kind: "Microsoft.Insights/dataCollectionRules", api: "2023-03-11" },
    schema_version: 0,
    minutes: Minutes { create: 30, read: 5, update: 30, delete: 30 },
    attributes: &[
        id(),
        name(),
        resource_group_name(),
        location(),
        text("kind", "/kind").one_of(&["Linux", "Windows", "AgentDirectToStore", "WorkspaceTransforms"]),
        text("description", "description"),
        text("data_collection_endpoint_id", "dataCollectionEndpointId").spelled(Spelling::Id),
        blocks("data_flow", "dataFlows", DATA_FLOW).at_least(1),
        block("data_sources", "dataSources", DATA_SOURCES),
        block("destinations", "destinations", DESTINATIONS).at_least(1),
        blocks("stream_declaration", "streamDeclarations", STREAM_DECLARATION)
            .unordered()
            .keyed("stream_name"),
        block("identity", "/identity", identities::ONE_KIND).present_when(has_identity),
        tags(),
        text("immutable_id", "immutableId").read_only(),
    ],
    calls: &[],
    groups: &[],
    rules: &[cluster_rules::identity],
    hooks: Hooks::NONE,
};
