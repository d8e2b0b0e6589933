//! `azurerm_role_assignment` is `Microsoft.Authorization/roleAssignments`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.authorization/2022-04-01/roleassignments>

use crate::arm_client::Method;
use crate::arm_client::Request;
use crate::catalogue::other_rules;
use crate::document::put;
use crate::group::Group;
use crate::resource_type::{Arm, Call, Hooks, Lookup, Minutes, ResourceType, Writing};
use crate::row::{Form, Place, flag, id, text};
use crate::spelling::Spelling;
use aksel_lang::value::Value;
use serde_json::Value as Json;
use serde_json::json;

/// A role that a principal has on a scope.
pub const ROLE_ASSIGNMENT: ResourceType = ResourceType {
    name: "azurerm_role_assignment",
    arm: Arm { kind: "Microsoft.Authorization/roleAssignments", api: "2022-04-01" },
    schema_version: 0,
    minutes: Minutes { create: 30, read: 5, update: 30, delete: 30 },
    attributes: &[
        id(),
        text("name", "").formed(Form::Uuid).placed(Place::Name).computed().replaces(),
        text("scope", "scope").required().replaces().spelled(Spelling::Id),
        text("role_definition_id", "roleDefinitionId").computed().replaces().spelled(Spelling::Id),
        text("role_definition_name", "role:/properties/roleName")
            .formed(Form::NotEmpty)
            .computed()
            .replaces(),
        text("principal_id", "principalId").required().replaces(),
        text("principal_type", "principalType").computed().replaces().one_of(&[
            "User",
            "Group",
            "ServicePrincipal",
        ]),
        text("condition", "condition").formed(Form::NotEmpty),
        text("condition_version", "conditionVersion").one_of(&["1.0", "2.0"]).computed(),
        text("delegated_managed_identity_resource_id", "delegatedManagedIdentityResourceId").replaces(),
        text("description", "description").formed(Form::NotEmpty),
        flag("skip_service_principal_aad_check", "").placed(Place::State).computed(),
    ],
    calls: &[Call::told("role", |body| body["properties"]["roleDefinitionId"].as_str().map(str::to_owned))
        .at("2022-05-01-preview")],
    groups: &[
        Group::ExactlyOne(&["role_definition_id", "role_definition_name"]),
        Group::ExactlyOne(&["role_definition_name", "role_definition_id"]),
    ],
    rules: &[other_rules::condition],
    hooks: Hooks {
        identity: Some(identity),
        before_write: Some(complete),
        lookup: Some(Lookup {
            gives: "role_definition_id",
            request: role_by_name,
            pick: |body| body["value"][0]["id"].as_str().map(str::to_owned),
        }),
        ..Hooks::NONE
    },
};

fn said<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.attribute(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// The name is a GUID. Where none is written it follows from scope, role and principal: the same assignment has the same
/// name, so that one that was made before a crash is found again.
fn identity(planned: &Value, _subscription: &str) -> Option<String> {
    let scope = said(planned, "scope")?.trim_end_matches('/');
    let role = said(planned, "role_definition_name").or_else(|| said(planned, "role_definition_id"))?;
    let name = match said(planned, "name") {
        Some(name) => name.to_owned(),
        None => {
            let seed = format!("{scope}|{role}|{}", said(planned, "principal_id")?).to_lowercase();
            uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_URL, seed.as_bytes()).to_string()
        }
    };
    Some(format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{name}"))
}

fn role_by_name(planned: &Value, _subscription: &str) -> Option<Request> {
    if said(planned, "role_definition_id").is_some() {
        return None;
    }
    let (scope, name) = (said(planned, "scope")?, said(planned, "role_definition_name")?);
    let path =
        format!("{scope}/providers/Microsoft.Authorization/roleDefinitions?$filter=roleName eq '{name}'");
    Some(Request::plain(Method::Get, path, "2022-05-01-preview"))
}

/// The scope is in the id. A principal that is too new to be looked up is sent with its type.
fn complete(document: &mut Json, writing: &Writing<'_>) {
    if let Some(properties) = document["body"]["properties"].as_object_mut() {
        properties.remove("scope");
    }
    let skips = writing.planned.attribute("skip_service_principal_aad_check").and_then(Value::as_bool);
    if skips == Some(true) {
        put(document, "principalType", json!("ServicePrincipal"));
    }
    if let Some(members) = document.as_object_mut() {
        members.remove("role");
    }
}
