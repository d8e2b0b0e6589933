//! The client of one cluster: a request until there is an answer.
//!
//! Invariant: an object is changed by server-side apply with field manager `aksel` alone.
//! Never: a request that has left is dropped; only waiting is.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aksel_provider::stop::{Stop, Urgency};
use aksel_provider::world::World;
use serde_json::{Value as Json, json};

use crate::api_error::ApiError;
use crate::kind::{Api, Scope};

/// The name under which aksel owns fields.
pub const FIELD_MANAGER: &str = "aksel";

/// How often a request is sent at most.
const ATTEMPTS_MAX: u32 = 5;

/// A client of one cluster.
pub struct Cluster {
    client: kube::Client,
    endpoint: String,
    world: Arc<dyn World>,
    /// What the API has, by group and version, as far as it was asked.
    discovered: Mutex<HashMap<String, Arc<Json>>>,
}

/// Where the API has a kind that no table describes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discovered {
    /// `deployments`
    pub plural: String,
    /// Where objects live.
    pub scope: Scope,
}

/// Whether a request changes anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Run {
    /// It does.
    Real,
    /// The API server only says what would come of it.
    Dry,
}

/// What to do about fields that belong to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conflicts {
    /// They become ours: the configuration says what they are to be.
    Force,
    /// They are an error.
    Refuse,
}

impl Cluster {
    /// A client.
    pub fn new(client: kube::Client, endpoint: String, world: Arc<dyn World>) -> Cluster {
        Cluster { client, endpoint, world, discovered: Mutex::default() }
    }

    /// The world that the client lives in.
    pub fn world(&self) -> &dyn World {
        &*self.world
    }

