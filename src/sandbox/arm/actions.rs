//! POST on an object: keys, credentials, names that are still free.

use serde_json::json;

use super::id::Id;
use super::reply::{Refusal, Reply};
use super::request::{Request, Scene};
use super::{Decision, types, write};

/// Answers an action; `id` ends with its name.
pub(crate) fn answer(scene: &Scene<'_>, request: &Request, id: &Id) -> Decision {
    let mut of = id.clone();
    let Some(action) = of.types.pop() else { return Err(unknown(id)) };
    if of.types.is_empty() {
        return available(scene, request, id, &action);
    }
    let kind = types::of(&of.kind());
    let Some((_, act)) = kind.actions.iter().find(|(name, _)| name.eq_ignore_ascii_case(&action)) else {
        return Err(unknown(id));
    };
    let object = scene.tables.objects.get(&of.key()).ok_or_else(|| write::absent(scene, &of))?;
    Ok((Reply::body(200, act(scene, object, &request.body)?), Vec::new()))
}

fn unknown(id: &Id) -> Refusal {
    let message = format!("The resource type '{}' does not support this action.", id.kind());
    Refusal::new(404, "InvalidResourceType", message)
}

/// `checkNameAvailability` of a namespace: a name is free unless an object of its type has it.
fn available(scene: &Scene<'_>, request: &Request, id: &Id, action: &str) -> Decision {
    if !action.eq_ignore_ascii_case("checkNameAvailability") {
        return Err(unknown(id));
    }
    let name = super::merge::text(&request.body, "name").to_lowercase();
    let kind = super::merge::text(&request.body, "type");
    let taken = scene.tables.objects.values().any(|object| {
        object.kind.eq_ignore_ascii_case(kind) && object.id.to_lowercase().ends_with(&format!("/{name}"))
    });
    let body = if taken {
        json!({"nameAvailable": false, "reason": "AlreadyExists", "message": format!("The name {name} is already in use.")})
    } else {
        json!({"nameAvailable": true})
    };
    Ok((Reply::body(200, body), Vec::new()))
}
