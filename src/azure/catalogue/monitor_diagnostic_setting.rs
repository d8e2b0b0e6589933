//! `azurerm_monitor_diagnostic_setting` is `Microsoft.Insights/diagnosticSettings`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.insights/2021-05-01-preview/diagnosticsettings>

use crate::catalogue::rules::said;
use crate::group::Group;
use crate::resource_type::{Arm, Hooks, Minutes, ResourceType, Writing};
use crate::row::{Place, Row, Was, blocks, id, text};
use crate::spelling::Spelling;
use aksel_lang::types::Text;
use aksel_lang::value::Value;
use serde_json::Value as Json;
use serde_json::json;
use std::collections::BTreeMap;

/// The rows of `enabled_log`.
pub const ENABLED_LOG: &[Row] = &[text("category", "category"), text("category_group", "categoryGroup")];

/// The rows of `enabled_metric`.
pub const ENABLED_METRIC: &[Row] = &[text("category", "category").required()];

/// Where the logs of an object go.
pub const MONITOR_DIAGNOSTIC_SETTING: ResourceType = ResourceType {
    name: "azurerm_monitor_diagnostic_setting",
    arm: Arm { kind: "Microsoft.Insights/diagnosticSettings", api: "2021-05-01-preview" },
    schema_version: 0,
    minutes: Minutes { create: 30, read: 5, update: 30, delete: 60 },
    attributes: &[
        id(),
        text("name", "").placed(Place::Name).required().replaces(),
        text("target_resource_id", "").placed(Place::State).required().replaces().spelled(Spelling::Id),
        text("log_analytics_workspace_id", "workspaceId").spelled(Spelling::Id),
        text("log_analytics_destination_type", "logAnalyticsDestinationType")
            .computed()
            .one_of(&["Dedicated", "AzureDiagnostics"]),
        text("storage_account_id", "storageAccountId").or_null().spelled(Spelling::Id),
        text("partner_solution_id", "marketplacePartnerId").or_null().spelled(Spelling::Id),
        text("eventhub_authorization_rule_id", "eventHubAuthorizationRuleId").spelled(Spelling::Id),
        text("eventhub_name", "eventHubName"),
        blocks("enabled_log", "logs", ENABLED_LOG).unordered(),
        blocks("enabled_metric", "metrics", ENABLED_METRIC).formerly(&[("metric", Was::Same)]).unordered(),
    ],
    calls: &[],
    groups: &[
        Group::AtLeastOne(&[
            "eventhub_authorization_rule_id",
            "log_analytics_workspace_id",
            "storage_account_id",
            "partner_solution_id",
        ]),
        Group::AtLeastOne(&["enabled_log", "enabled_metric"]),
    ],
    rules: &[],
    hooks: Hooks {
        identity: Some(identity),
        state_id: Some(setting),
        before_read: Some(enabled),
        after_read: Some(parts),
        before_write: Some(complete),
        ..Hooks::NONE
    },
};

/// The id in state names the object and the setting.
fn identity(planned: &Value, _subscription: &str) -> Option<String> {
    Some(format!("{}|{}", said(planned, "target_resource_id")?, said(planned, "name")?))
}

fn setting(id: &str) -> String {
    match id.split_once('|') {
        Some((target, name)) => format!("{target}/providers/Microsoft.Insights/diagnosticSettings/{name}"),
        None => id.to_owned(),
    }
}

fn parts(values: &mut BTreeMap<Text, Value>, _document: &Json, id: &str) {
    let (target, name) = id.split_once('|').unwrap_or((id, ""));
    values.insert("target_resource_id".into(), Value::string(target));
    values.insert("name".into(), Value::string(name));
}

/// Only what is sent counts; ARM also lists what is not.
fn enabled(document: &mut Json, _state: &Value) {
    for list in ["logs", "metrics"] {
        if let Some(items) = document["body"]["properties"][list].as_array_mut() {
            items.retain(|item| item["enabled"] == true);
        }
    }
}

fn complete(document: &mut Json, _writing: &Writing<'_>) {
    for list in ["logs", "metrics"] {
        let items = document["body"]["properties"].get_mut(list).and_then(Json::as_array_mut);
        items.into_iter().flatten().for_each(|item| item["enabled"] = json!(true));
    }
}