    /// Reads an object; `None` if there is none.
    ///
    /// # Errors
    /// When the API server refuses or nobody answers.
    pub async fn get(&self, path: &str, stop: &Stop) -> Result<Option<Json>, ApiError> {
        match self.send(http::Method::GET, path, "", None, stop).await {
            Ok(object) => Ok(Some(object)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes an object what is applied, as far as that mentions it.
    ///
    /// # Errors
    /// When the API server refuses or nobody answers.
    pub async fn apply(
        &self,
        path: &str,
        object: &Json,
        (manager, conflicts, run): (&str, Conflicts, Run),
        stop: &Stop,
    ) -> Result<Json, ApiError> {
        let force = match conflicts {
            Conflicts::Force => "&force=true",
            Conflicts::Refuse => "",
        };
        let dry = match run {
            Run::Dry => "&dryRun=All",
            Run::Real => "",
        };
        let path = format!("{path}?fieldManager={}{force}{dry}", encoded(manager));
        self.send(http::Method::PATCH, &path, "application/apply-patch+yaml", Some(object), stop).await
    }

    /// Changes an object by a merge patch.
    ///
    /// # Errors
    /// When the API server refuses or nobody answers.
    pub async fn merge(&self, path: &str, patch: &Json, stop: &Stop) -> Result<Json, ApiError> {
        let path = format!("{path}?fieldManager={FIELD_MANAGER}");
        self.send(http::Method::PATCH, &path, "application/merge-patch+json", Some(patch), stop).await
    }

    /// Makes an object whose name the API server makes up.
    ///
    /// # Errors
    /// When the API server refuses or nobody answers.
    pub async fn create(&self, path: &str, object: &Json) -> Result<Json, ApiError> {
        let path = format!("{path}?fieldManager={FIELD_MANAGER}");
        // Sent once: an answer that is lost must not make a second object.
        self.once(http::Method::POST, &path, "application/json", Some(object)).await
    }

    /// Deletes an object, if it is still the one with this uid. What depends on it goes first.
    ///
    /// # Errors
    /// When the API server refuses or nobody answers.
    pub async fn delete(&self, path: &str, uid: Option<&str>, stop: &Stop) -> Result<(), ApiError> {
        let mut options =
            json!({"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"});
        if let Some(uid) = uid {
            options["preconditions"] = json!({ "uid": uid });
        }
        match self.send(http::Method::DELETE, path, "application/json", Some(&options), stop).await {
            // The one with this uid is gone already; another one has its name.
            Err(ApiError::Refused { status: 409, message, .. })
                if message.contains("UID in precondition") =>
            {
                Ok(())
            }
            Err(error) if !error.is_not_found() => Err(error),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// Where the API has a kind; `None` if it does not.
    ///
    /// # Errors
    /// When the API server refuses or nobody answers.
    pub async fn discover(
        &self,
        version: &str,
        kind: &str,
        stop: &Stop,
    ) -> Result<Option<Discovered>, ApiError> {
        let known = self.discovered.lock().ok().and_then(|known| known.get(version).cloned());
        if let Some(found) = known.and_then(|list| in_list(&list, kind)) {
            return Ok(Some(found));
        }
        // A kind that was not there may be by now: a definition was applied.
        let root = if version.contains('/') { "/apis" } else { "/api" };
        let Some(list) = self.get(&format!("{root}/{version}"), stop).await? else { return Ok(None) };
        let found = in_list(&list, kind);
        if let Ok(mut known) = self.discovered.lock() {
            known.insert(version.to_owned(), Arc::new(list));
        }
        Ok(found)
    }

    async fn send(
        &self,
        method: http::Method,
        path: &str,
        content_type: &str,
        body: Option<&Json>,
        stop: &Stop,
    ) -> Result<Json, ApiError> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            match self.once(method.clone(), path, content_type, body).await {
                Err(error) if error.is_transient() && attempt < ATTEMPTS_MAX => {
                    self.pause(pause_after(&error, attempt), stop, path).await?;
                }
                done => return done,
            }
        }
    }

    async fn once(
        &self,
        method: http::Method,
        path: &str,
        content_type: &str,
        body: Option<&Json>,
    ) -> Result<Json, ApiError> {
        let asked = format!("{method} {}", path.split('?').next().unwrap_or_default());
        let bytes = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
        let mut request = http::Request::builder().method(method).uri(path);
        if body.is_some() {
            request = request.header(http::header::CONTENT_TYPE, content_type);
        }
        let request = request.body(bytes).map_err(|error| ApiError::Settings(format!("{asked}: {error}")))?;
        self.world.request_leaves();
        self.client.request::<Json>(request).await.map_err(|error| self.told(error, asked))
    }

    fn told(&self, error: kube::Error, asked: String) -> ApiError {
        match error {
            kube::Error::Api(status) => ApiError::Refused {
                status: status.code,
                reason: status.reason.clone(),
                message: status.message.clone(),
                retry_after: status.details.as_ref().map_or(0, |details| details.retry_after_seconds),
                asked,
            },
            other => ApiError::Unreachable { endpoint: self.endpoint.clone(), reason: innermost(&other) },
        }
    }

    /// Waits a little.
    ///
    /// # Errors
    /// When the run is stopped.
    pub async fn pause(&self, pause: Duration, stop: &Stop, what: &str) -> Result<(), ApiError> {
        tokio::select! {
            () = self.world.pause(pause) => Ok(()),
            () = stop.reached(Urgency::Now) => Err(ApiError::Stopped(what.to_owned())),
        }
    }
}

fn in_list(list: &Json, kind: &str) -> Option<Discovered> {
    let mut all = list["resources"].as_array()?.iter();
    let found =
        all.find(|entry| entry["kind"] == kind && !entry["name"].as_str().unwrap_or_default().contains('/'))?;
    let scope = if found["namespaced"] == true { Scope::Namespaced } else { Scope::Cluster };
    Some(Discovered { plural: found["name"].as_str()?.to_owned(), scope })
}

fn pause_after(error: &ApiError, attempt: u32) -> Duration {
    let own = Duration::from_millis(250) * 2_u32.pow(attempt);
    match error {
        ApiError::Refused { retry_after, .. } if *retry_after > 0 => {
            Duration::from_secs(u64::from((*retry_after).min(60)))
        }
        _ => own,
    }
}

/// Where objects of a kind are.
pub fn collection(api: &Api, namespace: &str) -> String {
    collection_of(api.version, api.plural, (api.scope == Scope::Namespaced).then_some(namespace))
}

/// Where objects of a group and version are.
pub fn collection_of(version: &str, plural: &str, namespace: Option<&str>) -> String {
    let root = if version.contains('/') { "/apis" } else { "/api" };
    match namespace {
        Some(namespace) => format!("{root}/{version}/namespaces/{}/{plural}", encoded(namespace)),
        None => format!("{root}/{version}/{plural}"),
    }
}

/// A text as a part of a path.
pub fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    let letter = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(letter).collect()
}

/// The words of the innermost cause, which says most.
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
