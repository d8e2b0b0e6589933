//! `azurerm_resource_group` is `Microsoft.Resources/resourceGroups`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.resources/2023-07-01/resourcegroups>

use crate::resource_type::{Arm, Hooks, Minutes, ResourceType};
use crate::row::{Place, id, location, tags, text};
use crate::steps::{Step, StepInput};
use crate::write::document;
use aksel_lang::value::Value;
use aksel_state::intent::Deed;
use serde_json::json;

/// A group that other resources lie in.
pub const RESOURCE_GROUP: ResourceType = ResourceType {
    name: "azurerm_resource_group",
    arm: Arm { kind: "Microsoft.Resources/resourceGroups", api: "2023-07-01" },
    schema_version: 0,
    minutes: Minutes { create: 90, read: 5, update: 90, delete: 90 },
    attributes: &[
        id(),
        text("name", "").placed(Place::Name).required().replaces().matching(
            r"^[-\w._()]{0,89}[-\w_()]$",
            "1 to 90 letters, digits, hyphens, underscores, parentheses and periods, not ending in a period",
        ),
        location(),
        text("managed_by", "/managedBy"),
        tags(),
    ],
    calls: &[],
    groups: &[],
    rules: &[],
    hooks: Hooks { identity: Some(identity), steps: Some(patched), ..Hooks::NONE },
};

/// A group is changed by a PATCH, which replaces the tags as a whole.
fn patched(input: &StepInput<'_>, table: Vec<Step>) -> Vec<Step> {
    if input.deed != Deed::Update || table.is_empty() {
        return table;
    }
    let mut whole = document(RESOURCE_GROUP.attributes, input.planned, None)["body"].take();
    let changed = |name: &str| input.prior.attribute(name) != input.planned.attribute(name);
    let mut body = json!({});
    if changed("managed_by") {
        let manager = whole["managedBy"].take();
        body["managedBy"] = if manager.is_null() { json!("") } else { manager };
    }
    if changed("tags") {
        let tags = whole["tags"].take();
        body["tags"] = if tags.is_null() { json!({}) } else { tags };
    }
    vec![Step::patch(input.id, input.api, body)]
}

fn identity(planned: &Value, subscription: &str) -> Option<String> {
    let name = planned.attribute("name")?.as_str()?;
    Some(format!("/subscriptions/{subscription}/resourceGroups/{name}"))
}
