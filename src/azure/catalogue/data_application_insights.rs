//! `azurerm_application_insights` (data source) is `Microsoft.Insights/components`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.insights/2020-02-02/components>

use crate::resource_type::{Arm, DataSource, Hooks};
use crate::row::{id, name, number, resource_group_name, tags, text};
use crate::spelling::Spelling;

/// What applications tell of themselves, made elsewhere.
pub const APPLICATION_INSIGHTS: DataSource = DataSource {
    name: "azurerm_application_insights",
    arm: Arm { kind: "Microsoft.Insights/components", api: "2020-02-02" },
    attributes: &[
        id(),
        name(),
        resource_group_name(),
        text("app_id", "AppId").read_only(),
        text("application_type", "Application_Type").read_only(),
        text("connection_string", "ConnectionString").read_only().sensitive(),
        text("instrumentation_key", "InstrumentationKey").read_only(),
        number("retention_in_days", "RetentionInDays").read_only(),
        text("workspace_id", "WorkspaceResourceId").read_only(),
        text("location", "/location").spelled(Spelling::Location).read_only(),
        tags().read_only(),
    ],
    calls: &[],
    hooks: Hooks::NONE,
};
