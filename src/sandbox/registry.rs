//! A container registry, as far as images are pushed and pulled: tokens, layers, manifests, tags.
//!
//! Rule: <https://github.com/opencontainers/distribution-spec>

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Method};
use axum::response::Response;
use serde_json::{Value, json};

use crate::SandboxError;
use crate::blob_content::digest;
use crate::front::{Asking, empty};
use crate::hub::Hub;
use crate::world::{Change, Manifest};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// Answers a request to `/v2/…` or `/oauth2/…`.
pub(crate) fn answer(hub: &Hub, asking: &Asking, parts: &[&str]) -> Result<Response, SandboxError> {
    let token = uuid::Uuid::new_v4().to_string();
    let registry = asking.header("host").split(['.', ':']).next().unwrap_or("").to_owned();
    match parts {
        ["oauth2", "token"] => return Ok(shown(200, &json!({"access_token": token, "token": token}))),
        ["oauth2", "exchange"] => return Ok(shown(200, &json!({"refresh_token": token}))),
        ["oauth2", ..] => return Ok(refused(404, "NAME_UNKNOWN")),
        _ if asking.header("authorization").is_empty() => return Ok(challenge(asking)),
        ["v2"] => return Ok(shown(200, &json!({}))),
        ["v2", "_catalog"] => return Ok(shown(200, &catalogue(hub, &registry))),
        _ => {}
    }
    let rest = &parts[1..];
    let at = rest.iter().rposition(|part| matches!(*part, "manifests" | "blobs" | "tags"));
    let Some(at) = at.filter(|at| *at > 0) else { return Ok(refused(404, "NAME_UNKNOWN")) };
    let repository = format!("{registry}/{}", rest[..at].join("/"));
    match &rest[at..] {
        ["manifests", reference] => manifest(hub, asking, &repository, reference),
        ["blobs", "uploads", upload @ ..] => upload_layer(hub, asking, &repository, upload.first().copied()),
        ["blobs", digest] => Ok(layer(hub, asking, digest)),
        ["tags", "list"] => Ok(shown(200, &tags(hub, &repository))),
        _ => Ok(refused(404, "NAME_UNKNOWN")),
    }
}

fn shown(status: u16, body: &Value) -> Response {
    let mut response = empty(status);
    set(&mut response, "content-type", "application/json");
    *response.body_mut() = Body::from(body.to_string());
    set(&mut response, "docker-distribution-api-version", "registry/2.0");
    response
}

fn refused(status: u16, code: &str) -> Response {
    shown(status, &json!({"errors": [{"code": code, "message": code.to_lowercase().replace('_', " ")}]}))
}

fn set(response: &mut Response, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(HeaderName::from_static(name), value);
    }
}

fn challenge(asking: &Asking) -> Response {
    let host = asking.header("host");
    let mut response = refused(401, "UNAUTHORIZED");
    let value = format!("Bearer realm=\"https://{host}/oauth2/token\",service=\"{host}\"");
    set(&mut response, "www-authenticate", &value);
    response
}

fn catalogue(hub: &Hub, registry: &str) -> Value {
    let prefix = format!("{registry}/");
    let mut names: Vec<String> = hub.world.look(|tables| {
        let own = tables.manifests.keys().filter_map(|key| key.strip_prefix(&prefix));
        own.filter_map(|key| key.split([':', '@']).next()).map(str::to_owned).collect()
    });
    names.dedup();
    json!({"repositories": names})
}

fn tags(hub: &Hub, repository: &str) -> Value {
    let prefix = format!("{repository}:");
    let tags: Vec<String> = hub.world.look(|tables| {
        tables.manifests.keys().filter_map(|key| key.strip_prefix(&prefix)).map(str::to_owned).collect()
    });
    json!({"name": repository.split_once('/').map_or("", |(_, name)| name), "tags": tags})
}

fn key_of(repository: &str, reference: &str) -> String {
    let sign = if reference.contains(':') { '@' } else { ':' };
    format!("{repository}{sign}{reference}")
}

fn manifest(hub: &Hub, asking: &Asking, repository: &str, reference: &str) -> Result<Response, SandboxError> {
    let key = key_of(repository, reference);
    if asking.method == Method::PUT {
        let digest = format!("sha256:{}", hub.contents.keep_layer(&asking.body)?);
        let media_type = match asking.header("content-type") {
            "" => MANIFEST,
            kind => kind,
        };
        let manifest = Manifest {
            digest: digest.clone(),
            media_type: media_type.to_owned(),
            size: asking.body.len() as u64,
        };
        let by_digest = Change::Manifest(key_of(repository, &digest), Some(manifest.clone()));
        hub.world.commit(|_| ((), vec![by_digest, Change::Manifest(key, Some(manifest))]))?;
        let mut response = empty(201);
        set(&mut response, "docker-content-digest", &digest);
        return Ok(response);
    }
    if asking.method == Method::DELETE {
        hub.world.commit(|_| ((), vec![Change::Manifest(key, None)]))?;
        return Ok(empty(202));
    }
    let found = hub.world.look(|tables| tables.manifests.get(&key).cloned());
    let Some(manifest) = found else { return Ok(refused(404, "MANIFEST_UNKNOWN")) };
    let mut response = empty(200);
    set(&mut response, "content-type", &manifest.media_type);
    set(&mut response, "docker-content-digest", &manifest.digest);
    match asking.method == Method::HEAD {
        true => set(&mut response, "content-length", &manifest.size.to_string()),
        false => {
            let bytes = hub.contents.layer(manifest.digest.trim_start_matches("sha256:")).unwrap_or_default();
            *response.body_mut() = Body::from(bytes);
        }
    }
    Ok(response)
}

fn layer(hub: &Hub, asking: &Asking, digest: &str) -> Response {
    let Some(bytes) = hub.contents.layer(digest.trim_start_matches("sha256:")) else {
        return refused(404, "BLOB_UNKNOWN");
    };
    let mut response = empty(200);
    set(&mut response, "content-type", "application/octet-stream");
    set(&mut response, "docker-content-digest", digest);
    match asking.method == Method::HEAD {
        true => set(&mut response, "content-length", &bytes.len().to_string()),
        false => *response.body_mut() = Body::from(bytes),
    }
    response
}

/// Uploads of layers: begun by POST, continued by PATCH, ended by PUT with the digest.
fn upload_layer(
    hub: &Hub,
    asking: &Asking,
    repository: &str,
    upload: Option<&str>,
) -> Result<Response, SandboxError> {
    let id = upload.map_or_else(|| uuid::Uuid::new_v4().to_string(), str::to_owned);
    let name = format!("upload:{repository}:{id}");
    let mut bytes = hub.contents.staged(&name).unwrap_or_default();
    bytes.extend_from_slice(&asking.body);
    if let Some(wanted) = asking.query.get("digest").filter(|_| asking.method != Method::PATCH) {
        if *wanted != format!("sha256:{}", digest(&bytes)) {
            return Ok(refused(400, "DIGEST_INVALID"));
        }
        hub.contents.keep_layer(&bytes)?;
        hub.contents.unstage(&name);
        let mut response = empty(201);
        set(&mut response, "docker-content-digest", wanted);
        return Ok(response);
    }
    hub.contents.stage(&name, &bytes)?;
    let mut response = empty(202);
    let plain = repository.split_once('/').map_or("", |(_, name)| name);
    set(&mut response, "location", &format!("/v2/{plain}/blobs/uploads/{id}"));
    set(&mut response, "docker-upload-uuid", &id);
    set(&mut response, "range", &format!("0-{}", bytes.len().saturating_sub(1)));
    Ok(response)
}
