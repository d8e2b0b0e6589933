//! `kubernetes_manifest`: an object of any kind, as YAML would say it.
//!
//! Rule: there is nothing to do where the live object has all that the manifest says; what it has besides is others' business.
//!
//! Invariant: `object` in state is the live object without what the API server keeps for itself.
//! Never: an object is changed whose manifest is not wholly known.

use aksel_lang::code::Code;
use aksel_lang::json;
use aksel_lang::path::Path;
use aksel_lang::types::Type;
use aksel_lang::value::Value;
use aksel_provider::finding::Finding;
use aksel_provider::provider::{Change, PlanRequest, Planned, Progress};
use aksel_provider::stop::Stop;
use aksel_state::intent::Deed;
use jiff::SignedDuration;
use serde_json::Value as Json;

pub use crate::manifest_schema::schema;

use crate::api_error::ApiError;
use crate::client::{Cluster, Conflicts, FIELD_MANAGER, Run, collection_of, encoded};
use crate::form;
use crate::kind::{MINUTES, Scope};
use crate::manifest_wait::wait;
use crate::row::Form;
use crate::session::Failed;
use crate::settle::{named, written_limit};

/// The resource type.
pub const MANIFEST: &str = "kubernetes_manifest";

/// What the API server keeps for itself.
const OWN_METADATA: &[&str] = &["creationTimestamp", "generation", "managedFields", "resourceVersion", "uid"];

/// A JSON object as a value.
pub fn from_json(object: &Json) -> Value {
    // What was JSON a moment ago can be read again.
    json::read(&object.to_string()).unwrap_or_else(|_| Value::null(Type::Dynamic))
}

fn to_json(value: &Value) -> Json {
    serde_json::from_str(&json::write(&value.unmark_deep().0)).unwrap_or_default()
}

/// A manifest without the members that are null.
fn manifest_of(value: &Value) -> Option<Json> {
    let manifest = value.attribute("manifest").filter(|manifest| manifest.is_wholly_known())?;
    Some(without_nulls(to_json(manifest)))
}

fn without_nulls(json: Json) -> Json {
    match json {
        Json::Object(members) => {
            let kept = members.into_iter().filter(|(_, value)| !value.is_null());
            Json::Object(kept.map(|(name, value)| (name, without_nulls(value))).collect())
        }
        Json::Array(items) => Json::Array(items.into_iter().map(without_nulls).collect()),
        scalar => scalar,
    }
}

/// A live object without what the API server keeps for itself.
pub fn cleaned(mut object: Json) -> Json {
    if let Some(metadata) = object["metadata"].as_object_mut() {
        metadata.retain(|name, _| !OWN_METADATA.contains(&name.as_str()));
    }
    if let Some(members) = object.as_object_mut() {
        members.remove("status");
    }
    object
}

/// What is wrong with a manifest, before anything is sent.
pub fn check(config: &Value) -> Vec<Finding> {
    let Some(manifest) = manifest_of(config) else { return Vec::new() };
    let refuse = |summary: &str, why: &str| {
        Finding::error(Code::InvalidValue, summary, why).at(Path::attribute("manifest"))
    };
    let mut found = Vec::new();
    for name in ["apiVersion", "kind"] {
        if !manifest[name].is_string() {
            found.push(refuse(
                &format!("the manifest has no `{name}`"),
                "It says which kind of object it is.",
            ));
        }
    }
    if !manifest["metadata"]["name"].is_string() {
        found.push(refuse("the manifest has no `metadata.name`", "Objects are looked up by their names."));
    }
    if manifest.get("status").is_some() {
        found.push(refuse(
            "the manifest has a `status`",
            "The cluster says what an object's status is: leave it out.",
        ));
    }
    found
}

/// Where a manifest's object is; `None` if the cluster has no such kind.
async fn path_of(cluster: &Cluster, manifest: &Json, stop: &Stop) -> Result<Option<String>, ApiError> {
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let (version, kind) = (text(&manifest["apiVersion"]), text(&manifest["kind"]));
    let Some(found) = cluster.discover(&version, &kind, stop).await? else { return Ok(None) };
    let namespace = manifest["metadata"]["namespace"].as_str().unwrap_or("default");
    let within = (found.scope == Scope::Namespaced).then_some(namespace);
    let name = encoded(&text(&manifest["metadata"]["name"]));
    Ok(Some(format!("{}/{name}", collection_of(&version, &found.plural, within))))
}

