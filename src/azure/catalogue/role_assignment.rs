//! `azurerm_role_assignment` is `Microsoft.Authorization/roleAssignments`.
//!
//! Invariant: the principal's type is always sent: then Azure does not look it up where it may not have arrived yet.
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.authorization/2022-04-01/roleassignments>

use aksel_lang::value::Value;

use crate::resource_type::{Arm, HALF_AN_HOUR, Hooks, ResourceType, Rule};
use crate::row::{Place, Row, flag, id, state_only, text};
use crate::spelling::Spelling;

/// A role that a principal has on a scope.
pub const ROLE_ASSIGNMENT: ResourceType = ResourceType {
    name: "azurerm_role_assignment",
    arm: Arm { kind: "Microsoft.Authorization/roleAssignments", api: "2022-04-01" },
    schema_version: 0,
    minutes: HALF_AN_HOUR,
    attributes: &[
        id(),
        Row { place: Place::Name, ..text("name", "").computed().replaces() },
        text("scope", "scope").required().replaces().spelled(Spelling::Id),
        text("role_definition_id", "roleDefinitionId").computed().replaces().spelled(Spelling::Id),
        Row { place: Place::Body("role:/properties/roleName"), ..text("role_definition_name", "").computed().replaces() },
        text("principal_id", "principalId").required().replaces(),
        text("principal_type", "principalType").computed().replaces().one_of(&["User", "Group", "ServicePrincipal"]),
        text("condition", "condition"),
        text("condition_version", "conditionVersion").computed(),
        text("delegated_managed_identity_resource_id", "delegatedManagedIdentityResourceId").replaces(),
        text("description", "description"),
        state_only(flag("skip_service_principal_aad_check", "").computed()).or_null(),
    ],
    calls: &[],
    rules: &[one_role as Rule],
    hooks: Hooks { identity: Some(identity), ..Hooks::NONE },
};

fn one_role(config: &Value) -> Vec<aksel_provider::finding::Finding> {
    use aksel_lang::code::Code;
    use aksel_provider::finding::Finding;
    let given = |name: &str| config.attribute(name).is_some_and(|value| !value.is_null());
    match (given("role_definition_id"), given("role_definition_name")) {
        (true, true) => crate::catalogue::rules::at_most_one(config, &["role_definition_id", "role_definition_name"]),
        (false, false) => vec![Finding::error(
            Code::MissingArgument,
            "one of `role_definition_id,role_definition_name` must be specified",
            "A role assignment needs a role, by its name or by its id.",
        )],
        _ => Vec::new(),
    }
}

fn identity(planned: &Value, _subscription: &str) -> Option<String> {
    let scope = planned.attribute("scope")?.as_str()?;
    let name = planned.attribute("name")?.as_str()?;
    Some(format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{name}"))
}
