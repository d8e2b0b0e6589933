//! What requests do: read, list, make, change, delete, ask.
//!
//! Invariant: nothing is made without its parent, its group and its service's checks.
//! Rule: what takes its time is answered with 201 or 202 and the address of its operation.
//! Source: <https://github.com/microsoft/api-guidelines/blob/vNext/azure/ConsiderationsForServiceDesign.md>

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value as Json, json};

use crate::SandboxError;
use crate::arm::path::Target;
use crate::arm::refusal::Refusal;
use crate::arm::roles;
use crate::arm::types::{self, Draft, POOLS, TENANT, guid, is_cluster, pools_of, set};
use crate::arm::world::{Object, Pending, World};
use crate::clock::Moment;

/// What is answered.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Option<Json>,
    /// The operation under way: its id, and the type whose service runs it.
    pub(crate) operation: Option<(String, String)>,
}

/// Why nothing was done.
pub(crate) enum Failure {
    /// ARM refuses.
    Refused(Refusal),
    /// The world cannot be written.
    Broken(SandboxError),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Failure {
        Failure::Refused(refusal)
    }
}

impl From<SandboxError> for Failure {
    fn from(error: SandboxError) -> Failure {
        Failure::Broken(error)
    }
}

/// What all requests know.
#[derive(Clone, Copy)]
pub(crate) struct Circumstances<'c> {
    pub(crate) endpoint: &'c str,
    pub(crate) pace: f64,
    pub(crate) now: Moment,
}

impl Answer {
    fn ok(body: Json) -> Answer {
        Answer { status: StatusCode::OK, body: Some(body), operation: None }
    }
}

/// Reads an object, or lists.
pub(crate) fn read(world: &World, target: &Target, filter: Option<&str>) -> Result<Answer, Failure> {
    let subscription = target.subscription().unwrap_or_default();
    match (&*target.kind, target.is_collection()) {
        ("subscriptions", true) => {
            return Ok(Answer::ok(
                json!({ "value": [subscription_of("00000000-0000-0000-0000-000000000001")] }),
            ));
        }
        ("subscriptions", false) => return Ok(Answer::ok(subscription_of(&target.name))),
        ("providers", true) => return Ok(Answer::ok(json!({ "value": [] }))),
        ("microsoft.authorization/roledefinitions", true) => {
            let name = filter.and_then(|filter| filter.strip_prefix("roleName eq '")?.strip_suffix('\''));
            let found: Vec<Json> = roles::named(subscription, name).collect();
            return Ok(Answer::ok(json!({ "value": found })));
        }
        ("microsoft.authorization/roledefinitions", false) if world.get(&target.id).is_none() => {
            let found = roles::by_id(subscription, &target.name);
            return found.map(Answer::ok).ok_or_else(|| Refusal::not_found(target).into());
        }
        _ => {}
    }
    if target.is_collection() {
        return list(world, target);
    }
    match world.get(&target.id) {
        Some(object) => Ok(Answer::ok(shown(world, object))),
        None => {
            if let Some(group) = target.group().filter(|_| !target.kind.ends_with("resourcegroups")) {
                check_group(world, target, group)?;
            }
            if target.kind == "microsoft.resources/resourcegroups" {
                return Err(Refusal::no_group(&target.name).into());
            }
            let default = types::always_there(&target.kind, &target.id, world);
            default.map(Answer::ok).ok_or_else(|| Refusal::not_found(target).into())
        }
    }
}

fn subscription_of(id: &str) -> Json {
    json!({
        "id": format!("/subscriptions/{id}"),
        "subscriptionId": id,
        "tenantId": TENANT,
        "displayName": "aksel sandbox",
        "state": "Enabled",
        "subscriptionPolicies": { "locationPlacementId": "Public_2014-09-01", "quotaId": "PayAsYouGo_2014-09-01", "spendingLimit": "Off" },
    })
}

fn list(world: &World, target: &Target) -> Result<Answer, Failure> {
    let mut scope = target.parent.clone();
    if let Some(group) = target.group() {
        check_group(world, target, group)?;
    }
    let listed = |object: &&Object| match &*target.kind {
        "resources" => object.id.matches("/providers/").count() == 1,
        kind => object.kind == kind,
    };
    if scope.is_empty() {
        scope = format!("/subscriptions/{}", target.subscription().unwrap_or_default());
    }
    let found: Vec<Json> = world.below(&scope).filter(listed).map(|object| shown(world, object)).collect();
    Ok(Answer::ok(json!({ "value": found })))
}

fn check_group(world: &World, target: &Target, group: &str) -> Result<(), Refusal> {
    let id = format!("/subscriptions/{}/resourceGroups/{group}", target.subscription().unwrap_or_default());
    // Groups that services make for their own things are there without having been made.
    let managed = group.starts_with("MC_") || group.starts_with("MA_");
    if managed || world.get(&id).is_some() { Ok(()) } else { Err(Refusal::no_group(group)) }
}

