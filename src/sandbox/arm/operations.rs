//! Long-running operations: how they begin, are polled, and end.
//!
//! Invariant: an operation's end is a moment that is written when it begins; no timer has to fire for it.
//! Invariant: an object has at most one operation; what would begin a second one is refused with 409.

use serde_json::{Value, json};

use super::Decision;
use super::id::{Id, Polling, group_of};
use super::reply::{Refusal, Reply};
use super::request::Scene;
use super::{derive, types};
use crate::clock::Moment;
use crate::world::{Change, Doing, Object, Operation, Tables, Working};

/// How long a client that polls is kept waiting at most, so that it need not ask again at once.
pub(crate) const HOLD_MS_MAX: u64 = 250;

/// An operation that begins, with what tells the client of it.
pub(crate) struct Begun {
    pub(crate) working: Working,
    pub(crate) change: Change,
    headers: Vec<(&'static str, String)>,
}

impl Begun {
    /// The answer with the headers by which the operation is followed.
    pub(crate) fn tell(&self, mut reply: Reply, style: Polling) -> Reply {
        let unwanted = match style {
            Polling::Status => "location",
            Polling::Location => "azure-asyncoperation",
        };
        reply.headers.extend(self.headers.iter().filter(|(name, _)| *name != unwanted).cloned());
        reply
    }
}

/// Begins an operation on the object with this id.
pub(crate) fn begin(scene: &Scene<'_>, id: &str, doing: Doing, milliseconds: u64) -> Begun {
    let key = id.to_lowercase();
    let name = derive::guid(&key, &format!("{}{}", doing.as_str(), scene.now.0));
    let until = scene.now.after(scene.place.takes(milliseconds));
    let subscription = id.split('/').nth(2).unwrap_or("");
    let namespace = id
        .rsplit_once("/providers/")
        .and_then(|(_, rest)| rest.split('/').next())
        .unwrap_or("Microsoft.Resources");
    let base = format!("{}/subscriptions/{subscription}", scene.place.endpoint);
    let status =
        format!("{base}/providers/{namespace}/locations/sandbox/operations/{name}?api-version=2017-08-31");
    let location = format!("{base}/operationresults/{name}?api-version=2017-08-31");
    let mut headers = vec![("azure-asyncoperation", status), ("location", location)];
    headers.extend(pause(scene, until));
    let operation = Operation { object: key, since: scene.now, until, doing };
    Begun {
        working: Working { operation: name.clone(), until, doing },
        change: Change::Operation(name, Some(operation)),
        headers,
    }
}

/// Whole seconds where the wait is long; else the sandbox itself holds the answer back for a moment.
fn pause(scene: &Scene<'_>, until: Moment) -> [(&'static str, String); 3] {
    let left = until.until(scene.now);
    let milliseconds = u64::try_from(left.as_millis()).unwrap_or(u64::MAX).min(HOLD_MS_MAX);
    let seconds = if left.as_secs() >= 5 { 1 } else { 0 };
    // Clients of different ages know different names for milliseconds.
    let milliseconds = milliseconds.to_string();
    [
        ("retry-after", seconds.to_string()),
        ("retry-after-ms", milliseconds.clone()),
        ("x-ms-retry-after-ms", milliseconds),
    ]
}

/// Answers a poll.
pub(crate) fn poll(scene: &Scene<'_>, name: &str, style: Polling) -> Decision {
    let operation = scene.tables.operations.get(name).ok_or_else(|| {
        Refusal::new(404, "OperationNotFound", format!("The operation '{name}' could not be found."))
    })?;
    let ended = operation.until <= scene.now;
    let reply = match (style, ended) {
        (Polling::Location, true) => Reply::empty(200),
        (Polling::Location, false) => {
            let subscription = operation.object.split('/').nth(2).unwrap_or("");
            let here = format!(
                "{}/subscriptions/{subscription}/operationresults/{name}?api-version=2017-08-31",
                scene.place.endpoint
            );
            Reply::empty(202).header("location", here)
        }
        (Polling::Status, _) => Reply::body(200, status(operation, name, scene.now)),
    };
    let mut reply = reply;
    if !ended {
        reply.headers.extend(pause(scene, operation.until));
    }
    Ok((reply, Vec::new()))
}

fn status(operation: &Operation, name: &str, now: Moment) -> Value {
    let ended = operation.until <= now;
    let mut body = json!({
        "id": operation.object,
        "name": name,
        "status": if ended { "Succeeded" } else { "InProgress" },
        "startTime": operation.since.rfc3339(),
    });
    if ended {
        body["endTime"] = Value::from(operation.until.rfc3339());
    }
    body
}

