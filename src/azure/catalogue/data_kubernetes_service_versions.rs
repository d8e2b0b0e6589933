//! `azurerm_kubernetes_service_versions` (data source) is `Microsoft.ContainerService/locations`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.containerservice/2025-10-01/locations>

use crate::resource_type::{Arm, DataSource, Hooks};
use crate::row::{Place, flag, id, text, texts};

/// The versions of Kubernetes in a region.
pub const KUBERNETES_SERVICE_VERSIONS: DataSource = DataSource {
    name: "azurerm_kubernetes_service_versions",
    arm: Arm { kind: "Microsoft.ContainerService/locations", api: "2025-10-01" },
    attributes: &[
        id(),
        text("location", "").placed(Place::Name).required().replaces(),
        text("default_version", "").placed(Place::State).read_only(),
        flag("include_preview", "").placed(Place::State).default_flag(true),
        text("latest_version", "").placed(Place::State).read_only(),
        text("version_prefix", "").placed(Place::State),
        texts("versions", "").placed(Place::State).read_only(),
    ],
    calls: &[],
    hooks: Hooks::NONE,
};
