//! `azurerm_resources` (data source) is a list of `Microsoft.Resources/resources`.
//!
//! Source: <https://learn.microsoft.com/rest/api/resources/resources/list?view=rest-resources-2021-04-01>

use crate::resource_type::{Arm, DataSource, Hooks};
use crate::row::{Place, Row, id, map, objects, text};
use crate::spelling::Spelling;

/// The rows of `resources`.
pub const RESOURCES: &[Row] = &[
    text("id", "id").read_only(),
    text("location", "location").read_only().spelled(Spelling::Location),
    text("name", "name").read_only(),
    text("resource_group_name", "group").read_only(),
    map("tags", "tags").read_only(),
    text("type", "type").read_only(),
];

/// What there is, by name, kind, group and tags.
pub const RESOURCES_BY: DataSource = DataSource {
    name: "azurerm_resources",
    arm: Arm { kind: "Microsoft.Resources/resources", api: "2020-06-01" },
    attributes: &[
        id(),
        text("name", "").placed(Place::State).computed(),
        text("resource_group_name", "").placed(Place::State).computed(),
        text("type", "").placed(Place::State).computed(),
        map("required_tags", "").placed(Place::State),
        objects("resources", "/value", RESOURCES).read_only(),
    ],
    calls: &[],
    hooks: Hooks::NONE,
};
