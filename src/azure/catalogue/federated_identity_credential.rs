//! `azurerm_federated_identity_credential` is `Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.managedidentity/2024-11-30/userassignedidentities/federatedidentitycredentials>

use aksel_lang::value::Value;

use crate::resource_type::{Arm, HALF_AN_HOUR, Hooks, ResourceType};
use crate::row::{id, name, parent, text, texts};

/// Lets tokens of another issuer stand for an identity.
pub const FEDERATED_IDENTITY_CREDENTIAL: ResourceType = ResourceType {
    name: "azurerm_federated_identity_credential",
    arm: Arm {
        kind: "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials",
        api: "2024-11-30",
    },
    schema_version: 1,
    minutes: HALF_AN_HOUR,
    attributes: &[
        id(),
        name().matching("^[a-zA-Z0-9][a-zA-Z0-9_-]{2,119}$", "\"name\" must be 3 to 120 letters, digits, hyphens and underscores"),
        parent("user_assigned_identity_id"),
        texts("audience", "audiences").required(),
        text("issuer", "issuer").required(),
        text("subject", "subject").required(),
    ],
    calls: &[],
    rules: &[],
    // Two writes under one identity at a time are refused with a conflict.
    hooks: Hooks { lane: Some(lane), ..Hooks::NONE },
};

fn lane(planned: &Value) -> Option<String> {
    Some(planned.attribute("user_assigned_identity_id")?.as_str()?.to_lowercase())
}