/// What has come to its end by now: created objects are ready, deleted ones go with all that is in them.
pub(crate) fn settle(tables: &Tables, now: Moment) -> Vec<Change> {
    let mut changes = Vec::new();
    for (key, object) in tables.pending.iter().filter_map(|key| tables.objects.get_key_value(key)) {
        let Some(working) = object.working.as_ref().filter(|working| working.until <= now) else { continue };
        match working.doing {
            Doing::Creating | Doing::Updating => {
                changes.push(Change::Object(key.clone(), Some(Object { working: None, ..object.clone() })));
            }
            Doing::Deleting => changes.extend(removal(tables, key, object)),
        }
    }
    changes
}

/// All that goes when an object goes: itself, what is below it, and what its type made elsewhere.
pub(crate) fn removal(tables: &Tables, key: &str, object: &Object) -> Vec<Change> {
    let mut gone = vec![key.to_owned()];
    let below = format!("{key}/");
    gone.extend(tables.below(&below).map(|(key, _)| key.clone()));
    let mut elsewhere: Vec<String> = (types::of(&object.kind).also)(object);
    for key in &gone[1..] {
        elsewhere.extend(
            tables.objects.get(key).map(|object| (types::of(&object.kind).also)(object)).unwrap_or_default(),
        );
    }
    for other in elsewhere {
        let below = format!("{other}/");
        gone.extend(tables.below(&below).map(|(key, _)| key.clone()));
        gone.push(other);
    }
    let mut changes: Vec<Change> = Vec::new();
    for key in gone {
        for who in ["user", "admin"] {
            let access = format!("{key}/{who}");
            if tables.accesses.contains_key(&access) {
                changes.push(Change::Access(access, None));
            }
        }
        changes.extend(contents(tables, &key));
        changes.push(Change::Object(key, None));
    }
    changes
}

/// The blobs of a container, the manifests of a registry.
fn contents(tables: &Tables, key: &str) -> Vec<Change> {
    let Some(object) = tables.objects.get(key) else { return Vec::new() };
    let name = object.id.rsplit('/').next().unwrap_or("");
    match object.kind.to_lowercase().as_str() {
        "microsoft.storage/storageaccounts/blobservices/containers" => {
            let account = object.id.split('/').nth(8).unwrap_or("");
            let prefix = format!("{account}/{name}/");
            let blobs = tables.blobs.range(prefix.clone()..).take_while(|(key, _)| key.starts_with(&prefix));
            blobs.map(|(key, _)| Change::Blob(key.clone(), None)).collect()
        }
        "microsoft.containerregistry/registries" => {
            let prefix = format!("{}/", name.to_lowercase());
            let manifests =
                tables.manifests.range(prefix.clone()..).take_while(|(key, _)| key.starts_with(&prefix));
            manifests.map(|(key, _)| Change::Manifest(key.clone(), None)).collect()
        }
        _ => Vec::new(),
    }
}

/// Whether a write may begin: nothing is under way on the object, on what it is a part of, or on its resource group.
///
/// # Errors
/// 409 with the code that the service uses.
pub(crate) fn free(scene: &Scene<'_>, id: &Id) -> Result<(), Refusal> {
    if let Some(name) = group_of(&id.scope) {
        let key: Vec<&str> = id.scope.split('/').take(5).collect();
        let group = scene.tables.objects.get(&key.join("/").to_lowercase());
        if group.is_some_and(|group| group.working.is_some()) {
            let message = format!(
                "The resource group '{name}' is in deprovisioning state and cannot perform this operation."
            );
            return Err(Refusal::new(409, "ResourceGroupBeingDeleted", message));
        }
    }
    let mut next = Some(id.clone());
    while let Some(id) = next {
        if let Some(working) = scene.tables.objects.get(&id.key()).and_then(|object| object.working.as_ref())
        {
            return Err(busy(&id, working));
        }
        next = id.parent();
    }
    Ok(())
}

fn busy(id: &Id, working: &Working) -> Refusal {
    let doing = working.doing.as_str();
    if id.namespace.eq_ignore_ascii_case("Microsoft.ContainerService") {
        let message = format!(
            "Operation is not allowed: Another operation ({} - {doing}) is in progress, please wait for it to finish \
             before starting a new operation. See https://aka.ms/aks-pending-operation for more details",
            id.name()
        );
        return Refusal::new(409, "OperationNotAllowed", message);
    }
    if id.namespace.eq_ignore_ascii_case("Microsoft.Network") {
        let message = format!(
            "Another operation on this or dependent resource is in progress ({}: {doing}).",
            id.text()
        );
        return Refusal::new(429, "RetryableErrorDueToAnotherOperation", message);
    }
    let message = format!("The resource '{}' has another operation in progress: {doing}.", id.text());
    Refusal::new(409, "AnotherOperationInProgress", message)
}
