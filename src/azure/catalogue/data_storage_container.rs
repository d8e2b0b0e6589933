//! `azurerm_storage_container` (data source) is `Microsoft.Storage/storageAccounts/blobServices/containers`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.storage/2025-08-01/storageaccounts/blobservices/containers>

use crate::catalogue::storage_container;
use crate::resource_type::{Arm, DataSource, Hooks};
use crate::row::{Place, flag, id, map, text};
use crate::spelling::Spelling;

/// A container that exists.
pub const STORAGE_CONTAINER: DataSource = DataSource {
    name: "azurerm_storage_container",
    arm: Arm { kind: "Microsoft.Storage/storageAccounts/blobServices/containers", api: "2025-08-01" },
    attributes: &[
        id(),
        text("name", "").placed(Place::Name).required(),
        text("storage_account_id", "").placed(Place::State).required(),
        text("container_access_type", "publicAccess").read_only().spelled(Spelling::Pairs(&[
            ("private", "None"),
            ("blob", "Blob"),
            ("container", "Container"),
        ])),
        text("default_encryption_scope", "defaultEncryptionScope").read_only(),
        flag("encryption_scope_override_enabled", "denyEncryptionScopeOverride")
            .read_only()
            .spelled(Spelling::Inverted),
        map("metadata", "metadata").computed(),
        flag("has_immutability_policy", "hasImmutabilityPolicy").read_only(),
        flag("has_legal_hold", "hasLegalHold").read_only(),
        text("url", "").placed(Place::State).read_only(),
    ],
    calls: &[],
    hooks: Hooks {
        identity: Some(storage_container::identity),
        after_read: Some(storage_container::address),
        ..Hooks::NONE
    },
};
