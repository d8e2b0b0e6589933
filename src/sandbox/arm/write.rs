//! One object: reading it, writing it, removing it, by the rules of its type.
//!
//! Invariant: what PUT answers is what the next GET answers.

use std::collections::BTreeSet;

use http::Method;
use serde_json::{Map, Value};

use super::Decision;
use super::id::{Id, Polling};
use super::operations::{self, Begun};
use super::reply::{Refusal, Reply};
use super::request::{Request, Scene};
use super::types::{self, Draft, Kind, State};
use super::{check, derive, merge, roles};
use crate::world::{Change, Doing, Object};

/// Answers what is asked of one object.
pub(crate) fn answer(scene: &Scene<'_>, request: &Request, id: &Id) -> Decision {
    match request.method.as_str() {
        "GET" | "HEAD" => read(scene, request, id),
        "PUT" => write(scene, request, id),
        "PATCH" => write(scene, request, id),
        "DELETE" => delete(scene, request, id),
        _ => Err(Refusal::method(&request.method)),
    }
}

fn read(scene: &Scene<'_>, request: &Request, id: &Id) -> Decision {
    if let Some(object) = scene.tables.objects.get(&id.key()) {
        let status = if request.method == Method::HEAD { 204 } else { 200 };
        let reply = Reply::body(status, shown(scene, object));
        return Ok((if status == 204 { Reply::empty(204) } else { reply }, Vec::new()));
    }
    if let Some(computed) = types::of(&id.kind()).computed {
        return Ok((Reply::body(200, computed(scene, id)?), Vec::new()));
    }
    if id.kind().eq_ignore_ascii_case(roles::DEFINITIONS) {
        return roles::definition(scene, id).map(|body| (Reply::body(200, body), Vec::new()));
    }
    Err(absent(scene, id))
}

/// Why an object is not there: its group is missing, or it is.
pub(crate) fn absent(scene: &Scene<'_>, id: &Id) -> Refusal {
    match (check::surroundings(scene, id), id.parent()) {
        // A part of what is missing is missing itself, and is named so.
        (Err(refusal), None) => refusal,
        _ => missing(id),
    }
}

/// 404 in ARM's words.
pub(crate) fn missing(id: &Id) -> Refusal {
    let message = format!(
        "The Resource '{}/{}' under resource group '{}' was not found. For more details please go to \
         https://aka.ms/ARMResourceNotFoundFix",
        id.kind(),
        id.names.join("/"),
        id.group().unwrap_or("<null>"),
    );
    Refusal::new(404, "ResourceNotFound", message)
}

/// An object as ARM answers it now.
pub(crate) fn shown(scene: &Scene<'_>, object: &Object) -> Value {
    let mut body = object.body.clone();
    let kind = types::of(&object.kind);
    (kind.view)(scene, object, &mut body);
    if let (Some(working), State::Shown) = (&object.working, &kind.state) {
        merge::put(&mut body, "properties/provisioningState", working.doing.as_str());
    }
    Value::Object(body)
}

fn write(scene: &Scene<'_>, request: &Request, id: &Id) -> Decision {
    let kind = types::of(&id.kind());
    check::surroundings(scene, id)?;
    operations::free(scene, id)?;
    let live = scene.tables.objects.get(&id.key());
    check::conditions(request, live)?;
    let wanted = match (&request.method, live) {
        (&Method::PATCH, None) => return Err(missing(id)),
        (&Method::PATCH, Some(live)) => {
            let mut body = live.body.clone();
            merge::patch(&mut body, &request.body);
            body
        }
        _ => request.body.clone(),
    };
    if let Some(live) = live {
        check::location(id, live, merge::text(&wanted, "location"))?;
    }
    let made = live.map_or(scene.now, |live| live.made);
    let own = live.map_or_else(|| id.clone(), |live| as_first_written(live, id));
    let draft = Draft { scene: *scene, id: &own, asked: &request.body, live, made };
    (kind.check)(&draft, &wanted)?;
    if let Some(instead) = kind.instead {
        let changed = instead(&draft)?;
        let reply = Reply::body(200, shown(scene, &changed));
        return Ok((reply, vec![Change::Object(changed.id.to_lowercase(), Some(changed))]));
    }
    let body = completed(&draft, kind, wanted);
    Ok(save(&draft, kind, body))
}

/// The id under which the object was made, whatever the case of the one it is asked by.
fn as_first_written(live: &Object, id: &Id) -> Id {
    match super::Target::parse(&live.id) {
        Some(super::Target::Object(own) | super::Target::Members(own)) => own,
        _ => id.clone(),
    }
}

/// The body with all that the service adds to it.
fn completed(draft: &Draft<'_>, kind: &Kind, mut body: Map<String, Value>) -> Map<String, Value> {
    merge::put(&mut body, "id", draft.id.text());
    let name = if draft.id.names.len() < draft.id.types.len() {
        draft.id.types.last().cloned().unwrap_or_default()
    } else {
        draft.id.name().to_owned()
    };
    merge::put(&mut body, "name", name);
    merge::put(&mut body, "type", draft.id.kind());
    let location = super::groups::normal(merge::text(&body, "location"));
    if !location.is_empty() {
        merge::put(&mut body, "location", location);
    }
    match kind.state {
        State::Shown => merge::put(&mut body, "properties/provisioningState", "Succeeded"),
        State::Absent => {}
    }
    identity(draft, &mut body);
    (kind.fill)(draft, &mut body);
    body
}