fn no_such_kind(manifest: &Json) -> ApiError {
    let text = |name: &str| manifest[name].as_str().unwrap_or_default();
    ApiError::Settings(format!(
        "the cluster has no kind `{}` in `{}`: the resource that defines it must be applied first",
        text("kind"),
        text("apiVersion")
    ))
}

/// Reads the object of a state; `None` if it is gone.
///
/// # Errors
/// When the API server refuses or nobody answers.
pub async fn read(cluster: &Cluster, state: &Value, stop: &Stop) -> Result<Option<Value>, ApiError> {
    let Some(manifest) = manifest_of(state) else { return Ok(None) };
    let Some(path) = path_of(cluster, &manifest, stop).await? else { return Ok(None) };
    let live = cluster.get(&path, stop).await?;
    Ok(live.map(|live| with_object(state, from_json(&cleaned(live)))))
}

fn with_object(value: &Value, object: Value) -> Value {
    let mut items = value.as_named().cloned().unwrap_or_default();
    items.insert("object".into(), object);
    Value::object(items)
}

/// Plans a manifest.
///
/// # Errors
/// When the cluster would refuse it.
pub async fn plan(
    cluster: Option<&Cluster>,
    request: PlanRequest<'_>,
    stop: &Stop,
) -> Result<Planned, Vec<Finding>> {
    let planned = |object: Value, replace: Vec<Path>| Planned {
        value: with_object(&with_defaults(request.config), object),
        replace,
        private: request.private.clone(),
        findings: Vec::new(),
    };
    let later = || Value::unknown(Type::Dynamic);
    let Some(manifest) = manifest_of(request.config) else { return Ok(planned(later(), Vec::new())) };
    let before = Some(request.prior).filter(|prior| !prior.is_null());
    let replace = match before.and_then(manifest_of) {
        Some(old) if identity(&old) != identity(&manifest) => vec![Path::attribute("manifest")],
        Some(_) | None => Vec::new(),
    };
    if let (Some(before), true) = (before, replace.is_empty()) {
        let object = before.attribute("object").cloned().unwrap_or_else(later);
        let ignored = computed_fields(request.config);
        let same = manifest_of(before).as_ref() == Some(&manifest);
        if same && covers(&manifest, &to_json(&object), "", &ignored) {
            return Ok(planned(object, replace));
        }
    }
    if let (Some(cluster), true) = (cluster, replace.is_empty()) {
        rehearse(cluster, &manifest, request.config, stop).await?;
    }
    Ok(planned(later(), replace))
}

fn with_defaults(config: &Value) -> Value {
    let mut items = config.as_named().cloned().unwrap_or_default();
    let ignored = computed_fields(config).into_iter().map(Value::string);
    items.insert("computed_fields".into(), Value::list(Type::String, ignored));
    Value::object(items)
}

fn computed_fields(config: &Value) -> Vec<String> {
    let written = config.attribute("computed_fields").filter(|value| !value.is_null());
    match written {
        Some(list) => list.elements().filter_map(Value::as_str).map(str::to_owned).collect(),
        None => vec!["metadata.annotations".into(), "metadata.labels".into()],
    }
}

/// What makes an object another one.
fn identity(manifest: &Json) -> [Option<&str>; 4] {
    let metadata = &manifest["metadata"];
    let group =
        manifest["apiVersion"].as_str().map(|version| version.split_once('/').map_or("", |(group, _)| group));
    [group, manifest["kind"].as_str(), metadata["namespace"].as_str(), metadata["name"].as_str()]
}

async fn rehearse(
    cluster: &Cluster,
    manifest: &Json,
    config: &Value,
    stop: &Stop,
) -> Result<(), Vec<Finding>> {
    // A kind or a namespace that this plan makes is not there yet, and that is no error.
    let Ok(Some(path)) = path_of(cluster, manifest, stop).await else { return Ok(()) };
    let (manager, conflicts) = manager(config);
    match cluster.apply(&path, manifest, (&manager, conflicts, Run::Dry), stop).await {
        Err(error @ ApiError::Refused { status: 409 | 422, .. }) => Err(vec![error.finding()]),
        Ok(_) | Err(_) => Ok(()),
    }
}

