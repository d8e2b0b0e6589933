//! Steps: a change as the requests that make it, before any is sent.
//!
//! Invariant: pure; what is sent is tested here as values.

use aksel_lang::value::Value;
use aksel_state::intent::Deed;
use serde_json::Value as Json;

use crate::arm_client::Method;
use crate::resource_type::{CallMethod, ResourceType, Target, Writing};
use crate::write::document;

/// One request of a change.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What it does.
    pub method: Method,
    /// The id that it is about.
    pub id: String,
    /// The version of the API.
    pub api: String,
    /// What is sent; null for none.
    pub body: Json,
    /// What the body is laid over.
    pub over: Over,
}

/// What a body is laid over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// Nothing: it is sent as it is.
    Nothing,
    /// The object as it is.
    Live,
}

/// What the steps of a change are made of.
#[derive(Clone, Copy, Debug)]
pub struct StepInput<'a> {
    /// What is done.
    pub deed: Deed,
    /// The object's id.
    pub id: &'a str,
    /// The version of the API.
    pub api: &'a str,
    /// The object as it is, null for a creation.
    pub prior: &'a Value,
    /// What it is to become, null for a deletion.
    pub planned: &'a Value,
}

impl Step {
    /// A PUT of a body as it is.
    pub fn put(id: impl Into<String>, api: &str, body: Json) -> Step {
        Step { method: Method::Put, id: id.into(), api: api.to_owned(), body, over: Over::Nothing }
    }

    /// A PUT of a body laid over the object as it is.
    pub fn merge(id: impl Into<String>, api: &str, body: Json) -> Step {
        Step { over: Over::Live, ..Step::put(id, api, body) }
    }

    /// A PATCH of a body as it is.
    pub fn patch(id: impl Into<String>, api: &str, body: Json) -> Step {
        Step { method: Method::Patch, ..Step::put(id, api, body) }
    }

    /// A deletion.
    pub fn delete(id: impl Into<String>, api: &str) -> Step {
        Step { method: Method::Delete, ..Step::put(id, api, Json::Null) }
    }
}

/// The steps of a change, in order.
pub fn steps(resource: &ResourceType, input: &StepInput<'_>, subscription: &str) -> Vec<Step> {
    let table = match input.deed {
        Deed::Delete => vec![Step::delete(input.id, input.api)],
        Deed::Create => written(resource, input, None, subscription),
        Deed::Update => written(resource, input, Some(input.prior), subscription),
    };
    match resource.hooks.steps {
        Some(hook) => hook(input, table),
        None => table,
    }
}

fn written(
    resource: &ResourceType,
    input: &StepInput<'_>,
    state: Option<&Value>,
    subscription: &str,
) -> Vec<Step> {
    let mut document = document(resource.attributes, input.planned, state);
    if let Some(hook) = resource.hooks.before_write {
        hook(&mut document, &Writing { prior: input.prior, planned: input.planned, subscription });
    }
    let mut body = document["body"].take();
    // A hook that looked for properties where there are none leaves a null, which would wipe them.
    if let Some(members) =
        body.as_object_mut().filter(|members| members.get("properties").is_some_and(Json::is_null))
    {
        members.remove("properties");
    }
    let mut steps = Vec::new();
    match state {
        None => steps.push(Step::put(input.id, input.api, body)),
        Some(_) if body.as_object().is_some_and(|members| !members.is_empty()) => {
            steps.push(Step::merge(input.id, input.api, body));
        }
        Some(_) => {}
    }
    for call in resource.calls.iter().filter(|call| call.method == CallMethod::GetAndPut) {
        let (Target::Below(suffix), Some(part)) = (call.target, document.get_mut(call.key)) else { continue };
        let part = part.take();
        let id = format!("{}/{suffix}", input.id);
        let api = call.api.unwrap_or(input.api);
        if part["delete"] == true {
            steps.push(Step::delete(id, api));
        } else if part.as_object().is_some_and(|members| !members.is_empty()) {
            steps.push(Step::merge(id, api, part));
        }
    }
    steps
}

/// A body as it is sent: laid over the object as it is, without what ARM alone says.
pub fn laid_over(live: Option<Json>, body: Json) -> Json {
    let mut whole = live.unwrap_or_else(|| serde_json::json!({}));
    if let Json::Object(members) = &mut whole {
        for own in ["id", "name", "type", "etag", "systemData"] {
            members.remove(own);
        }
        if let Some(Json::Object(properties)) = members.get_mut("properties") {
            for own in
                ["provisioningState", "currentOrchestratorVersion", "nodeImageVersion", "powerState", "eTag"]
            {
                properties.remove(own);
            }
        }
    }
    crate::document::overlay(&mut whole, body);
    crate::document::without_nulls(&mut whole);
    whole
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_change_keeps_what_the_service_added_and_takes_away_what_is_null() {
        let live = json!({"id": "/x", "tags": {"a": "1", "b": "2"}, "properties": {"provisioningState": "Succeeded", "own": true}});
        let body = laid_over(Some(live), json!({"tags": {"a": null, "b": "3"}}));
        assert_eq!(body, json!({"tags": {"b": "3"}, "properties": {"own": true}}));
    }
}
