//! `azurerm_role_definition` is `Microsoft.Authorization/roleDefinitions`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.authorization/2022-05-01-preview/roledefinitions>

use crate::catalogue::rules::said;
use crate::document::put;
use crate::resource_type::{Arm, Hooks, Minutes, ResourceType, Writing};
use crate::row::{Place, Row, blocks, id, text, text_set, texts};
use aksel_lang::types::Text;
use aksel_lang::value::Value;
use serde_json::Value as Json;
use serde_json::json;
use std::collections::BTreeMap;

/// The rows of `permissions`.
pub const PERMISSIONS: &[Row] = &[
    texts("actions", "actions"),
    texts("not_actions", "notActions"),
    text_set("data_actions", "dataActions"),
    text_set("not_data_actions", "notDataActions"),
];

/// A role made of permissions.
pub const ROLE_DEFINITION: ResourceType = ResourceType {
    name: "azurerm_role_definition",
    arm: Arm { kind: "Microsoft.Authorization/roleDefinitions", api: "2022-05-01-preview" },
    schema_version: 1,
    minutes: Minutes { create: 30, read: 5, update: 60, delete: 30 },
    attributes: &[
        id(),
        text("role_definition_id", "").placed(Place::State).computed().replaces(),
        text("name", "roleName").required(),
        text("scope", "").placed(Place::State).required().replaces(),
        text("description", "description"),
        blocks("permissions", "permissions", PERMISSIONS),
        texts("assignable_scopes", "assignableScopes").computed(),
        text("role_definition_resource_id", "/id").read_only(),
    ],
    calls: &[],
    groups: &[],
    rules: &[],
    hooks: Hooks {
        identity: Some(identity),
        state_id: Some(definition),
        after_read: Some(parts),
        before_write: Some(complete),
        ..Hooks::NONE
    },
};

/// The id in state names the scope too. Where no GUID is written it follows from scope and name, so that a role that was
/// made before a crash is found again.
fn identity(planned: &Value, _subscription: &str) -> Option<String> {
    let scope = said(planned, "scope")?.trim_end_matches('/');
    let guid = match said(planned, "role_definition_id") {
        Some(guid) => guid.to_owned(),
        None => {
            let seed = format!("{scope}|{}", said(planned, "name")?).to_lowercase();
            uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_URL, seed.as_bytes()).to_string()
        }
    };
    Some(format!("{scope}/providers/Microsoft.Authorization/roleDefinitions/{guid}|{scope}"))
}

fn definition(id: &str) -> String {
    id.split('|').next().unwrap_or_default().to_owned()
}

fn parts(values: &mut BTreeMap<Text, Value>, _document: &Json, id: &str) {
    let (definition, scope) = id.split_once('|').unwrap_or((id, ""));
    values.insert("scope".into(), Value::string(scope));
    values.insert(
        "role_definition_id".into(),
        Value::string(definition.rsplit('/').next().unwrap_or_default()),
    );
}

/// A role that names no scope is one of its own scope.
fn complete(document: &mut Json, writing: &Writing<'_>) {
    put(document, "type", json!("CustomRole"));
    if let Some(name) = said(writing.planned, "name") {
        put(document, "roleName", json!(name));
    }
    let known = writing.planned.attribute("assignable_scopes").is_some_and(Value::is_wholly_known);
    if writing.prior.is_null()
        && !known
        && let Some(scope) = said(writing.planned, "scope")
    {
        put(document, "assignableScopes", json!([scope]));
    }
}
