//! The API server over HTTP: who asks, for what, and who answers.
//!
//! Source: <https://kubernetes.io/docs/reference/using-api/api-concepts/>

use std::collections::HashMap;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use serde_json::{Value, json};

use crate::cluster::access::{Attributes, acting};
use crate::cluster::controllers::Part;
use crate::cluster::discovery::{Core, Discovery};
use crate::cluster::forms::json_answer;
use crate::cluster::kinds::{Scope, Served};
use crate::cluster::requests::Asked;
use crate::cluster::status::Refused;
use crate::cluster::world::World;
use crate::cluster::{Cluster, changing, cluster_now, openapi, parts, reading, reviews, watching};
use crate::tls::Identity;

/// A path of a resource, taken apart.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) plural: String,
    pub(crate) namespace: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) part: Option<String>,
    pub(crate) watches: Watches,
}

/// Whether the path itself asks for a watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Watches {
    No,
    ByPath,
}

/// A place with the kind that is served there.
#[derive(Clone, Debug)]
pub(crate) struct Spot {
    pub(crate) served: Served,
    pub(crate) namespace: Option<String>,
}

/// A request under way: who it is for, the place that it names, and what it brings along.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) cluster: &'a Cluster,
    pub(crate) spot: &'a Spot,
    pub(crate) asked: &'a Asked<'a>,
}

impl Spot {
    /// The namespace, empty for cluster-wide kinds.
    pub(crate) fn space(&self) -> &str {
        self.namespace.as_deref().unwrap_or_default()
    }
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
    let asked = Asked { query: &query, headers: &headers, body: &body };
    match serve(&cluster, &user, &method, path, &asked).await {
        Ok(response) => response,
        Err(refused) => refused.into_response(),
    }
}

async fn serve(
    cluster: &Cluster,
    user: &Identity,
    method: &Method,
    path: &str,
    asked: &Asked<'_>,
) -> Result<Response, Refused> {
    let user = acting(&cluster.world(), user, asked.headers)?;
    let Some(place) = place(path) else {
        let verb = method.as_str().to_lowercase();
        let attributes = Attributes { verb, path: path.to_owned(), ..Attributes::default() };
        cluster.world().authorize(&user, &attributes)?;
        return described(cluster, path, asked).ok_or_else(|| unknown_path(path));
    };
    let verb = verb(method, &place, asked);
    cluster.world().authorize(&user, &Attributes::of(&place, verb))?;
    if verb == "patch" && asked.content_type().starts_with("application/apply-patch") && place.part.is_none()
    {
        // What is applied and is not there is made.
        let world = cluster.world();
        let name = place.name.clone().unwrap_or_default();
        let space = place.namespace.clone().unwrap_or_default();
        if world.find(&place.group, &place.plural, &space, &name).is_none() {
            world.authorize(&user, &Attributes::of(&place, "create"))?;
        }
    }
    let served = cluster.world().served(&place.group, &place.version, &place.plural);
    let served = served.ok_or_else(|| not_served(&cluster.world(), &place.group))?;
    let call = Call { cluster, spot: &spot(&served, &place)?, asked };
    if served.verbs == ["create"] {
        if *method != Method::POST || place.part.is_some() {
            return Err(Refused::no_method());
        }
        return reviews::answer(call, &user);
    }
    dispatch(call, method, &place).await
}

async fn dispatch(call: Call<'_>, method: &Method, place: &Place) -> Result<Response, Refused> {
    let watches = place.watches == Watches::ByPath || call.asked.wants("watch");
    if let (Some(part), Some(name)) = (&place.part, &place.name) {
        return parts::answer(call, method, name, part);
    }
    match (method.as_str(), &place.name) {
        ("GET", name) if watches => watching::answer(call, name.as_deref()).await,
        ("GET", None) => reading::list(call),
        ("GET", Some(name)) => reading::get(call, name),
        ("POST", None) => changing::create(call),
        ("PUT", Some(name)) => changing::put(call, name, Part::Main),
        ("PATCH", Some(name)) => changing::patch(call, name, Part::Main),
        ("DELETE", Some(name)) => changing::delete(call, name),
        ("DELETE", None) if served_verb(call.spot, "deletecollection") => changing::delete_all(call),
        _ => Err(Refused::no_method()),
    }
}

fn served_verb(spot: &Spot, verb: &str) -> bool {
    spot.served.verbs.iter().any(|known| known == verb)
}

