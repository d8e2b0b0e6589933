//! `Microsoft.ManagedIdentity`: identities that a user makes, and whom they trust.

use super::super::reply::Refusal;
use super::super::{TENANT, derive, merge};
use super::{Kind, State};

pub(super) const KINDS: &[Kind] = &[
    Kind {
        name: "Microsoft.ManagedIdentity/userAssignedIdentities",
        api: "2024-11-30",
        state: State::Absent,
        fill: |draft, body| {
            let id = draft.id.text();
            merge::put(body, "properties/tenantId", TENANT);
            merge::put(body, "properties/principalId", derive::guid(&id, "principal"));
            merge::put(body, "properties/clientId", derive::guid(&id, "client"));
            merge::fill(body, "properties/isolationScope", "None");
        },
        ..Kind::PLAIN
    },
    Kind {
        name: "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials",
        api: "2024-11-30",
        state: State::Absent,
        check: |draft, body| {
            for field in ["issuer", "subject"] {
                if merge::text(body, &format!("properties/{field}")).is_empty() {
                    let message =
                        format!("The property '{field}' of the federated identity credential is required.");
                    return Err(Refusal::new(400, "BadRequest", message).at(field));
                }
            }
            let pair = |body| {
                (
                    merge::text(body, "properties/issuer").to_owned(),
                    merge::text(body, "properties/subject").to_owned(),
                )
            };
            let (wanted, own) = (pair(body), draft.id.key());
            let siblings = format!(
                "{}/federatedidentitycredentials/",
                draft.id.parent().map_or(String::new(), |id| id.key())
            );
            let twin = draft
                .scene
                .tables
                .below(&siblings)
                .find(|(key, other)| **key != own && pair(&other.body) == wanted);
            match twin {
                Some(_) => {
                    let message = "Issuer and subject combination already exists for this Managed Identity.";
                    Err(Refusal::new(409, "Conflict", message))
                }
                None => Ok(()),
            }
        },
        ..Kind::PLAIN
    },
];
