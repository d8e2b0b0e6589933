//! The API server over HTTP: paths, methods, content types, watches.
//!
//! Source: <https://kubernetes.io/docs/reference/using-api/api-concepts/>

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Method, StatusCode, Uri, header};
use serde_json::{Value, json};

use crate::cluster::controllers::{Part, Propagation};
use crate::cluster::kinds::{Discovery, Scope, Served};
use crate::cluster::ownership::Force;
use crate::cluster::patches::{json_patch, merge_patch, strategic};
use crate::cluster::selection::Selection;
use crate::cluster::status::Refused;
use crate::cluster::store::{Change, Happening, resource_key};
use crate::cluster::tables::table;
use crate::cluster::world::{Deletion, Request, Trial, World};
use crate::cluster::{Cluster, cluster_now};
use crate::tls::Identity;

/// A path of a resource, taken apart.
struct Place {
    served: Served,
    namespace: Option<String>,
    name: Option<String>,
    part: Option<String>,
}

/// What a request brings along.
struct Asked<'a> {
    query: &'a HashMap<String, String>,
    headers: &'a HeaderMap,
    body: &'a Bytes,
}

/// Answers any request.
pub(crate) async fn answer(
    State(cluster): State<Cluster>,
    identity: Option<Extension<Identity>>,
    method: Method,
    uri: Uri,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path = uri.path().trim_end_matches('/');
    if matches!(path, "/healthz" | "/livez" | "/readyz") {
        return "ok".into_response();
    }
    let Some(Extension(user)) = identity else {
        return Refused::new(401, "Unauthorized", "Unauthorized").into_response();
    };
    if !user.groups.iter().any(|group| group == "system:masters") && !path.starts_with("/version") {
        let message = format!(
            "forbidden: User \"{}\" cannot {} path \"{path}\"",
            user.user,
            method.as_str().to_lowercase()
        );
        return Refused::new(403, "Forbidden", message).into_response();
    }
    if let Some(found) = described(&cluster, path) {
        return axum::Json(found).into_response();
    }
    let asked = Asked { query: &query, headers: &headers, body: &body };
    match serve(&cluster, &method, path, asked).await {
        Ok(response) => response,
        Err(refused) => refused.into_response(),
    }
}

/// Discovery and versions.
fn described(cluster: &Cluster, path: &str) -> Option<Value> {
    let world = cluster.world();
    let discovery = Discovery(world.kinds());
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match parts.as_slice() {
        ["version"] => Some(version(&cluster.settings().version)),
        ["api"] => {
            Some(json!({ "kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": [] }))
        }
        ["apis"] => Some(discovery.groups()),
        ["apis", group] => discovery.group(group),
        ["api", version] => discovery.resources("", version),
        ["apis", group, version] => discovery.resources(group, version),
        ["openapi", "v3"] => Some(discovery.open_api()),
        ["openapi", "v3", "api", version] => discovery.open_api_of("", version),
        ["openapi", "v3", "apis", group, version] => discovery.open_api_of(group, version),
        _ => None,
    }
}

fn version(version: &str) -> Value {
    let minor = version.split('.').nth(1).unwrap_or("34");
    json!({
        "major": "1", "minor": minor, "gitVersion": format!("v{version}"), "gitCommit": "", "gitTreeState": "clean",
        "buildDate": "2026-01-02T03:04:05Z", "goVersion": "", "compiler": "", "platform": "linux/amd64",
    })
}

fn place(world: &World, path: &str) -> Option<Place> {
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let (group, version, rest) = match parts.as_slice() {
        ["api", version, rest @ ..] => ("", *version, rest),
        ["apis", group, version, rest @ ..] => (*group, *version, rest),
        _ => return None,
    };
    let owned = |text: &&str| Some((*text).to_owned());
    let (namespace, plural, name, part) = match rest {
        ["namespaces", name, part @ ("status" | "finalize")] => {
            (None, "namespaces", owned(name), owned(part))
        }
        ["namespaces", namespace, plural] => (owned(namespace), *plural, None, None),
        ["namespaces", namespace, plural, name] => (owned(namespace), *plural, owned(name), None),
        ["namespaces", namespace, plural, name, part] => {
            (owned(namespace), *plural, owned(name), owned(part))
        }
        [plural] => (None, *plural, None, None),
        [plural, name] => (None, *plural, owned(name), None),
        [plural, name, part] => (None, *plural, owned(name), owned(part)),
        _ => return None,
    };
    let served = world.served(group, version, plural)?;
    Some(Place { served, namespace, name, part })
}