fn manager(config: &Value) -> (String, Conflicts) {
    let block = config.attribute("field_manager").and_then(|blocks| blocks.elements().next().cloned());
    let name = block.as_ref().and_then(|block| block.attribute("name")?.as_str());
    let forces = block.as_ref().and_then(|block| block.attribute("force_conflicts")?.as_bool());
    let conflicts = if forces == Some(true) { Conflicts::Force } else { Conflicts::Refuse };
    (name.unwrap_or(FIELD_MANAGER).to_owned(), conflicts)
}

/// Whether a live object has all that a manifest says, but for the fields at these paths.
fn covers(wanted: &Json, live: &Json, path: &str, ignored: &[String]) -> bool {
    if ignored.iter().any(|field| field == path) {
        return true;
    }
    match (wanted, live) {
        (Json::Object(wanted), Json::Object(live)) => wanted.iter().all(|(name, value)| {
            let inner = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            // The API server turns it into `data` and forgets it.
            let given_away = inner == "stringData";
            let there = live.get(name).unwrap_or(&Json::Null);
            given_away || covers(value, there, &inner, ignored) || is_nothing(value) && is_nothing(there)
        }),
        (Json::Array(wanted), Json::Array(live)) => {
            wanted.len() <= live.len()
                && wanted.iter().enumerate().all(|(at, item)| {
                    let named = item.get("name").filter(|name| name.is_string());
                    let there = match named {
                        Some(name) => live.iter().find(|other| other["name"] == *name),
                        None => live.get(at),
                    };
                    there.is_some_and(|there| covers(item, there, path, ignored))
                })
        }
        (Json::String(wanted), Json::String(live)) => {
            let is_quantity =
                ["limits.", "requests.", "hard.", "capacity."].iter().any(|part| path.contains(part));
            wanted == live || is_quantity && form::same(Form::Quantity, wanted, live)
        }
        (Json::Number(wanted), Json::Number(live)) => wanted.as_f64() == live.as_f64(),
        (wanted, live) => wanted == live,
    }
}

fn is_nothing(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::Array(items) => items.is_empty(),
        Json::Object(members) => members.is_empty(),
        Json::Bool(_) | Json::Number(_) | Json::String(_) => false,
    }
}

/// Makes sure that there is no object of the manifest's kind and name yet. What is not known well enough to ask is not asked.
///
/// # Errors
/// When there is one, or the API server does not answer.
pub(crate) async fn vacant(cluster: &Cluster, creation: Change<'_>, stop: &Stop) -> Result<(), ApiError> {
    let Some(manifest) = manifest_of(creation.config) else { return Ok(()) };
    let Some(path) = path_of(cluster, &manifest, stop).await? else { return Ok(()) };
    match cluster.get(&path, stop).await? {
        Some(_) => Err(exists(&manifest)),
        None => Ok(()),
    }
}

/// Carries a change out.
///
/// # Errors
/// When the API server refuses, or what was asked for did not come about.
pub(crate) async fn apply(
    cluster: &Cluster,
    change: Change<'_>,
    progress: &dyn Progress,
    stop: &Stop,
) -> Result<Option<Value>, Failed> {
    if change.deed == Deed::Delete {
        return delete(cluster, change, progress, stop).await.map(|()| None);
    }
    let manifest = manifest_of(change.config)
        .ok_or_else(|| ApiError::Settings("the manifest is not wholly known".into()))?;
    let path = path_of(cluster, &manifest, stop).await?.ok_or_else(|| no_such_kind(&manifest))?;
    let (manager, conflicts) = manager(change.config);
    let made = cluster.apply(&path, &manifest, (&manager, conflicts, Run::Real), stop).await?;
    let value = |live: Json| with_object(&with_defaults(change.config), from_json(&cleaned(live)));
    let limit = cluster.world().now() + limit(change);
    match wait(cluster, &path, made, change.config, limit, progress, stop).await {
        Ok(live) => Ok(Some(value(live))),
        Err((live, error)) => Err(Failed { object: Some(value(live)), error }),
    }
}

