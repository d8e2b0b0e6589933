//! Collections: all objects of a type in a scope, all objects of a scope, and actions, which have the same form.

use serde_json::{Value, json};

use super::id::Id;
use super::reply::{Refusal, Reply};
use super::request::{Request, Scene};
use super::{Decision, actions, groups, roles, types, write};
use crate::world::Object;

/// Answers what is asked of a path that ends with a type.
pub(crate) fn answer(scene: &Scene<'_>, request: &Request, id: &Id) -> Decision {
    // Some singletons have no name, such as `…/components/{name}/currentbillingfeatures`.
    if scene.tables.objects.contains_key(&id.key())
        || matches!(request.method.as_str(), "PUT" | "PATCH" | "DELETE")
    {
        return write::answer(scene, request, id);
    }
    match request.method.as_str() {
        "POST" => actions::answer(scene, request, id),
        "GET" => list(scene, request, id),
        _ => Err(Refusal::method(&request.method)),
    }
}

fn list(scene: &Scene<'_>, request: &Request, id: &Id) -> Decision {
    let kind = id.kind();
    if let Some(computed) = types::of(&kind).computed {
        return Ok((Reply::body(200, computed(scene, id)?), Vec::new()));
    }
    if kind.eq_ignore_ascii_case(roles::DEFINITIONS) {
        return Ok((roles::definitions(scene, request, id), Vec::new()));
    }
    if let Some(name) = id.group() {
        let key: Vec<&str> = id.scope.split('/').take(5).collect();
        if !scene.tables.objects.contains_key(&key.join("/").to_lowercase()) {
            return Err(Refusal::group_missing(name));
        }
    }
    if let Some(parent) = id.parent()
        && types::of(&parent.kind()).computed.is_none()
        && !parent.types.first().is_some_and(|kind| kind.eq_ignore_ascii_case("locations"))
        && !scene.tables.objects.contains_key(&parent.key())
    {
        return Err(write::missing(&parent));
    }
    let value: Vec<Value> = members(scene, request, id).map(|object| write::shown(scene, object)).collect();
    Ok((Reply::body(200, json!({"value": value})), Vec::new()))
}

fn members<'a>(scene: &Scene<'a>, request: &Request, id: &Id) -> impl Iterator<Item = &'a Object> + use<'a> {
    let kind = id.kind();
    let nested = id.parent().map(|parent| parent.key());
    let scope = nested.unwrap_or_else(|| id.scope.to_lowercase());
    let principal = filtered(request, "principalId");
    let at_scope = request.query.get("$filter").is_some_and(|filter| filter.contains("atScope()"));
    let assignments = kind.eq_ignore_ascii_case(roles::ASSIGNMENTS);
    let tables = scene.tables;
    let inside = scene.tables.objects.range(format!("{scope}/")..);
    let inside = inside.take_while({
        let prefix = format!("{scope}/");
        move |(key, _)| key.starts_with(&prefix)
    });
    // Role assignments are inherited: those of the scopes above hold here too.
    let holders: Vec<String> = match assignments {
        true => {
            scope.match_indices('/').map(|(at, _)| scope[..at].to_owned()).chain([scope.clone()]).collect()
        }
        false => Vec::new(),
    };
    let own = format!("{scope}/providers/microsoft.authorization/");
    let above = holders.into_iter().flat_map(move |holder| {
        let prefix = format!("{holder}/providers/microsoft.authorization/roleassignments/");
        tables.below(&prefix).collect::<Vec<_>>()
    });
    let inside = inside.filter(move |(key, _)| !(at_scope || assignments && key.starts_with(&own)));
    above.chain(inside).map(|(_, object)| object).filter(move |object| {
        object.kind.eq_ignore_ascii_case(&kind)
            && principal.as_ref().is_none_or(|wanted| {
                super::merge::text(&object.body, "properties/principalId").eq_ignore_ascii_case(wanted)
            })
    })
}

/// The value that `$filter` asks of a field: `principalId eq '…'`.
pub(crate) fn filtered(request: &Request, field: &str) -> Option<String> {
    let filter = request.query.get("$filter")?;
    let start = filter.to_lowercase().find(&format!("{} eq '", field.to_lowercase()))?;
    let rest = &filter[start..];
    let (_, rest) = rest.split_once('\'')?;
    rest.split_once('\'').map(|(value, _)| value.to_owned())
}

/// All objects in a subscription or a resource group, as `…/resources` lists them: those on top, with little of each.
pub(crate) fn resources(scene: &Scene<'_>, request: &Request, scope: &str) -> Decision {
    if let Some(name) = super::id::group_of(scope)
        && !scene.tables.objects.contains_key(&scope.to_lowercase())
    {
        return Err(Refusal::group_missing(name));
    }
    let wanted = filtered(request, "resourceType");
    let named = filtered(request, "name");
    let prefix = format!("{}/", scope.to_lowercase());
    let value: Vec<Value> = scene
        .tables
        .below(&prefix)
        .map(|(_, object)| object)
        .filter(|object| is_tracked(object))
        .filter(|object| wanted.as_ref().is_none_or(|kind| object.kind.eq_ignore_ascii_case(kind)))
        .filter(|object| {
            named.as_ref().is_none_or(|name| {
                object.id.rsplit('/').next().is_some_and(|own| own.eq_ignore_ascii_case(name))
            })
        })
        .map(|object| brief(scene, object))
        .collect();
    Ok((Reply::body(200, json!({"value": value})), Vec::new()))
}

/// Tracked resources have a location; parts and extensions of others mostly have none.
fn is_tracked(object: &Object) -> bool {
    object.kind != groups::KIND && object.body.contains_key("location")
}

fn brief(scene: &Scene<'_>, object: &Object) -> Value {
    let full = write::shown(scene, object);
    let mut brief = json!({});
    for name in ["id", "name", "type", "location", "tags", "kind", "sku", "identity", "zones"] {
        if let Some(value) = full.get(name).filter(|value| !value.is_null()) {
            brief[name] = value.clone();
        }
    }
    brief["createdTime"] = Value::from(object.made.rfc3339());
    brief["changedTime"] = Value::from(object.changed.rfc3339());
    if let Some(state) = full.pointer("/properties/provisioningState") {
        brief["provisioningState"] = state.clone();
    }
    brief
}
