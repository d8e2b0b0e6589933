//! Checks that hold for every type: conditions, locks, locations, parents.

use super::id::Id;
use super::merge;
use super::reply::Refusal;
use super::request::{Request, Scene};
use super::{groups, types};
use crate::world::Object;

/// Checks `If-Match` and `If-None-Match`.
///
/// # Errors
/// 412 where the object is not as the client thinks, 400 where it states both.
pub(crate) fn conditions(request: &Request, live: Option<&Object>) -> Result<(), Refusal> {
    if request.if_match.is_some() && request.if_none_match.is_some() {
        let message = "If-Match and If-None-Match cannot be given together.";
        return Err(Refusal::new(400, "InvalidRequestHeader", message));
    }
    let holds = match (&request.if_match, &request.if_none_match, live) {
        (Some(wanted), _, Some(live)) => wanted == "*" || etag(live).is_some_and(|etag| etag == *wanted),
        (Some(_), _, None) => false,
        (None, Some(wanted), live) => wanted != "*" || live.is_none(),
        (None, None, _) => true,
    };
    if holds { Ok(()) } else { Err(Refusal::precondition()) }
}

/// The ETag of an object whose type has one.
fn etag(object: &Object) -> Option<String> {
    let tags = ["properties/eTag", "eTag", "etag"].map(|path| merge::text(&object.body, path));
    tags.iter().find(|tag| !tag.is_empty()).map(|tag| (*tag).to_owned())
}

/// Checks that no lock at the scope or above it forbids deletion.
///
/// # Errors
/// 409 `ScopeLocked`.
pub(crate) fn refuse_locked(scene: &Scene<'_>, key: &str, id: &str) -> Result<(), Refusal> {
    const LOCKS: &str = "/providers/microsoft.authorization/locks/";
    let own_lock = key.contains(LOCKS);
    let above = key.match_indices('/').map(|(at, _)| &key[..at]).chain([key]).find(|scope| {
        let prefix = format!("{scope}{LOCKS}");
        scene.tables.below(&prefix).next().is_some()
    });
    // A lock also holds for what contains the locked object.
    let inside = format!("{key}/");
    let below =
        || scene.tables.below(&inside).find_map(|(key, _)| key.split_once(LOCKS).map(|(scope, _)| scope));
    let found = above.or_else(below);
    match found {
        Some(scope) if !own_lock => {
            let message = format!(
                "The scope '{id}' cannot perform delete operation because following scope(s) are locked: '{scope}'. \
                 Please remove the lock and try again."
            );
            Err(Refusal::new(409, "ScopeLocked", message))
        }
        _ => Ok(()),
    }
}

/// Checks that what the object is in, or is a part of, exists.
///
/// # Errors
/// 404 with the code for a group, a parent or a scope.
pub(crate) fn surroundings(scene: &Scene<'_>, id: &Id) -> Result<(), Refusal> {
    if let Some(name) = id.group() {
        let key: Vec<&str> = id.scope.split('/').take(5).collect();
        if !scene.tables.objects.contains_key(&key.join("/").to_lowercase()) {
            return Err(Refusal::group_missing(name));
        }
    }
    if id.scope.to_lowercase().contains("/providers/")
        && !scene.tables.objects.contains_key(&id.scope.to_lowercase())
    {
        let message = format!("The resource '{}' was not found.", id.scope);
        return Err(Refusal::new(404, "ResourceNotFound", message));
    }
    let Some(parent) = id.parent() else { return Ok(()) };
    if scene.tables.objects.contains_key(&parent.key()) || types::of(&parent.kind()).computed.is_some() {
        return Ok(());
    }
    let relative = id.types.join("/");
    let message = format!(
        "Failed to perform 'write' on resource(s) of type '{relative}', because the parent resource '{}' could not be found.",
        parent.text()
    );
    Err(Refusal::new(404, "ParentResourceNotFound", message))
}

/// Checks that an object stays where it is.
///
/// # Errors
/// 409 `InvalidResourceLocation`.
pub(crate) fn location(id: &Id, live: &Object, wanted: &str) -> Result<(), Refusal> {
    let here = merge::text(&live.body, "location");
    if wanted.is_empty() || here.is_empty() || groups::normal(here) == groups::normal(wanted) {
        return Ok(());
    }
    let message = format!(
        "The resource '{}' already exists in location '{here}' in resource group '{}'. A resource with the same name \
         cannot be created in location '{wanted}'. Please select a new resource name.",
        id.name(),
        id.group().unwrap_or("")
    );
    Err(Refusal::new(409, "InvalidResourceLocation", message))
}
