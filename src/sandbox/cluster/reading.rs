//! Requests that read: one object, or a list of them, in pages and at versions.
//!
//! Source: <https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks>
//! Invariant: all pages of a list show one state.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use crate::cluster::forms::{AnswerShape, Form, partial};
use crate::cluster::kinds::Served;
use crate::cluster::requests::Asked;
use crate::cluster::selection::Selection;
use crate::cluster::server::{Call, Spot, warned};
use crate::cluster::status::Refused;
use crate::cluster::store::{Key, resource_key};
use crate::cluster::tables::table;
use crate::cluster::world::World;
use crate::cluster::{cluster_now, versions};

/// One object in the form that a client asks for.
pub(crate) fn one(form: &Form, served: &Served, object: &Value) -> Value {
    if object["kind"] == "Status" {
        return object.clone();
    }
    match &form.shape {
        AnswerShape::Whole => object.clone(),
        AnswerShape::Partial(version) => partial(object, version),
        AnswerShape::Table(version) => {
            let at = object["metadata"]["resourceVersion"].as_str().unwrap_or_default();
            let metadata = if at.is_empty() { json!({}) } else { json!({ "resourceVersion": at }) };
            table(served, &[object], &metadata, version, cluster_now())
        }
    }
}

/// A list in the form that a client asks for.
pub(crate) fn list_of(form: &Form, served: &Served, objects: &[&Value], metadata: &Value) -> Value {
    match &form.shape {
        AnswerShape::Whole => {
            let bare = |object: &&Value| {
                let mut object = (*object).clone();
                if served.custom.is_none() {
                    object.as_object_mut().map(|members| members.shift_remove("kind"));
                    object.as_object_mut().map(|members| members.shift_remove("apiVersion"));
                }
                object
            };
            let items: Vec<Value> = objects.iter().map(bare).collect();
            json!({ "kind": served.list_kind, "apiVersion": served.api_version(), "metadata": metadata, "items": items })
        }
        AnswerShape::Partial(version) => {
            let items: Vec<Value> = objects.iter().map(|object| partial(object, version)).collect();
            let items = if items.is_empty() { Value::Null } else { items.into() };
            let api = format!("meta.k8s.io/{version}");
            json!({ "kind": "PartialObjectMetadataList", "apiVersion": api, "metadata": metadata, "items": items })
        }
        AnswerShape::Table(version) => table(served, objects, metadata, version, cluster_now()),
    }
}

pub(crate) fn selection(spot: &Spot, asked: &Asked<'_>) -> Result<Selection, Refused> {
    let namespace = spot.namespace.as_deref();
    Selection::new(&spot.served, namespace, asked.option("labelSelector"), asked.option("fieldSelector"))
}

/// A version that a client names; none if it does not.
fn version(asked: &Asked<'_>) -> Result<Option<u64>, String> {
    let text = asked.option("resourceVersion");
    if text.is_empty() {
        return Ok(None);
    }
    let words = || {
        format!(
            "resourceVersion: Invalid value: {text:?}: strconv.ParseUint: parsing {text:?}: invalid syntax"
        )
    };
    text.parse().map(Some).map_err(|_| words())
}

/// A version that is not there yet.
fn check_future(world: &World, wanted: Option<u64>) -> Result<(), Refused> {
    let now = world.store.version();
    let Some(wanted) = wanted.filter(|wanted| *wanted > now) else { return Ok(()) };
    let words = format!("Timeout: Too large resource version: {wanted}, current: {now}");
    let causes = json!([{ "reason": "ResourceVersionTooLarge", "message": "Too large resource version" }]);
    let details = json!({ "causes": causes, "retryAfterSeconds": 1 });
    Err(Refused { details, ..Refused::new(504, "Timeout", words) })
}

pub(crate) fn get(call: Call<'_>, name: &str) -> Result<Response, Refused> {
    let Call { cluster, spot, asked } = call;
    let form = Form::of(asked.headers)?;
    let wanted = version(asked).map_err(|words| Refused::new(500, "", words))?;
    let world = cluster.world();
    check_future(&world, wanted)?;
    let object = world.get(&spot.served, spot.space(), name)?;
    let warnings = deprecation(&spot.served);
    Ok(warned(form.answer(StatusCode::OK, &one(&form, &spot.served, &object)), &warnings))
}

/// What is said whenever a kind is used.
pub(crate) fn deprecation(served: &Served) -> Vec<String> {
    if served.is("", "endpoints") {
        return vec!["v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice".into()];
    }
    if served.is("", "componentstatuses") {
        return vec!["v1 ComponentStatus is deprecated in v1.19+".into()];
    }
    served.custom.as_ref().and_then(|custom| custom.warning.clone()).into_iter().collect()
}

/// Where a list goes on: the version that its pages show, and the last name of the page before.
struct Continue {
    version: i64,
    start: String,
}

fn encode(version: i64, start: &str) -> String {
    let token = json!({ "v": "meta.k8s.io/v1", "rv": version, "start": start });
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(token.to_string())
}

fn decode(token: &str) -> Result<Continue, Refused> {
    let invalid =
        |words: String| Refused::bad(format!("invalid continue token: continue key is not valid: {words}"));
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(token)
        .map_err(|_| invalid("illegal base64 data".into()))?;
    let read: Result<Value, _> = serde_json::from_slice(&bytes);
    let read = read.map_err(|_| invalid(crate::cluster::requests::go_syntax_error(&bytes)))?;
    let start = read["start"].as_str().unwrap_or_default().to_owned();
    Ok(Continue { version: read["rv"].as_i64().unwrap_or(0), start })
}

