//! `azurerm_management_lock` is `Microsoft.Authorization/locks`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.authorization/2020-05-01/locks>

use crate::resource_type::{Arm, Hooks, Minutes, ResourceType};
use crate::row::{Place, id, text};
use aksel_lang::types::Text;
use aksel_lang::value::Value;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// A lock that keeps something from being deleted or changed.
pub const MANAGEMENT_LOCK: ResourceType = ResourceType {
    name: "azurerm_management_lock",
    arm: Arm { kind: "Microsoft.Authorization/locks", api: "2020-05-01" },
    schema_version: 0,
    minutes: Minutes { create: 30, read: 5, update: 30, delete: 30 },
    attributes: &[
        id(),
        text("name", "").placed(Place::Name).required().replaces(),
        text("lock_level", "level").required().replaces().one_of(&["CanNotDelete", "ReadOnly"]),
        text("notes", "notes").replaces(),
        text("scope", "").placed(Place::State).required().replaces(),
    ],
    calls: &[],
    groups: &[],
    rules: &[],
    hooks: Hooks { identity: Some(identity), after_read: Some(scope), ..Hooks::NONE },
};

fn identity(planned: &Value, _subscription: &str) -> Option<String> {
    let scope = planned.attribute("scope")?.as_str()?.trim_end_matches('/');
    Some(format!("{scope}/providers/Microsoft.Authorization/locks/{}", planned.attribute("name")?.as_str()?))
}

/// What is locked is what stands before the lock in its id.
fn scope(values: &mut BTreeMap<Text, Value>, _document: &Json, id: &str) {
    let place = id.rfind("/providers/Microsoft.Authorization/locks/").unwrap_or(id.len());
    values.insert("scope".into(), Value::string(&id[..place]));
}
