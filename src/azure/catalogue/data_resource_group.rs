//! `azurerm_resource_group` (data source) is `Microsoft.Resources/resourceGroups`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.resources/2023-07-01/resourcegroups>

use crate::resource_type::{Arm, DataSource, Hooks};
use crate::row::{id, name, tags, text};
use crate::spelling::Spelling;
use aksel_lang::value::Value;

/// A resource group that exists.
pub const RESOURCE_GROUP: DataSource = DataSource {
    name: "azurerm_resource_group",
    arm: Arm { kind: "Microsoft.Resources/resourceGroups", api: "2023-07-01" },
    attributes: &[
        id(),
        name(),
        text("location", "/location").spelled(Spelling::Location).read_only(),
        text("managed_by", "/managedBy").read_only(),
        tags().read_only(),
    ],
    calls: &[],
    hooks: Hooks { identity: Some(identity), ..Hooks::NONE },
};

fn identity(planned: &Value, subscription: &str) -> Option<String> {
    let name = planned.attribute("name")?.as_str()?;
    Some(format!("/subscriptions/{subscription}/resourceGroups/{name}"))
}