async fn delete(
    cluster: &Cluster,
    change: Change<'_>,
    progress: &dyn Progress,
    stop: &Stop,
) -> Result<(), Failed> {
    let kept = |error| Failed { object: Some(change.prior.clone()), error };
    let Some(manifest) = manifest_of(change.prior) else { return Ok(()) };
    let Some(path) = path_of(cluster, &manifest, stop).await.map_err(kept)? else { return Ok(()) };
    let limit = cluster.world().now() + limit(change);
    cluster.remove_until(&path, None, limit, progress, stop).await.map_err(kept)
}

fn limit(change: Change<'_>) -> SignedDuration {
    let (name, of) = match change.deed {
        Deed::Create => ("create", change.config),
        Deed::Update => ("update", change.config),
        Deed::Delete => ("delete", change.prior),
    };
    written_limit(of, name).unwrap_or_else(|| SignedDuration::from_mins(i64::from(MINUTES)))
}

/// The id by which an object is imported.
fn id(manifest: &Json) -> String {
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let (version, kind) = (text(&manifest["apiVersion"]), text(&manifest["kind"]));
    let name = text(&manifest["metadata"]["name"]);
    match manifest["metadata"]["namespace"].as_str() {
        Some(namespace) => format!("apiVersion={version},kind={kind},namespace={namespace},name={name}"),
        None => format!("apiVersion={version},kind={kind},name={name}"),
    }
}

fn exists(manifest: &Json) -> ApiError {
    ApiError::Exists { kind: named(manifest), type_name: MANIFEST.into(), id: id(manifest) }
}

/// The id of what is planned.
pub fn identity_of(planned: &Value) -> Option<String> {
    manifest_of(planned).map(|manifest| id(&manifest))
}

/// Finds an object by `apiVersion=…,kind=…,namespace=…,name=…`.
///
/// # Errors
/// When the id has another form, the API server refuses or nobody answers.
pub async fn import(cluster: &Cluster, id: &str, stop: &Stop) -> Result<Option<Value>, ApiError> {
    let part = |wanted: &str| {
        let mut parts = id.split(',').filter_map(|part| part.split_once('='));
        parts.find(|(name, _)| *name == wanted).map(|(_, value)| value)
    };
    let (Some(version), Some(kind), Some(name)) = (part("apiVersion"), part("kind"), part("name")) else {
        return Err(ApiError::Settings(format!(
            "`{id}` is no id of a manifest: it must look like `apiVersion=v1,kind=Secret,namespace=default,name=example`"
        )));
    };
    let mut manifest = serde_json::json!({"apiVersion": version, "kind": kind, "metadata": {"name": name}});
    if let Some(namespace) = part("namespace") {
        manifest["metadata"]["namespace"] = namespace.into();
    }
    let path = path_of(cluster, &manifest, stop).await?.ok_or_else(|| no_such_kind(&manifest))?;
    let live = cluster.get(&path, stop).await?;
    Ok(live.map(|live| {
        let object = from_json(&cleaned(live));
        crate::manifest_schema::empty([("manifest", object.clone()), ("object", object)])
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_live_object_may_have_more_than_its_manifest() {
        let wanted = json!({
            "metadata": {"labels": {"a": "1"}},
            "spec": {"containers": [{"name": "server", "resources": {"limits": {"memory": "1024Mi"}}}]},
            "stringData": {"key": "secret"},
        });
        let live = json!({
            "metadata": {"labels": {"a": "other", "b": "2"}},
            "spec": {"replicas": 1, "containers": [{"name": "sidecar"}, {"name": "server", "resources": {"limits": {"memory": "1Gi"}}}]},
        });
        let ignored = vec!["metadata.labels".to_owned()];
        assert!(covers(&wanted, &live, "", &ignored));
        assert!(!covers(&wanted, &live, "", &[]), "a label differs");
        let more = json!({"spec": {"replicas": 2}});
        assert!(!covers(&more, &live, "", &ignored));
    }

    #[test]
    fn what_makes_it_another_object_replaces_it() {
        let of = |version: &str, name: &str| json!({"apiVersion": version, "kind": "Widget", "metadata": {"name": name}});
        let a = of("example.com/v1", "a");
        assert_eq!(identity(&a), identity(&of("example.com/v2", "a")), "another version is the same object");
        assert_ne!(identity(&a), identity(&of("example.com/v1", "b")));
    }
}
