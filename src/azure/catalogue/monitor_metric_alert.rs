//! `azurerm_monitor_metric_alert` is `Microsoft.Insights/metricAlerts`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.insights/2018-03-01/metricalerts>

use crate::catalogue::alerts;
use crate::group::Group;
use crate::resource_type::{Arm, Hooks, Minutes, ResourceType};
use crate::row::{
    Row, block, blocks, flag, id, map, name, number, resource_group_name, tags, text, text_set, texts,
};
use crate::spelling::Spelling;

/// The rows of `criteria_dimension`.
pub const CRITERIA_DIMENSION: &[Row] = &[
    text("name", "name").required(),
    text("operator", "operator").required().one_of(&["Include", "Exclude", "StartsWith"]),
    texts("values", "values").required(),
];

/// The rows of `criteria`.
pub const CRITERIA: &[Row] = &[
    text("metric_namespace", "metricNamespace").required(),
    text("metric_name", "metricName").required(),
    text("aggregation", "timeAggregation")
        .required()
        .one_of(&["Average", "Count", "Minimum", "Maximum", "Total"]),
    text("operator", "operator").required().one_of(&[
        "Equals",
        "GreaterThan",
        "GreaterThanOrEqual",
        "LessThan",
        "LessThanOrEqual",
    ]),
    number("threshold", "threshold").required(),
    flag("skip_metric_validation", "skipMetricValidation").default_flag(false),
    blocks("dimension", "dimensions", CRITERIA_DIMENSION),
];

/// The rows of `dynamic_criteria_dimension`.
pub const DYNAMIC_CRITERIA_DIMENSION: &[Row] = &[
    text("name", "name").required(),
    text("operator", "operator").required().one_of(&["Include", "Exclude", "StartsWith"]),
    texts("values", "values").required(),
];

/// The rows of `dynamic_criteria`.
pub const DYNAMIC_CRITERIA: &[Row] = &[
    text("metric_namespace", "metricNamespace").required(),
    text("metric_name", "metricName").required(),
    text("aggregation", "timeAggregation")
        .required()
        .one_of(&["Average", "Count", "Minimum", "Maximum", "Total"]),
    text("operator", "operator").required().one_of(&["LessThan", "GreaterThan", "GreaterOrLessThan"]),
    text("alert_sensitivity", "alertSensitivity").required().one_of(&["Low", "Medium", "High"]),
    number("evaluation_total_count", "failingPeriods.numberOfEvaluationPeriods").default_number(4),
    number("evaluation_failure_count", "failingPeriods.minFailingPeriodsToAlert").default_number(4),
    text("ignore_data_before", "ignoreDataBefore"),
    flag("skip_metric_validation", "skipMetricValidation"),
    blocks("dimension", "dimensions", DYNAMIC_CRITERIA_DIMENSION),
];

/// The rows of `application_insights_web_test_location_availability_criteria`.
pub const APPLICATION_INSIGHTS_WEB_TEST_LOCATION_AVAILABILITY_CRITERIA: &[Row] = &[
    text("web_test_id", "webTestId").required().spelled(Spelling::Id),
    text("component_id", "componentId").required().spelled(Spelling::Id),
    number("failed_location_count", "failedLocationCount").required(),
];

/// The rows of `action`.
pub const ACTION: &[Row] = &[
    text("action_group_id", "actionGroupId").required().spelled(Spelling::Id),
    map("webhook_properties", "webHookProperties"),
];

/// Fires when a metric is out of bounds.
pub const MONITOR_METRIC_ALERT: ResourceType = ResourceType {
    name: "azurerm_monitor_metric_alert",
    arm: Arm { kind: "Microsoft.Insights/metricAlerts", api: "2018-03-01" },
    schema_version: 1,
    minutes: Minutes { create: 30, read: 5, update: 30, delete: 30 },
    attributes: &[
        id(),
        name(),
        resource_group_name(),
        text_set("scopes", "scopes").required(),
        text("description", "description"),
        flag("enabled", "enabled").default_flag(true),
        flag("auto_mitigate", "autoMitigate").default_flag(true),
        number("severity", "severity").default_number(3).between(0, 4),
        text("frequency", "evaluationFrequency")
            .default_text("PT1M")
            .one_of(&["PT1M", "PT5M", "PT15M", "PT30M", "PT1H"]),
        text("window_size", "windowSize")
            .default_text("PT5M")
            .one_of(&["PT1M", "PT5M", "PT15M", "PT30M", "PT1H", "PT6H", "PT12H", "P1D"]),
        text("target_resource_type", "targetResourceType").computed(),
        text("target_resource_location", "targetResourceRegion").computed().spelled(Spelling::Location),
        blocks("criteria", "static", CRITERIA),
        block("dynamic_criteria", "dynamic", DYNAMIC_CRITERIA).in_array(),
        block(
            "application_insights_web_test_location_availability_criteria",
            "webTest",
            APPLICATION_INSIGHTS_WEB_TEST_LOCATION_AVAILABILITY_CRITERIA,
        ),
        blocks("action", "actions", ACTION).unordered(),
        tags(),
    ],
    calls: &[],
    groups: &[Group::ExactlyOne(&[
        "criteria",
        "dynamic_criteria",
        "application_insights_web_test_location_availability_criteria",
    ])],
    rules: &[],
    hooks: Hooks { before_read: Some(alerts::shape), before_write: Some(alerts::complete), ..Hooks::NONE },
};