async fn serve(
    cluster: &Cluster,
    method: &Method,
    path: &str,
    asked: Asked<'_>,
) -> Result<Response, Refused> {
    let place = place(&cluster.world(), path).ok_or_else(Refused::no_path)?;
    let watches = asked.query.get("watch").is_some_and(|watch| matches!(watch.as_str(), "true" | "1"));
    match (method.as_str(), &place.name) {
        ("GET", None) if watches => Ok(watch(cluster.clone(), &place, asked.query)),
        ("GET", None) => Ok(list(cluster, &place, &asked)),
        ("GET", Some(name)) => get(cluster, &place, name, &asked),
        ("POST", None) => written(cluster, &asked, |world| create(world, &place, &asked)),
        ("POST", Some(name)) => written(cluster, &asked, |world| post_part(world, &place, name, &asked)),
        ("PUT", Some(name)) => written(cluster, &asked, |world| put(world, &place, name, &asked)),
        ("PATCH", Some(name)) => written(cluster, &asked, |world| patch(world, &place, name, &asked)),
        ("DELETE", Some(name)) => written(cluster, &asked, |world| delete(world, &place, name, &asked)),
        ("DELETE", None) => written(cluster, &asked, |world| delete_all(world, &place, &asked)),
        _ => Err(Refused::new(
            405,
            "MethodNotAllowed",
            "the server does not allow this method on the requested resource",
        )),
    }
}

/// Carries a write out, makes it durable, and wakes whoever waits for changes.
fn written(
    cluster: &Cluster,
    asked: &Asked<'_>,
    write: impl FnOnce(&mut World) -> Result<(StatusCode, Value), Refused>,
) -> Result<Response, Refused> {
    let (status, object) = {
        let mut world = cluster.world();
        world.now = cluster_now();
        let answered = write(&mut world)?;
        world.store.sync().map_err(|error| Refused::new(500, "InternalError", error))?;
        answered
    };
    cluster.changed();
    let _as_table = wants_table(asked.headers);
    Ok((status, axum::Json(object)).into_response())
}

fn request<'r>(asked: &'r Asked<'_>, part: Part) -> Request<'r> {
    let named = asked.query.get("fieldManager").map(String::as_str).filter(|name| !name.is_empty());
    let agent = asked.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    let agent = agent.and_then(|agent| agent.split('/').next()).filter(|agent| !agent.is_empty());
    let trial = if asked.query.contains_key("dryRun") { Trial::Dry } else { Trial::Real };
    Request { manager: named.or(agent).unwrap_or("unknown"), trial, part }
}

fn part_of(place: &Place) -> Result<Part, Refused> {
    match place.part.as_deref() {
        None => Ok(Part::Main),
        Some("status") => Ok(Part::Status),
        Some("finalize") => Ok(Part::Finalize),
        Some(_) => Err(Refused::no_path()),
    }
}

/// JSON or YAML, by the content type.
fn body_of(asked: &Asked<'_>) -> Result<Value, Refused> {
    let kind =
        asked.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let unreadable = |error: String| Refused::bad(format!("the object provided is unrecognized: {error}"));
    if kind.contains("yaml") && !asked.body.starts_with(b"{") {
        let text = std::str::from_utf8(asked.body).map_err(|error| unreadable(error.to_string()))?;
        return serde_saphyr::from_str(text).map_err(|error| unreadable(error.to_string()));
    }
    if kind.contains("protobuf") {
        return Err(Refused::new(
            415,
            "UnsupportedMediaType",
            "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml",
        ));
    }
    serde_json::from_slice(asked.body).map_err(|error| unreadable(error.to_string()))
}

