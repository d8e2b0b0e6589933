//! `azurerm_monitor_data_collection_rule_association` is `Microsoft.Insights/dataCollectionRuleAssociations`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.insights/2023-03-11/datacollectionruleassociations>

use crate::catalogue::rules::said;
use crate::group::Group;
use crate::resource_type::{Arm, Hooks, Minutes, ResourceType};
use crate::row::{Place, id, parent, text};
use crate::spelling::Spelling;
use aksel_lang::value::Value;

/// Puts an object under a rule of collection.
pub const MONITOR_DATA_COLLECTION_RULE_ASSOCIATION: ResourceType = ResourceType {
    name: "azurerm_monitor_data_collection_rule_association",
    arm: Arm { kind: "Microsoft.Insights/dataCollectionRuleAssociations", api: "2023-03-11" },
    schema_version: 0,
    minutes: Minutes { create: 30, read: 5, update: 30, delete: 30 },
    attributes: &[
        id(),
        text("name", "").placed(Place::Name).default_text("configurationAccessEndpoint").replaces(),
        parent("target_resource_id"),
        text("data_collection_rule_id", "dataCollectionRuleId").spelled(Spelling::Id),
        text("data_collection_endpoint_id", "dataCollectionEndpointId").spelled(Spelling::Id),
        text("description", "description"),
    ],
    calls: &[],
    groups: &[
        Group::ExactlyOne(&["data_collection_endpoint_id", "data_collection_rule_id"]),
        Group::Needs("data_collection_rule_id", &["name"]),
    ],
    rules: &[],
    hooks: Hooks { identity: Some(identity), ..Hooks::NONE },
};

/// It hangs on what is watched.
fn identity(planned: &Value, _subscription: &str) -> Option<String> {
    let (target, name) = (said(planned, "target_resource_id")?, said(planned, "name")?);
    Some(format!("{target}/providers/Microsoft.Insights/dataCollectionRuleAssociations/{name}"))
}
