//! `azurerm_client_config` (data source) is `Microsoft.Resources/client`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.resources/2023-07-01/client>

use crate::resource_type::{Arm, DataSource, Hooks};
use crate::row::{Place, id, text};

/// Who signs in.
pub const CLIENT_CONFIG: DataSource = DataSource {
    name: "azurerm_client_config",
    arm: Arm { kind: "Microsoft.Resources/client", api: "2023-07-01" },
    attributes: &[
        id(),
        text("client_id", "").placed(Place::State).read_only(),
        text("object_id", "").placed(Place::State).read_only(),
        text("subscription_id", "").placed(Place::State).read_only(),
        text("tenant_id", "").placed(Place::State).read_only(),
    ],
    calls: &[],
    hooks: Hooks::NONE,
};