fn namespace_of(place: &Place) -> Result<String, Refused> {
    match (&place.namespace, place.served.scope) {
        (Some(namespace), Scope::Namespaced) => Ok(namespace.clone()),
        (_, Scope::Cluster) => Ok(String::new()),
        (None, Scope::Namespaced) => Err(Refused::no_path()),
    }
}

fn create(world: &mut World, place: &Place, asked: &Asked<'_>) -> Result<(StatusCode, Value), Refused> {
    let made =
        world.create(&place.served, &namespace_of(place)?, body_of(asked)?, request(asked, Part::Main))?;
    Ok((StatusCode::CREATED, (*made).clone()))
}

fn put(
    world: &mut World,
    place: &Place,
    name: &str,
    asked: &Asked<'_>,
) -> Result<(StatusCode, Value), Refused> {
    if place.part.as_deref() == Some("scale") {
        return scale(world, place, name, body_of(asked)?, asked);
    }
    let part = part_of(place)?;
    let new =
        world.replace(&place.served, &namespace_of(place)?, name, body_of(asked)?, request(asked, part))?;
    Ok((StatusCode::OK, (*new).clone()))
}

fn patch(
    world: &mut World,
    place: &Place,
    name: &str,
    asked: &Asked<'_>,
) -> Result<(StatusCode, Value), Refused> {
    let namespace = namespace_of(place)?;
    let kind =
        asked.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let body = body_of(asked)?;
    if place.part.as_deref() == Some("scale") {
        return scale(world, place, name, body, asked);
    }
    let part = part_of(place)?;
    if kind.starts_with("application/apply-patch") {
        let force = if asked.query.get("force").is_some_and(|force| force == "true") {
            Force::Yes
        } else {
            Force::No
        };
        if asked.query.get("fieldManager").is_none_or(String::is_empty) {
            return Err(Refused::new(
                400,
                "BadRequest",
                "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch",
            ));
        }
        let (object, new) =
            world.apply(&place.served, &namespace, name, &body, force, request(asked, part))?;
        let status = if new { StatusCode::CREATED } else { StatusCode::OK };
        return Ok((status, (*object).clone()));
    }
    let old = world.get(&place.served, &namespace, name)?;
    let mut new = (*old).clone();
    match kind.split(';').next().unwrap_or_default() {
        "application/json-patch+json" => new = json_patch(&new, &body)?,
        "application/merge-patch+json" => merge_patch(&mut new, &body),
        "application/strategic-merge-patch+json" => strategic("", "", &mut new, &body),
        _ => {
            return Err(Refused::new(
                415,
                "UnsupportedMediaType",
                "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml",
            ));
        }
    }
    let new = world.replace(&place.served, &namespace, name, new, request(asked, part))?;
    Ok((StatusCode::OK, (*new).clone()))
}

/// Bindings and evictions.
fn post_part(
    world: &mut World,
    place: &Place,
    name: &str,
    asked: &Asked<'_>,
) -> Result<(StatusCode, Value), Refused> {
    let namespace = namespace_of(place)?;
    match place.part.as_deref() {
        Some("eviction") => {
            world.delete(
                &place.served,
                &namespace,
                name,
                &Deletion::default(),
                request(asked, Part::Main),
            )?;
            Ok((
                StatusCode::CREATED,
                json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201 }),
            ))
        }
        _ => Err(Refused::no_path()),
    }
}

/// The scale of a workload.
fn scale(
    world: &mut World,
    place: &Place,
    name: &str,
    body: Value,
    asked: &Asked<'_>,
) -> Result<(StatusCode, Value), Refused> {
    let namespace = namespace_of(place)?;
    let mut new = (*world.get(&place.served, &namespace, name)?).clone();
    new["spec"]["replicas"] = body["spec"]["replicas"].clone();
    let new = world.replace(&place.served, &namespace, name, new, request(asked, Part::Main))?;
    Ok((StatusCode::OK, scale_of(&new)))
}

