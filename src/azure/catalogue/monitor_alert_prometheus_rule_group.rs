//! `azurerm_monitor_alert_prometheus_rule_group` is `Microsoft.AlertsManagement/prometheusRuleGroups`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.alertsmanagement/2023-03-01/prometheusrulegroups>

use crate::resource_type::{Arm, Hooks, Minutes, ResourceType, Writing};
use crate::row::{
    Row, block, blocks, flag, id, location, map, name, number, resource_group_name, tags, text, texts,
};
use crate::spelling::Spelling;
use serde_json::Value as Json;
use serde_json::json;

/// The rows of `rule_action`.
pub const RULE_ACTION: &[Row] = &[
    text("action_group_id", "actionGroupId").required().spelled(Spelling::Id),
    map("action_properties", "actionProperties"),
];

/// The rows of `rule_alert_resolution`.
pub const RULE_ALERT_RESOLUTION: &[Row] =
    &[flag("auto_resolved", "autoResolved"), text("time_to_resolve", "timeToResolve")];

/// The rows of `rule`.
pub const RULE: &[Row] = &[
    text("expression", "expression").required(),
    text("record", "record"),
    text("alert", "alert"),
    flag("enabled", "enabled"),
    text("for", "for"),
    number("severity", "severity").between(0, 4),
    map("annotations", "annotations"),
    map("labels", "labels"),
    blocks("action", "actions", RULE_ACTION).at_most(5),
    block("alert_resolution", "resolveConfiguration", RULE_ALERT_RESOLUTION),
];

/// Rules that Prometheus evaluates.
pub const MONITOR_ALERT_PROMETHEUS_RULE_GROUP: ResourceType = ResourceType {
    name: "azurerm_monitor_alert_prometheus_rule_group",
    arm: Arm { kind: "Microsoft.AlertsManagement/prometheusRuleGroups", api: "2023-03-01" },
    schema_version: 0,
    minutes: Minutes { create: 30, read: 5, update: 30, delete: 30 },
    attributes: &[
        id(),
        name(),
        resource_group_name(),
        location(),
        texts("scopes", "scopes").required(),
        text("cluster_name", "clusterName"),
        text("description", "description"),
        text("interval", "interval"),
        flag("rule_group_enabled", "enabled"),
        blocks("rule", "rules", RULE).at_least(1),
        tags(),
    ],
    calls: &[],
    groups: &[],
    rules: &[],
    hooks: Hooks { before_write: Some(complete), ..Hooks::NONE },
};

/// A rule that records has nothing of an alert.
fn complete(document: &mut Json, _writing: &Writing<'_>) {
    let rules = document.pointer_mut("/body/properties/rules").and_then(Json::as_array_mut);
    for rule in rules.into_iter().flatten() {
        rule["enabled"] = json!(rule["enabled"] == true);
        if let (true, Some(members)) = (rule["record"].is_string(), rule.as_object_mut()) {
            for name in ["alert", "severity", "for", "annotations", "actions", "resolveConfiguration"] {
                members.remove(name);
            }
        }
    }
}