/// The verb under which rights to a request are given.
fn verb(method: &Method, place: &Place, asked: &Asked<'_>) -> &'static str {
    let watches = place.watches == Watches::ByPath || asked.wants("watch");
    match (method.as_str(), &place.name) {
        ("GET", None) if watches => "watch",
        ("GET", _) if place.watches == Watches::ByPath => "watch",
        ("GET" | "HEAD", None) => "list",
        ("GET" | "HEAD", Some(_)) => "get",
        ("POST", _) => "create",
        ("PUT", _) => "update",
        ("PATCH", _) => "patch",
        ("DELETE", None) => "deletecollection",
        ("DELETE", Some(_)) => "delete",
        _ => "other",
    }
}

/// A built-in group knows what it does not serve; of others there is nobody to say it.
fn not_served(world: &World, group: &str) -> Refused {
    let is_built_in = world.kinds().iter().any(|kind| kind.group == group && kind.custom.is_none());
    if is_built_in { Refused::no_path() } else { Refused::no_page() }
}

fn unknown_path(path: &str) -> Refused {
    if path.starts_with("/api") || path.starts_with("/openapi") {
        return Refused::no_path();
    }
    Refused::no_page()
}

/// Takes the path of a resource apart.
fn place(path: &str) -> Option<Place> {
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let (group, version, rest) = match parts.as_slice() {
        ["api", version, rest @ ..] => ("", *version, rest),
        ["apis", group, version, rest @ ..] => (*group, *version, rest),
        _ => return None,
    };
    let (watches, rest) = match rest {
        ["watch", rest @ ..] if !rest.is_empty() => (Watches::ByPath, rest),
        rest => (Watches::No, rest),
    };
    let owned = |text: &&str| Some((*text).to_owned());
    let (namespace, plural, name, part) = match rest {
        ["namespaces", name, part @ ("status" | "finalize")] => {
            (None, "namespaces", owned(name), owned(part))
        }
        ["namespaces", namespace, plural] => (owned(namespace), *plural, None, None),
        ["namespaces", namespace, plural, name] => (owned(namespace), *plural, owned(name), None),
        ["namespaces", namespace, plural, name, part, ..] => {
            (owned(namespace), *plural, owned(name), owned(part))
        }
        [plural] => (None, *plural, None, None),
        [plural, name] => (None, *plural, owned(name), None),
        [plural, name, part, ..] => (None, *plural, owned(name), owned(part)),
        _ => return None,
    };
    Some(Place {
        group: group.to_owned(),
        version: version.to_owned(),
        plural: plural.to_owned(),
        namespace,
        name,
        part,
        watches,
    })
}

/// The kind at a place, if the place is one where such objects live.
fn spot(served: &Served, place: &Place) -> Result<Spot, Refused> {
    let fits = match (served.scope, &place.namespace) {
        (Scope::Namespaced, None) => place.name.is_none(),
        (Scope::Cluster, Some(_)) => false,
        _ => true,
    };
    if !fits {
        return Err(if served.custom.is_some() { Refused::no_page() } else { Refused::no_path() });
    }
    Ok(Spot { served: served.clone(), namespace: place.namespace.clone() })
}

/// Discovery, versions, documents.
fn described(cluster: &Cluster, path: &str, asked: &Asked<'_>) -> Option<Response> {
    let world = cluster.world();
    let accept =
        asked.headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let aggregated = accept.contains("as=APIGroupDiscoveryList") && accept.contains("v=v2");
    let discovery = Discovery(world.kinds());
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let found = match parts.as_slice() {
        ["version"] => version(&cluster.settings().version),
        ["api"] if aggregated => return Some(aggregate(&discovery.aggregated(Core::Only))),
        ["apis"] if aggregated => return Some(aggregate(&discovery.aggregated(Core::Others))),
        ["api"] => {
            let server = cluster.settings().endpoint.trim_start_matches("https://").to_owned();
            let address = json!([{ "clientCIDR": "0.0.0.0/0", "serverAddress": server }]);
            json!({ "kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": address })
        }
        ["apis"] => discovery.groups(),
        ["apis", group] => discovery.group(group)?,
        ["api", version] => discovery.resources("", version)?,
        ["apis", group, version] => discovery.resources(group, version)?,
        ["openapi", "v2"] => openapi::whole(&world),
        ["openapi", "v3"] => openapi::index(&world),
        ["openapi", "v3", "api", version] => openapi::document(&world, "", version)?,
        ["openapi", "v3", "apis", group, version] => openapi::document(&world, group, version)?,
        _ => return None,
    };
    Some(json_answer(StatusCode::OK, &found))
}

fn aggregate(document: &Value) -> Response {
    let mut response = json_answer(StatusCode::OK, document);
    let kind = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

fn version(version: &str) -> Value {
    let minor: u32 = version.split('.').nth(1).and_then(|minor| minor.parse().ok()).unwrap_or(34);
    json!({
        "major": "1", "minor": minor.to_string(), "emulationMajor": "1", "emulationMinor": minor.to_string(),
        "minCompatibilityMajor": "1", "minCompatibilityMinor": (minor - 1).to_string(),
        "gitVersion": format!("v{version}"), "gitCommit": "0000000000000000000000000000000000000000",
        "gitTreeState": "clean", "buildDate": "2026-08-01T00:00:00Z", "goVersion": "go1.26.6", "compiler": "gc",
        "platform": "linux/amd64",
    })
}

/// Carries a write out, makes it durable, wakes whoever waits for changes, and says what was warned of.
pub(crate) fn written<T>(
    cluster: &Cluster,
    write: impl FnOnce(&mut World) -> Result<T, Refused>,
) -> Result<(T, Vec<String>), Refused> {
    let done = {
        let mut world = cluster.world();
        world.now = cluster_now();
        world.warnings.clear();
        let before = world.store.version();
        let written = write(&mut world);
        if world.store.version() != before {
            world.store.sync().map_err(|error| Refused::new(500, "InternalError", error))?;
        }
        (written?, std::mem::take(&mut world.warnings))
    };
    cluster.changed();
    Ok(done)
}

/// Adds warnings to an answer, each once.
pub(crate) fn warned(mut response: Response, warnings: &[String]) -> Response {
    let mut said: Vec<&String> = Vec::new();
    for warning in warnings {
        if said.contains(&warning) {
            continue;
        }
        said.push(warning);
        let text = warning.replace('\\', "\\\\").replace('"', "\\\"");
        if let Ok(value) = HeaderValue::from_str(&format!("299 - \"{text}\"")) {
            response.headers_mut().append(header::WARNING, value);
        }
    }
    response
}