fn scale_of(object: &Value) -> Value {
    let metadata = &object["metadata"];
    json!({
        "kind": "Scale", "apiVersion": "autoscaling/v1",
        "metadata": { "name": metadata["name"], "namespace": metadata["namespace"], "uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"], "creationTimestamp": metadata["creationTimestamp"] },
        "spec": { "replicas": object["spec"]["replicas"] },
        "status": { "replicas": object["status"]["replicas"].as_i64().unwrap_or(0) },
    })
}

fn deletion(asked: &Asked<'_>) -> Deletion {
    let options: Value = serde_json::from_slice(asked.body).unwrap_or_default();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let propagation =
        text(&options["propagationPolicy"]).or_else(|| asked.query.get("propagationPolicy").cloned());
    let grace = asked.query.get("gracePeriodSeconds").and_then(|grace| grace.parse().ok());
    Deletion {
        uid: text(&options["preconditions"]["uid"]),
        version: text(&options["preconditions"]["resourceVersion"]),
        grace: options["gracePeriodSeconds"].as_i64().or(grace),
        propagation: propagation.and_then(|policy| match policy.as_str() {
            "Foreground" => Some(Propagation::Foreground),
            "Background" => Some(Propagation::Background),
            "Orphan" => Some(Propagation::Orphan),
            _ => None,
        }),
    }
}

fn delete(
    world: &mut World,
    place: &Place,
    name: &str,
    asked: &Asked<'_>,
) -> Result<(StatusCode, Value), Refused> {
    let how = deletion(asked);
    let (object, gone) =
        world.delete(&place.served, &namespace_of(place)?, name, &how, request(asked, Part::Main))?;
    if !gone || place.served.plural == "pods" {
        return Ok((StatusCode::OK, (*object).clone()));
    }
    let details = json!({ "name": name, "group": place.served.group, "kind": place.served.plural, "uid": object["metadata"]["uid"] });
    Ok((
        StatusCode::OK,
        json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details }),
    ))
}

fn delete_all(world: &mut World, place: &Place, asked: &Asked<'_>) -> Result<(StatusCode, Value), Refused> {
    let selection = selection(place, asked.query);
    let key = resource_key(&place.served.group, &place.served.plural);
    let found: Vec<Arc<Value>> = world
        .store
        .all(&key, place.namespace.as_deref())
        .filter(|object| selection.takes(object))
        .cloned()
        .collect();
    for object in &found {
        let text = |name: &str| object["metadata"][name].as_str().unwrap_or_default();
        world.delete(
            &place.served,
            text("namespace"),
            text("name"),
            &deletion(asked),
            request(asked, Part::Main),
        )?;
    }
    let items: Vec<Value> = found.iter().map(|object| (**object).clone()).collect();
    Ok((
        StatusCode::OK,
        json!({ "kind": format!("{}List", place.served.kind), "apiVersion": place.served.api_version(), "metadata": {}, "items": items }),
    ))
}

fn selection(place: &Place, query: &HashMap<String, String>) -> Selection {
    let text = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
    Selection::new(place.namespace.as_deref(), text("labelSelector"), text("fieldSelector"))
}

fn wants_table(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("as=Table"))
}

fn get(cluster: &Cluster, place: &Place, name: &str, asked: &Asked<'_>) -> Result<Response, Refused> {
    let world = cluster.world();
    let object = world.get(&place.served, &namespace_of(place)?, name)?;
    match place.part.as_deref() {
        Some("scale") => return Ok(axum::Json(scale_of(&object)).into_response()),
        Some("log") => {
            return Ok("The sandbox runs no containers, so there is nothing that they could have written.\n"
                .into_response());
        }
        _ => {}
    }
    if wants_table(asked.headers) {
        let version = object["metadata"]["resourceVersion"].as_str().unwrap_or_default();
        return Ok(axum::Json(table(&place.served, &[&object], version, cluster_now())).into_response());
    }
    Ok(axum::Json((*object).clone()).into_response())
}

