//! `Microsoft.Authorization`: role assignments, custom roles, locks.

use serde_json::{Map, Value};

use super::super::reply::Refusal;
use super::super::{PRINCIPAL, merge, roles};
use super::{Draft, Kind, State};

pub(super) const KINDS: &[Kind] = &[
    Kind {
        name: roles::ASSIGNMENTS,
        api: "2022-04-01",
        state: State::Absent,
        check: check_assignment,
        fill: |draft, body| {
            let scope = if draft.id.scope.is_empty() { "/" } else { &draft.id.scope };
            merge::fill(body, "properties/principalType", "ServicePrincipal");
            merge::put(body, "properties/scope", scope);
            merge::put(body, "properties/createdOn", draft.made.rfc3339());
            merge::put(body, "properties/updatedOn", draft.scene.now.rfc3339());
            merge::put(body, "properties/createdBy", PRINCIPAL);
            merge::put(body, "properties/updatedBy", PRINCIPAL);
            for optional in ["condition", "conditionVersion", "delegatedManagedIdentityResourceId"] {
                merge::fill(body, &format!("properties/{optional}"), Value::Null);
            }
        },
        ..Kind::PLAIN
    },
    Kind { name: roles::DEFINITIONS, api: "2022-05-01-preview", state: State::Absent, ..Kind::PLAIN },
    Kind { name: "Microsoft.Authorization/locks", api: "2020-05-01", state: State::Absent, ..Kind::PLAIN },
];

const FIXED: [&str; 2] = ["properties/principalId", "properties/roleDefinitionId"];

fn check_assignment(draft: &Draft<'_>, body: &Map<String, Value>) -> Result<(), Refusal> {
    for path in FIXED {
        if merge::text(body, path).is_empty() {
            let message = format!("The request content was invalid: '{path}' is required.");
            return Err(Refusal::new(400, "InvalidRequestContent", message));
        }
    }
    if uuid::Uuid::try_parse(draft.id.name()).is_err() {
        let message = format!(
            "The role assignment ID '{}' is not valid. The role assignment ID must be a GUID.",
            draft.id.name()
        );
        return Err(Refusal::new(400, "InvalidRoleAssignmentId", message));
    }
    let same = |one: &Map<String, Value>, path: &str| {
        // Roles are the same by their GUID, whatever scope they are named at.
        let end = |text: &str| text.rsplit('/').next().unwrap_or("").to_lowercase();
        end(merge::text(one, path)) == end(merge::text(body, path))
    };
    if let Some(live) = draft.live {
        if FIXED.iter().all(|path| same(&live.body, path)) {
            return Ok(());
        }
        let message = "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.";
        return Err(Refusal::new(400, "RoleAssignmentUpdateNotPermitted", message));
    }
    let siblings =
        format!("{}/providers/microsoft.authorization/roleassignments/", draft.id.scope.to_lowercase());
    let twin = draft
        .scene
        .tables
        .below(&siblings)
        .any(|(_, other)| FIXED.iter().all(|path| same(&other.body, path)));
    if twin {
        return Err(Refusal::new(409, "RoleAssignmentExists", "The role assignment already exists."));
    }
    Ok(())
}
