//! `azurerm_log_analytics_solution` is `Microsoft.OperationsManagement/solutions`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.operationsmanagement/2015-11-01-preview/solutions>

use crate::catalogue::rules::said;
use crate::document::put;
use crate::resource_type::{Arm, HALF_AN_HOUR, Hooks, ResourceType, Writing};
use crate::row::{Place, Row, block, id, location, resource_group_name, tags, text};
use crate::spelling::Spelling;
use aksel_lang::types::Text;
use aksel_lang::value::Value;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// The rows of `plan`.
pub const PLAN: &[Row] = &[
    text("name", "name").read_only(),
    text("product", "product").required().replaces(),
    text("promotion_code", "promotionCode").replaces(),
    text("publisher", "publisher").required().replaces(),
];

/// What a workspace makes of the logs of one kind.
pub const LOG_ANALYTICS_SOLUTION: ResourceType = ResourceType {
    name: "azurerm_log_analytics_solution",
    arm: Arm { kind: "Microsoft.OperationsManagement/solutions", api: "2015-11-01-preview" },
    schema_version: 1,
    minutes: HALF_AN_HOUR,
    attributes: &[
        id(),
        text("solution_name", "").placed(Place::State).required().replaces(),
        text("workspace_name", "").placed(Place::State).required().replaces(),
        resource_group_name(),
        location(),
        text("workspace_resource_id", "workspaceResourceId").required().replaces().spelled(Spelling::Id),
        block("plan", "/plan", PLAN).at_least(1),
        tags(),
    ],
    calls: &[],
    groups: &[],
    rules: &[],
    hooks: Hooks {
        identity: Some(identity),
        after_read: Some(names),
        before_write: Some(complete),
        ..Hooks::NONE
    },
};

/// Its name is that of the solution, with the workspace in parentheses.
fn full_name(planned: &Value) -> Option<String> {
    Some(format!("{}({})", said(planned, "solution_name")?, said(planned, "workspace_name")?))
}

fn identity(planned: &Value, subscription: &str) -> Option<String> {
    let (group, name) = (said(planned, "resource_group_name")?, full_name(planned)?);
    Some(format!(
        "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.OperationsManagement/solutions/{name}"
    ))
}

fn names(values: &mut BTreeMap<Text, Value>, _document: &Json, id: &str) {
    let name = id.rsplit('/').next().unwrap_or_default();
    let (solution, workspace) = name.split_once('(').unwrap_or((name, ""));
    values.insert("solution_name".into(), Value::string(solution));
    values.insert("workspace_name".into(), Value::string(workspace.trim_end_matches(')')));
}

/// The plan is named as the solution is.
fn complete(document: &mut Json, writing: &Writing<'_>) {
    if let Some(name) = full_name(writing.planned).filter(|_| writing.prior.is_null()) {
        put(document, "/name", json!(name));
        put(document, "/plan/name", json!(name));
    }
}
