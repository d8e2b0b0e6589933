//! `azurerm_storage_blob` is `Microsoft.Storage/storageAccounts/blobServices/containers/blobs`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.storage/2025-08-01/storageaccounts/blobservices/containers/blobs>

use crate::blob;
use crate::group::Group;
use crate::resource_type::Plane;
use crate::resource_type::{Arm, Hooks, Minutes, ResourceType};
use crate::row::{Place, Was, id, map, number, text};
use crate::spelling::Spelling;

/// A blob.
pub const STORAGE_BLOB: ResourceType = ResourceType {
    name: "azurerm_storage_blob",
    arm: Arm { kind: "Microsoft.Storage/storageAccounts/blobServices/containers/blobs", api: "2025-08-01" },
    schema_version: 1,
    minutes: Minutes { create: 30, read: 5, update: 30, delete: 30 },
    attributes: &[
        id(),
        text("name", "").placed(Place::State).required().replaces(),
        text("storage_container_id", "")
            .formerly(&[("storage_container_name", Was::NameOf)])
            .placed(Place::State)
            .required()
            .replaces()
            .spelled(Spelling::Id),
        text("type", "").placed(Place::State).required().replaces().one_of(&["Append", "Block", "Page"]),
        number("size", "").placed(Place::State).default_number(0).replaces(),
        text("access_tier", "").placed(Place::State).computed().one_of(&["Archive", "Cool", "Cold", "Hot"]),
        text("cache_control", "").placed(Place::State),
        text("content_type", "").placed(Place::State).default_text("application/octet-stream"),
        text("content_md5", "").placed(Place::State).replaces(),
        text("encryption_scope", "").placed(Place::State).replaces(),
        text("source", "").placed(Place::State).replaces(),
        text("source_content", "").placed(Place::State).replaces(),
        text("source_uri", "").placed(Place::State).replaces(),
        number("parallelism", "").placed(Place::State).default_number(8).replaces(),
        map("metadata", "").placed(Place::State).computed(),
        text("url", "").placed(Place::State).read_only(),
    ],
    calls: &[],
    groups: &[
        Group::Conflicts("content_md5", &["source_uri"]),
        Group::Conflicts("source", &["source_uri", "source_content"]),
        Group::Conflicts("source_content", &["source", "source_uri"]),
        Group::Conflicts("source_uri", &["source", "source_content"]),
    ],
    rules: &[],
    hooks: Hooks { identity: Some(blob::identity), plane: Plane::Blob, ..Hooks::NONE },
};
