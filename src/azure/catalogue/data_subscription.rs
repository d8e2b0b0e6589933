//! `azurerm_subscription` (data source) is `Microsoft.Resources/subscriptions`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.resources/2022-12-01/subscriptions>

use crate::resource_type::{Arm, DataSource, Hooks};
use crate::row::{Place, id, tags, text};

/// A subscription.
pub const SUBSCRIPTION: DataSource = DataSource {
    name: "azurerm_subscription",
    arm: Arm { kind: "Microsoft.Resources/subscriptions", api: "2022-12-01" },
    attributes: &[
        id(),
        text("display_name", "/displayName").read_only(),
        text("tenant_id", "/tenantId").read_only(),
        text("state", "/state").read_only(),
        text("location_placement_id", "/subscriptionPolicies/locationPlacementId").read_only(),
        text("quota_id", "/subscriptionPolicies/quotaId").read_only(),
        text("spending_limit", "/subscriptionPolicies/spendingLimit").read_only(),
        text("subscription_id", "").placed(Place::State).computed(),
        tags().read_only(),
    ],
    calls: &[],
    hooks: Hooks::NONE,
};