/// What is answered of an object.
fn shown(world: &World, object: &Object) -> Json {
    let mut body = object.shown();
    if is_cluster(object) {
        let pools = pools_of(world, &object.id).into_iter().map(|pool| {
            let mut profile = pool.shown()["properties"].clone();
            profile["name"] = pool.body["name"].clone();
            profile
        });
        body["properties"]["agentPoolProfiles"] = pools.collect();
    }
    body
}

/// Makes an object, or replaces what was sent of it.
pub(crate) fn put(
    world: &mut World,
    target: &Target,
    body: Json,
    with: Circumstances<'_>,
) -> Result<Answer, Failure> {
    check_place(world, target)?;
    check_idle(world, target)?;
    let before = world.get(&target.id).cloned();
    let mut body = body;
    if !body.is_object() {
        return Err(Refusal::bad(
            "InvalidRequestContent",
            "The request content was invalid and could not be deserialized.",
        )
        .into());
    }
    let profiles = profiles_of(target, &mut body);
    let object = complete(world, target, body, before.as_ref(), with, profiles.as_ref())?;
    for profile in profiles.iter().flatten() {
        put_profile(world, &object, profile, with)?;
    }
    finish_write(world, target, object, before.as_ref(), with)
}

/// Changes the parts of an object that are sent.
pub(crate) fn patch(
    world: &mut World,
    target: &Target,
    body: Json,
    with: Circumstances<'_>,
) -> Result<Answer, Failure> {
    let Some(before) = world.get(&target.id).cloned() else { return Err(Refusal::not_found(target).into()) };
    let mut merged = before.body.clone();
    // Tags are replaced as a whole.
    let tags = body.get("tags").cloned();
    merge(&mut merged, body);
    if let Some(tags) = tags {
        merged["tags"] = tags;
    }
    put(world, target, merged, with)
}

/// JSON merge patch (RFC 7396).
fn merge(into: &mut Json, patch: Json) {
    match patch {
        Json::Object(members) => {
            if !into.is_object() {
                *into = json!({});
            }
            for (name, value) in members {
                if value.is_null() {
                    into.as_object_mut().map(|object| object.remove(&name));
                } else {
                    merge(&mut into[&name], value);
                }
            }
        }
        other => *into = other,
    }
}

fn check_place(world: &World, target: &Target) -> Result<(), Refusal> {
    if let Some(group) = target.group().filter(|_| target.kind != "microsoft.resources/resourcegroups") {
        check_group(world, target, group)?;
    }
    let nested = target.parent.to_lowercase().contains("/providers/");
    let service = types::always_there(&parent_kind(&target.kind), &target.parent, world).is_some();
    if nested && world.get(&target.parent).is_none() && !service {
        return Err(Refusal::no_parent(target));
    }
    Ok(())
}

fn parent_kind(kind: &str) -> String {
    kind.rsplit_once('/').map(|(parent, _)| parent.to_owned()).unwrap_or_default()
}

/// Refuses a change of what is being changed, and of a cluster in which something is.
fn check_idle(world: &World, target: &Target) -> Result<(), Refusal> {
    let busy = |object: &Object| object.pending.as_ref().map(|pending| pending.state.clone());
    let own = world.get(&target.id).and_then(busy);
    let cluster = (target.kind == POOLS).then(|| world.get(&target.parent).and_then(busy)).flatten();
    if let Some(state) = own.or(cluster) {
        return Err(Refusal::conflict(
            "OperationNotAllowed",
            format!(
                "Operation is not allowed: Another operation ({state}) is in progress, please wait for it to finish before starting a new operation."
            ),
        ));
    }
    Ok(())
}

/// The pools in a cluster's body; they are objects of their own.
fn profiles_of(target: &Target, body: &mut Json) -> Option<Vec<Json>> {
    if target.kind != "microsoft.containerservice/managedclusters" {
        return None;
    }
    let profiles = body["properties"]["agentPoolProfiles"].as_array().cloned().unwrap_or_default();
    Some(profiles)
}

fn complete(
    world: &World,
    target: &Target,
    mut body: Json,
    before: Option<&Object>,
    with: Circumstances<'_>,
    profiles: Option<&Vec<Json>>,
) -> Result<Object, Failure> {
    let kind = types::kind(&target.kind);
    let id = before.map_or_else(|| target.id.clone(), |before| before.id.clone());
    let mut draft = Draft {
        id: &id,
        name: &target.name,
        group: target.group().unwrap_or_default(),
        subscription: target.subscription().unwrap_or_default(),
        parent: &target.parent,
        body: &mut body,
        before: before.map(|before| &before.body),
        endpoint: with.endpoint,
        now: with.now,
    };
    (kind.check)(&draft, world)?;
    (kind.complete)(&mut draft);
    if !body["properties"].is_object() {
        body["properties"] = json!({});
    }
    set(&mut body, "properties.provisioningState", "Succeeded".into());
    body["id"] = id.clone().into();
    body["name"] = target.name.clone().into();
    body["type"] = if kind.shown.is_empty() { shown_kind(&target.id) } else { kind.shown.to_owned() }.into();
    if profiles.is_some() {
        body["properties"].as_object_mut().map(|members| members.remove("agentPoolProfiles"));
    }
    Ok(Object { id, kind: target.kind.clone(), body, pending: None })
}