/// Fills in who a managed identity is.
fn identity(draft: &Draft<'_>, body: &mut Map<String, Value>) {
    let id = draft.id.text();
    let Some(identity) = body.get_mut("identity").and_then(Value::as_object_mut) else { return };
    let kind = merge::text(identity, "type").to_lowercase();
    if kind.contains("systemassigned") {
        merge::put(identity, "principalId", derive::guid(&id, "principal"));
        merge::put(identity, "tenantId", super::TENANT);
    } else {
        identity.remove("principalId");
        identity.remove("tenantId");
    }
    let Some(users) = identity.get_mut("userAssignedIdentities").and_then(Value::as_object_mut) else {
        return;
    };
    users.retain(|_, value| !value.is_null());
    for (user, value) in users.iter_mut() {
        *value = serde_json::json!({
            "principalId": derive::guid(user, "principal"),
            "clientId": derive::guid(user, "client"),
        });
    }
}

fn save(draft: &Draft<'_>, kind: &Kind, body: Map<String, Value>) -> (Reply, Vec<Change>) {
    let scene = &draft.scene;
    let (doing, takes, status) = match draft.live {
        None => (Doing::Creating, kind.takes.create, kind.created),
        Some(_) => (Doing::Updating, kind.takes.update, 200),
    };
    let begun = (takes > 0).then(|| operations::begin(scene, &draft.id.text(), doing, takes));
    let object = Object {
        id: draft.id.text(),
        kind: draft.id.kind(),
        body,
        made: draft.made,
        changed: scene.now,
        working: begun.as_ref().map(|begun| begun.working.clone()),
    };
    let mut changes: Vec<Change> = begun.iter().map(|begun| begun.change.clone()).collect();
    changes.extend(with_parts(draft, kind, &object));
    let reply = Reply::of(status, &object.id);
    (told(begun, reply), changes)
}

fn told(begun: Option<Begun>, reply: Reply) -> Reply {
    match begun {
        Some(begun) => begun.tell(reply, Polling::Status),
        None => reply,
    }
}

/// The object and the objects that come with it.
fn with_parts(draft: &Draft<'_>, kind: &Kind, object: &Object) -> Vec<Change> {
    let mut changes = vec![Change::Object(object.id.to_lowercase(), Some(object.clone()))];
    changes.extend(left_out(draft, kind));
    for (order, part) in (kind.parts)(draft, object).into_iter().enumerate() {
        let key = part.id.to_lowercase();
        let live = draft.scene.tables.objects.get(&key);
        // One millisecond apart, so that parts keep the order in which they were given.
        let made = live.map_or(crate::clock::Moment(draft.scene.now.0 + order as i64), |live| live.made);
        let part = Object { made, working: object.working.clone(), ..part };
        changes.push(Change::Object(key, Some(part)));
    }
    changes
}

/// The members of the type's lists that are no longer listed.
fn left_out(draft: &Draft<'_>, kind: &Kind) -> Vec<Change> {
    let mut gone = Vec::new();
    for list in kind.lists {
        let listed = merge::at(draft.asked, &format!("properties/{list}")).and_then(Value::as_array);
        let Some(listed) = listed else { continue };
        let names: BTreeSet<String> = listed
            .iter()
            .filter_map(|item| item.get("name").and_then(Value::as_str))
            .map(str::to_lowercase)
            .collect();
        let prefix = format!("{}/{}/", draft.id.key(), list.to_lowercase());
        let members = draft.scene.tables.below(&prefix);
        let missing = members.filter(|(key, _)| !names.contains(&key[prefix.len()..]));
        gone.extend(missing.map(|(key, _)| Change::Object(key.clone(), None)));
    }
    gone
}

fn delete(scene: &Scene<'_>, request: &Request, id: &Id) -> Decision {
    let key = id.key();
    let Some(live) = scene.tables.objects.get(&key) else { return Ok((Reply::empty(204), Vec::new())) };
    let kind = types::of(&live.kind);
    check::conditions(request, Some(live))?;
    check::refuse_locked(scene, &key, &live.id)?;
    match &live.working {
        Some(working) if working.doing == Doing::Deleting => {
            return Ok((Reply::empty(202).header("retry-after", "0"), Vec::new()));
        }
        // A deletion goes before whatever else is under way on the object itself.
        Some(_) => {}
        None => operations::free(scene, id)?,
    }
    (kind.check_delete)(scene, live)?;
    if kind.takes.delete == 0 {
        return Ok((Reply::empty(200), operations::removal(scene.tables, &key, live)));
    }
    let begun = operations::begin(scene, &live.id, Doing::Deleting, kind.takes.delete);
    let going = Object { working: Some(begun.working.clone()), ..live.clone() };
    let changes = vec![begun.change.clone(), Change::Object(key, Some(going))];
    let mut reply = begun.tell(Reply::empty(202), Polling::Status);
    reply = begun.tell(reply, Polling::Location);
    reply.headers.dedup();
    Ok((reply, changes))
}
