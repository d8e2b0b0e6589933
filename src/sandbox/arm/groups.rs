//! Resource groups.
//!
//! Invariant: while a group goes, nothing new comes into it; when it is gone, so is all that was in it.

use http::Method;
use serde_json::{Map, Value, json};

use super::Decision;
use super::check::refuse_locked;
use super::id::{GroupId, Polling, Target};
use super::merge;
use super::operations;
use super::reply::{Refusal, Reply};
use super::request::{Request, Scene};
use crate::world::{Change, Doing, Object};

/// The type of a resource group.
pub(crate) const KIND: &str = "Microsoft.Resources/resourceGroups";
const NAME_MAX: usize = 90;
const DELETE_MS: u64 = 400;

/// Answers what is asked of groups.
pub(crate) fn answer(scene: &Scene<'_>, request: &Request, target: &Target) -> Decision {
    match (target, request.method.as_str()) {
        (Target::Groups { subscription }, "GET") => Ok((list(scene, subscription), Vec::new())),
        (Target::Group(id), "GET" | "HEAD") => read(scene, request, id),
        (Target::Group(id), "PUT") => write(scene, request, id),
        (Target::Group(id), "PATCH") => patch(scene, request, id),
        (Target::Group(id), "DELETE") => delete(scene, id),
        _ => Err(Refusal::method(&request.method)),
    }
}

fn list(scene: &Scene<'_>, subscription: &str) -> Reply {
    let prefix = format!("/subscriptions/{}/resourcegroups/", subscription.to_lowercase());
    let groups = scene.tables.below(&prefix).filter(|(_, object)| object.kind == KIND);
    let value: Vec<Value> = groups.map(|(_, group)| shown(group)).collect();
    Reply::body(200, json!({"value": value}))
}

fn shown(group: &Object) -> Value {
    let mut body = group.body.clone();
    if let Some(working) = &group.working {
        merge::put(&mut body, "properties/provisioningState", working.doing.as_str());
    }
    Value::Object(body)
}

fn find<'a>(scene: &Scene<'a>, id: &GroupId) -> Result<&'a Object, Refusal> {
    scene.tables.objects.get(&id.key()).ok_or_else(|| Refusal::group_missing(&id.name))
}

fn read(scene: &Scene<'_>, request: &Request, id: &GroupId) -> Decision {
    let found = find(scene, id);
    if request.method == Method::HEAD {
        return Ok((Reply::empty(if found.is_ok() { 204 } else { 404 }), Vec::new()));
    }
    Ok((Reply::body(200, shown(found?)), Vec::new()))
}

fn write(scene: &Scene<'_>, request: &Request, id: &GroupId) -> Decision {
    check_name(&id.name)?;
    let wanted = merge::text(&request.body, "location");
    if wanted.is_empty() {
        let message = "The location property is required for this definition.";
        return Err(Refusal::new(400, "LocationRequired", message));
    }
    let live = scene.tables.objects.get(&id.key());
    let mut body = live.map(|live| live.body.clone()).unwrap_or_else(|| fresh(id, wanted));
    if let Some(live) = live {
        refuse_busy(live, id)?;
        let here = merge::text(&live.body, "location");
        if here != normal(wanted) {
            let message = format!(
                "Invalid resource group location '{wanted}'. The Resource group already exists in location '{here}'."
            );
            return Err(Refusal::new(409, "InvalidResourceGroupLocation", message));
        }
    }
    for name in ["tags", "managedBy"] {
        match request.body.get(name) {
            Some(value) => drop(body.insert(name.to_owned(), value.clone())),
            None => drop(body.remove(name)),
        }
    }
    Ok(saved(scene, id, live, body))
}

fn patch(scene: &Scene<'_>, request: &Request, id: &GroupId) -> Decision {
    let live = find(scene, id)?;
    refuse_busy(live, id)?;
    let mut body = live.body.clone();
    for name in ["tags", "managedBy"] {
        if let Some(value) = request.body.get(name) {
            body.insert(name.to_owned(), value.clone());
        }
    }
    Ok(saved(scene, id, Some(live), body))
}

fn saved(
    scene: &Scene<'_>,
    id: &GroupId,
    live: Option<&Object>,
    body: Map<String, Value>,
) -> (Reply, Vec<Change>) {
    let status = if live.is_some() { 200 } else { 201 };
    let reply = Reply::body(status, Value::Object(body.clone()));
    let object = Object {
        id: id.text(),
        kind: KIND.to_owned(),
        body,
        made: live.map_or(scene.now, |live| live.made),
        changed: scene.now,
        working: None,
    };
    (reply, vec![Change::Object(id.key(), Some(object))])
}

/// The body of a new group.
pub(crate) fn fresh(id: &GroupId, location: &str) -> Map<String, Value> {
    let mut body = Map::new();
    merge::put(&mut body, "id", id.text());
    merge::put(&mut body, "name", id.name.clone());
    merge::put(&mut body, "type", KIND);
    merge::put(&mut body, "location", normal(location));
    merge::put(&mut body, "properties/provisioningState", "Succeeded");
    body
}

/// A location as ARM writes it.
pub(crate) fn normal(location: &str) -> String {
    location.to_lowercase().replace(' ', "")
}

fn check_name(name: &str) -> Result<(), Refusal> {
    let allowed = |c: char| c.is_alphanumeric() || "-_.()".contains(c);
    if name.len() <= NAME_MAX && !name.ends_with('.') && name.chars().all(allowed) {
        return Ok(());
    }
    let message = format!(
        "The provided resource group name '{name}' has these invalid characters or length. The name can only be a \
         letter, digit, '-', '.', '(', ')' or '_', is at most {NAME_MAX} long and does not end with '.'."
    );
    Err(Refusal::new(400, "InvalidResourceGroup", message))
}

fn refuse_busy(live: &Object, id: &GroupId) -> Result<(), Refusal> {
    if live.working.is_none() {
        return Ok(());
    }
    let message = format!(
        "The resource group '{}' is in deprovisioning state and cannot perform this operation.",
        id.name
    );
    Err(Refusal::new(409, "ResourceGroupBeingDeleted", message))
}

fn delete(scene: &Scene<'_>, id: &GroupId) -> Decision {
    let live = find(scene, id)?;
    refuse_locked(scene, &id.key(), &id.text())?;
    let begun = operations::begin(scene, &id.text(), Doing::Deleting, DELETE_MS);
    let mut changes = vec![begun.change.clone()];
    let going = |object: &Object| Object { working: Some(begun.working.clone()), ..object.clone() };
    changes.push(Change::Object(id.key(), Some(going(live))));
    Ok((begun.tell(Reply::empty(202), Polling::Location), changes))
}
