//! `Microsoft.ManagedIdentity/userAssignedIdentities`, their federated credentials, and role assignments.

use serde_json::Value as Json;

use crate::arm::refusal::Refusal;
use crate::arm::types::{CALLER, Draft, Kind, PLAIN, TENANT, guid};
use crate::arm::world::World;

pub(crate) const KINDS: &[Kind] = &[
    Kind {
        kind: "microsoft.managedidentity/userassignedidentities",
        shown: "Microsoft.ManagedIdentity/userAssignedIdentities",
        complete,
        ..PLAIN
    },
    Kind {
        kind: "microsoft.managedidentity/userassignedidentities/federatedidentitycredentials",
        shown: "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials",
        ..PLAIN
    },
    Kind {
        kind: "microsoft.authorization/roleassignments",
        shown: "Microsoft.Authorization/roleAssignments",
        complete: complete_assignment,
        check: check_assignment,
        ..PLAIN
    },
];

fn complete(draft: &mut Draft<'_>) {
    let id = draft.id.to_owned();
    crate::arm::types::set(draft.body, "properties.tenantId", TENANT.into());
    crate::arm::types::set(draft.body, "properties.principalId", guid(&id, "principal").into());
    crate::arm::types::set(draft.body, "properties.clientId", guid(&id, "client").into());
}

fn complete_assignment(draft: &mut Draft<'_>) {
    let (scope, now) = (draft.parent.to_owned(), draft.now.rfc3339());
    draft.fill("properties.principalType", "ServicePrincipal".into());
    draft.keep("properties.scope", scope.into());
    for (time, who) in [("createdOn", "createdBy"), ("updatedOn", "updatedBy")] {
        draft.keep(&format!("properties.{time}"), now.clone().into());
        draft.keep(&format!("properties.{who}"), CALLER.into());
    }
    for nothing in ["condition", "conditionVersion", "delegatedManagedIdentityResourceId"] {
        draft.fill(&format!("properties.{nothing}"), Json::Null);
    }
}

fn check_assignment(draft: &Draft<'_>, world: &World) -> Result<(), Refusal> {
    let own = &draft.body["properties"];
    let same = |other: &Json| {
        let lower = |json: &Json, name: &str| json[name].as_str().unwrap_or_default().to_lowercase();
        lower(other, "principalId") == lower(own, "principalId")
            && lower(other, "roleDefinitionId") == lower(own, "roleDefinitionId")
            && other["scope"].as_str().is_some_and(|scope| scope.eq_ignore_ascii_case(draft.parent))
    };
    let twin = world.all().any(|other| {
        other.kind == "microsoft.authorization/roleassignments"
            && !other.id.eq_ignore_ascii_case(draft.id)
            && same(&other.body["properties"])
    });
    if twin {
        return Err(Refusal::conflict("RoleAssignmentExists", "The role assignment already exists."));
    }
    Ok(())
}