fn shown_kind(id: &str) -> String {
    let Some((_, rest)) = id.rsplit_once("/providers/") else { return String::new() };
    let parts: Vec<&str> = rest.split('/').collect();
    let types: Vec<&str> = parts.iter().skip(1).step_by(2).copied().collect();
    format!("{}/{}", parts.first().copied().unwrap_or_default(), types.join("/"))
}

fn put_profile(
    world: &mut World,
    cluster: &Object,
    profile: &Json,
    with: Circumstances<'_>,
) -> Result<(), Failure> {
    let Some(name) = profile["name"].as_str() else {
        return Err(Refusal::bad(
            "InvalidParameter",
            "Required parameter agentPoolProfile.name is missing (null).",
        )
        .into());
    };
    let mut properties = profile.clone();
    properties.as_object_mut().map(|members| members.remove("name"));
    let id = format!("{}/agentPools/{name}", cluster.id);
    let target =
        Target { id, kind: POOLS.into(), name: name.into(), parent: cluster.id.clone(), action: None };
    let before = world.get(&target.id).cloned();
    let pool = complete(world, &target, json!({ "properties": properties }), before.as_ref(), with, None)?;
    world.put(pool)?;
    Ok(())
}

fn finish_write(
    world: &mut World,
    target: &Target,
    object: Object,
    before: Option<&Object>,
    with: Circumstances<'_>,
) -> Result<Answer, Failure> {
    let kind = types::kind(&target.kind);
    let takes = duration(kind.millis, with.pace);
    let mut object = object;
    if !takes.is_zero() {
        let state = if before.is_some() { "Updating" } else { "Creating" };
        let operation = guid(&object.id, &format!("operation{}", with.now.0));
        object.pending = Some(Pending { operation, until: with.now.after(takes), state: state.into() });
    }
    let operation = object.pending.as_ref().map(|pending| (pending.operation.clone(), target.kind.clone()));
    let status = if before.is_some() { StatusCode::OK } else { StatusCode::CREATED };
    world.put(object.clone())?;
    Ok(Answer { status, body: Some(shown(world, &object)), operation })
}

fn duration(millis: u64, pace: f64) -> Duration {
    Duration::from_millis(millis).mul_f64(pace.max(0.0))
}

/// Deletes an object with what is in it.
pub(crate) fn delete(world: &mut World, target: &Target, with: Circumstances<'_>) -> Result<Answer, Failure> {
    let none = Answer { status: StatusCode::NO_CONTENT, body: None, operation: None };
    let Some(object) = world.get(&target.id).cloned() else {
        if target.kind == "microsoft.resources/resourcegroups" {
            return Err(Refusal::no_group(&target.name).into());
        }
        return Ok(none);
    };
    if let Some(pending) = object.pending.as_ref().filter(|pending| pending.state == "Deleting") {
        let operation = Some((pending.operation.clone(), target.kind.clone()));
        return Ok(Answer { status: StatusCode::ACCEPTED, body: None, operation });
    }
    let group = target.kind == "microsoft.resources/resourcegroups";
    let takes = duration(if group { 300 } else { types::kind(&target.kind).millis }, with.pace);
    if takes.is_zero() {
        world.delete(&object.id)?;
        return Ok(Answer { status: StatusCode::OK, body: None, operation: None });
    }
    let operation = guid(&object.id, &format!("operation{}", with.now.0));
    let pending =
        Pending { operation: operation.clone(), until: with.now.after(takes), state: "Deleting".into() };
    world.put(Object { pending: Some(pending), ..object })?;
    Ok(Answer { status: StatusCode::ACCEPTED, body: None, operation: Some((operation, target.kind.clone())) })
}

/// Answers a POST.
pub(crate) fn ask(world: &World, target: &Target, action: &str) -> Result<Answer, Failure> {
    let Some(object) = world.get(&target.id) else { return Err(Refusal::not_found(target).into()) };
    let answered = (types::kind(&target.kind).action)(action, object);
    answered.map(Answer::ok).ok_or_else(|| {
        Refusal::new(
            StatusCode::NOT_FOUND,
            "InvalidResourceType",
            format!("The action '{action}' is not known for this resource."),
        )
        .into()
    })
}

/// How an operation is getting on: done when nothing has it pending any more.
pub(crate) fn operation(world: &World, id: &str, now: Moment) -> Json {
    let pending =
        world.all().find_map(|object| object.pending.as_ref().filter(|pending| pending.operation == id));
    let status = match pending {
        Some(_) => "InProgress",
        None => "Succeeded",
    };
    json!({ "name": id, "status": status, "startTime": now.rfc3339() })
}