fn list(cluster: &Cluster, place: &Place, asked: &Asked<'_>) -> Response {
    let world = cluster.world();
    let selection = selection(place, asked.query);
    let key = resource_key(&place.served.group, &place.served.plural);
    let found: Vec<&Arc<Value>> =
        world.store.all(&key, place.namespace.as_deref()).filter(|object| selection.takes(object)).collect();
    let version = world.store.version().to_string();
    if wants_table(asked.headers) {
        let objects: Vec<&Value> = found.iter().map(|object| &***object).collect();
        return axum::Json(table(&place.served, &objects, &version, cluster_now())).into_response();
    }
    let items: Vec<&Value> = found.iter().map(|object| &***object).collect();
    axum::Json(json!({
        "kind": format!("{}List", place.served.kind),
        "apiVersion": place.served.api_version(),
        "metadata": { "resourceVersion": version },
        "items": items,
    }))
    .into_response()
}

/// Streams changes, one line of JSON each, until the client goes or the time is up.
fn watch(cluster: Cluster, place: &Place, query: &HashMap<String, String>) -> Response {
    let selection = selection(place, query);
    let resource = resource_key(&place.served.group, &place.served.plural);
    let seconds: u64 = query.get("timeoutSeconds").and_then(|text| text.parse().ok()).unwrap_or(300);
    let from =
        query.get("resourceVersion").and_then(|text| text.parse::<u64>().ok()).filter(|from| *from > 0);
    let (mut first, at) = {
        let world = cluster.world();
        let all =
            world.store.all(&resource, place.namespace.as_deref()).filter(|object| selection.takes(object));
        let all: Vec<Bytes> = match from {
            Some(_) => Vec::new(),
            None => all.map(|object| line("ADDED", object)).collect(),
        };
        (all, from.unwrap_or_else(|| world.store.version()))
    };
    first.reverse();
    let watching = Watching { cluster, selection, resource, at, ready: first, end: Ended::No };
    let stream = futures::stream::unfold(watching, |mut watching| async move {
        let line = watching.next().await?;
        Some((Ok::<Bytes, Infallible>(line), watching))
    });
    let limit = Box::pin(crate::clock::sleep(std::time::Duration::from_secs(seconds)));
    let stream = futures::StreamExt::take_until(stream, limit);
    ([(header::CONTENT_TYPE, "application/json")], Body::from_stream(stream)).into_response()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Ended {
    No,
    Yes,
}

struct Watching {
    cluster: Cluster,
    selection: Selection,
    resource: String,
    at: u64,
    /// Lines that are ready, the last one first.
    ready: Vec<Bytes>,
    end: Ended,
}

impl Watching {
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(line) = self.ready.pop() {
                return Some(line);
            }
            if self.end == Ended::Yes {
                return None;
            }
            let mut news = self.cluster.news();
            news.mark_unchanged();
            let changes = self.cluster.world().store.since(self.at);
            let Some(changes) = changes else {
                self.end = Ended::Yes;
                let gone = Refused::new(410, "Expired", "too old resource version");
                return Some(line("ERROR", &gone.to_json()));
            };
            if changes.is_empty() {
                // The cluster outlives its watchers; if not, the stream ends with it.
                news.changed().await.ok()?;
                continue;
            }
            self.at = changes.last().map_or(self.at, |change| change.version);
            self.ready = changes.iter().rev().filter_map(|change| self.shown(change)).collect();
        }
    }

    fn shown(&self, change: &Change) -> Option<Bytes> {
        if change.key.0 != self.resource {
            return None;
        }
        let before = change.before.as_ref().is_some_and(|before| self.selection.takes(before));
        let after = change.happening != Happening::Deleted && self.selection.takes(&change.object);
        let word = match (before, after) {
            (false, true) => "ADDED",
            (true, true) => "MODIFIED",
            (true, false) => "DELETED",
            (false, false) => return None,
        };
        Some(line(word, &change.object))
    }
}

fn line(word: &str, object: &Value) -> Bytes {
    let mut line = json!({ "type": word, "object": object }).to_string();
    line.push('\n');
    line.into()
}