/// What of a list is wanted.
struct Wanted {
    limit: usize,
    from: Option<Continue>,
    exact: Option<u64>,
}

fn wanted(asked: &Asked<'_>, world: &World) -> Result<Wanted, Refused> {
    let limit = asked.option("limit");
    let limit: i64 = match limit {
        "" => 0,
        text => text
            .parse()
            .map_err(|_| Refused::bad(format!("strconv.ParseInt: parsing {text:?}: invalid syntax")))?,
    };
    let limit = usize::try_from(limit).unwrap_or(0);
    let token = asked.option("continue");
    check_match(asked)?;
    let at = version(asked).map_err(|words| Refused::bad(format!("invalid resource version: {words}")))?;
    if !token.is_empty() {
        if at.is_some_and(|at| at > 0) {
            return Err(Refused::bad("specifying resource version is not allowed when using continue"));
        }
        return Ok(Wanted { limit, from: Some(decode(token)?), exact: None });
    }
    check_future(world, at)?;
    let old = asked.option("resourceVersionMatch") == "Exact"
        || limit > 0 && at.is_some_and(|at| at > 0) && asked.option("resourceVersionMatch").is_empty();
    Ok(Wanted { limit, from: None, exact: at.filter(|_| old) })
}

/// How a version is meant goes only with a version.
fn check_match(asked: &Asked<'_>) -> Result<(), Refused> {
    use crate::cluster::status::Cause;
    let how = asked.option("resourceVersionMatch");
    if how.is_empty() {
        return Ok(());
    }
    let field = "resourceVersionMatch";
    let mut causes = Vec::new();
    if asked.option("resourceVersion").is_empty() {
        causes.push(Cause::forbidden(
            field,
            "resourceVersionMatch is forbidden unless resourceVersion is provided",
        ));
    }
    if !asked.option("continue").is_empty() {
        causes.push(Cause::forbidden(field, "resourceVersionMatch is forbidden when continue is provided"));
    }
    if how != "Exact" && how != "NotOlderThan" {
        let all = ["", "Exact", "NotOlderThan"];
        causes.push(Cause::unsupported(field, &format!("{how:?}"), &all[1..]));
    }
    if how == "Exact" && asked.option("resourceVersion") == "0" {
        let words = "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"";
        causes.push(Cause::forbidden(field, words));
    }
    if causes.is_empty() { Ok(()) } else { Err(Refused::invalid_options("ListOptions", &causes)) }
}

pub(crate) fn list(call: Call<'_>) -> Result<Response, Refused> {
    let Call { cluster, spot, asked } = call;
    let form = Form::of(asked.headers)?;
    let world = cluster.world();
    let selection = selection(spot, asked)?;
    let wanted = wanted(asked, &world)?;
    let served = &spot.served;
    let at = match (&wanted.from, wanted.exact) {
        (Some(from), _) if from.version >= 0 => u64::try_from(from.version).ok(),
        (Some(_), _) => None,
        (None, exact) => exact,
    };
    let key = resource_key(served.store_group(), &served.plural);
    let found = world.store.at(&key, spot.namespace.as_deref(), at).ok_or_else(|| too_old(&wanted))?;
    let start = wanted.from.as_ref().map(|from| from.start.clone()).unwrap_or_default();
    let name = |key: &Key| format!("{}/{}", key.1, key.2);
    let all: Vec<(String, Arc<Value>)> = found
        .into_iter()
        .map(|(key, object)| (name(&key), object))
        .filter(|(name, _)| start.is_empty() || *name > start)
        .filter(|(_, object)| selection.takes(object))
        .collect();
    let version = at.unwrap_or_else(|| world.store.version());
    let limit = if wanted.limit == 0 { all.len() } else { wanted.limit };
    let mut metadata = json!({ "resourceVersion": version.to_string() });
    if all.len() > limit {
        let last = all.get(limit - 1).map(|(name, _)| name.clone()).unwrap_or_default();
        metadata["continue"] = encode(i64::try_from(version).unwrap_or(0), &last).into();
        if selection.is_open() {
            metadata["remainingItemCount"] = (all.len() - limit).into();
        }
    }
    if served.custom.is_some() && form.shape == AnswerShape::Whole && metadata.get("continue").is_none() {
        // Lists of custom resources are written member by member, the empty ones too.
        metadata["continue"] = "".into();
    }
    let page: Vec<Arc<Value>> =
        all.into_iter().take(limit).map(|(_, object)| versions::shown(served, &object)).collect();
    let page: Vec<&Value> = page.iter().map(|object| &**object).collect();
    let body = list_of(&form, served, &page, &metadata);
    Ok(warned(form.answer(StatusCode::OK, &body), &deprecation(served)))
}

fn too_old(wanted: &Wanted) -> Refused {
    let Some(from) = &wanted.from else {
        return Refused::new(410, "Expired", "The resourceVersion for the provided list is too old.");
    };
    let words = "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.";
    let mut refused = Refused::new(410, "Expired", words);
    refused.next = Some(encode(-1, &from.start));
    refused
}

/// The logs of a pod that is on a node.
pub(crate) const NO_LOGS: &str =
    "The sandbox runs no containers, so there is nothing that they could have written.\n";

pub(crate) fn text(text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"))], text).into_response()
}
