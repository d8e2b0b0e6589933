//! `azurerm_federated_identity_credential` is `Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.managedidentity/2024-11-30/userassignedidentities/federatedidentitycredentials>

use crate::resource_type::{Arm, Hooks, Minutes, ResourceType};
use crate::row::{Was, id, name, parent, text, texts};
use aksel_lang::value::Value;

/// Lets tokens of another issuer stand for an identity.
pub const FEDERATED_IDENTITY_CREDENTIAL: ResourceType = ResourceType {
    name: "azurerm_federated_identity_credential",
    arm: Arm {
        kind: "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials",
        api: "2024-11-30",
    },
    schema_version: 0,
    minutes: Minutes { create: 30, read: 5, update: 30, delete: 30 },
    attributes: &[
        id(),
        name(),
        parent("user_assigned_identity_id").formerly(&[("parent_id", Was::Same)]),
        texts("audience", "audiences").required(),
        text("issuer", "issuer").required(),
        text("subject", "subject").required(),
    ],
    calls: &[],
    groups: &[],
    rules: &[],
    hooks: Hooks { lane: Some(lane), ..Hooks::NONE },
};

/// Two writes under one identity at a time are refused with a conflict.
fn lane(planned: &Value) -> Option<String> {
    Some(planned.attribute("user_assigned_identity_id")?.as_str()?.to_owned())
}
