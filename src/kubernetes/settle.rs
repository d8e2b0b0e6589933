//! Settling: waiting until what was asked of the cluster has come about.
//!
//! Invariant: the wait ends: by success, by a failure that the object reports, by its limit of time, or by a stop.
//! Never: an object is left out of the answer: with an error comes the object as it was last seen.

use std::time::Duration;

use aksel_lang::value::Value;
use aksel_provider::provider::{Change, Progress};
use aksel_provider::stop::Stop;
use aksel_state::intent::Deed;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;

use crate::api_error::ApiError;
use crate::client::{Cluster, collection_of, encoded};
use crate::kind::{Kind, MINUTES, Wait};
use crate::wait::{Progressed, look, why_not_ready};

/// The first pause between two looks; each is longer than the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause between two looks.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// After how many looks the pods are asked what keeps them.
const LOOKS_BEFORE_PODS: u32 = 4;

impl Cluster {
    /// Waits until an object is what its kind waits for, and gives it.
    ///
    /// # Errors
    /// The object as it was last seen, and why it did not come about.
    pub async fn wait(
        &self,
        kind: &Kind,
        change: Change<'_>,
        made: &Json,
        progress: &dyn Progress,
        stop: &Stop,
    ) -> Result<Json, (Json, ApiError)> {
        let mut object = made.clone();
        if !is_waited_for(kind, change.planned) {
            return Ok(object);
        }
        let limit = self.world().now() + limit(kind, change);
        let mut pace = Pace::default();
        loop {
            let words = match look(kind.wait, kind.api.kind, &object) {
                Progressed::Done => return Ok(object),
                Progressed::Failed(why) => {
                    let why = self.with_pods(&object, why, stop).await;
                    return Err((object.clone(), not_ready(&object, why)));
                }
                Progressed::Waiting(words) => words,
            };
            if self.waits_for_first_consumer(kind, &object, stop).await {
                return Ok(object);
            }
            let words = match pace.looks > LOOKS_BEFORE_PODS {
                true => self.with_pods(&object, words, stop).await,
                false => words,
            };
            progress.says(&words);
            if self.world().now() > limit {
                return Err((object.clone(), not_ready(&object, words)));
            }
            object = match self.look_again(&object, &mut pace, stop).await {
                Ok(next) => next,
                Err(error) => return Err((object, error)),
            };
        }
    }

    async fn look_again(&self, object: &Json, pace: &mut Pace, stop: &Stop) -> Result<Json, ApiError> {
        let named = named(object);
        self.pause(pace.next(), stop, &named).await?;
        let path = path_of(object);
        let gone = || ApiError::NotReady { what: named, why: "it was deleted meanwhile".into() };
        self.get(&path, stop).await?.ok_or_else(gone)
    }

    /// A volume that is bound when the first pod uses it can never be bound before.
    async fn waits_for_first_consumer(&self, kind: &Kind, object: &Json, stop: &Stop) -> bool {
        if kind.wait != Wait::Bound {
            return false;
        }
        let Some(class) = object["spec"]["storageClassName"].as_str() else { return false };
        let path =
            format!("{}/{}", collection_of("storage.k8s.io/v1", "storageclasses", None), encoded(class));
        let class = self.get(&path, stop).await.ok().flatten();
        class.is_some_and(|class| class["volumeBindingMode"] == "WaitForFirstConsumer")
    }

    /// The words, with what keeps the object's pods.
    async fn with_pods(&self, object: &Json, words: String, stop: &Stop) -> String {
        let Some(selector) = selector(object) else { return words };
        let namespace = object["metadata"]["namespace"].as_str().unwrap_or("default");
        let path =
            format!("{}?labelSelector={}", collection_of("v1", "pods", Some(namespace)), encoded(&selector));
        let listed = self.get(&path, stop).await.ok().flatten().unwrap_or_default();
        let reasons = why_not_ready(listed["items"].as_array().map(Vec::as_slice).unwrap_or_default());
        if reasons.is_empty() { words } else { format!("{words}\n{}", reasons.join("\n")) }
    }

    /// Deletes an object and waits until it is gone.
    ///
    /// # Errors
    /// When the API server refuses, or it is not gone in time.
    pub async fn remove(
        &self,
        kind: &Kind,
        change: Change<'_>,
        path: &str,
        uid: Option<&str>,
        progress: &dyn Progress,
        stop: &Stop,
    ) -> Result<(), ApiError> {
        let limit = self.world().now() + limit(kind, change);
        self.remove_until(path, uid, limit, progress, stop).await
    }

    /// Deletes an object and waits until it is gone, for so long at most.
    ///
    /// # Errors
    /// When the API server refuses, or it is not gone in time.
    pub async fn remove_until(
        &self,
        path: &str,
        uid: Option<&str>,
        limit: Timestamp,
        progress: &dyn Progress,
        stop: &Stop,
    ) -> Result<(), ApiError> {
        self.delete(path, uid, stop).await?;
        let mut pace = Pace::default();
        loop {
            let Some(object) = self.get(path, stop).await? else { return Ok(()) };
            // Another object of the same name is not ours.
            if uid.is_some_and(|uid| object["metadata"]["uid"] != *uid) {
                return Ok(());
            }
            let words = why_still_there(&object);
            progress.says(&words);
            if self.world().now() > limit {
                return Err(ApiError::NotGone { what: named(&object), why: words });
            }
            self.pause(pace.next(), stop, &named(&object)).await?;
        }
    }
}

/// Pauses between looks.
#[derive(Default)]
struct Pace {
    looks: u32,
}

impl Pace {
    fn next(&mut self) -> Duration {
        self.looks += 1;
        LONGEST_PAUSE.min(FIRST_PAUSE * 2_u32.pow(self.looks.min(8)))
    }
}

fn is_waited_for(kind: &Kind, planned: &Value) -> bool {
    let wanted = kind.wait.argument().and_then(|name| planned.attribute(name)).and_then(Value::as_bool);
    kind.wait != Wait::Nothing && wanted != Some(false)
}

/// How long a change may take: what the block's `timeouts` say, else what the kind says.
fn limit(kind: &Kind, change: Change<'_>) -> SignedDuration {
    let (name, of, own) = match change.deed {
        Deed::Create => ("create", change.planned, kind.limits.create),
        Deed::Update => ("update", change.planned, kind.limits.update.or(kind.limits.create)),
        Deed::Delete => ("delete", change.prior, kind.limits.delete),
    };
    let own = SignedDuration::from_mins(i64::from(own.unwrap_or(MINUTES)));
    written_limit(of, name).unwrap_or(own)
}

/// What `timeouts` say.
pub(crate) fn written_limit(value: &Value, name: &str) -> Option<SignedDuration> {
    let timeouts = value.attribute("timeouts")?;
    let block = timeouts.as_slice().map_or(Some(timeouts), <[Value]>::first)?;
    block.attribute(name)?.as_str()?.parse().ok()
}

/// `Deployment ml/server`
pub(crate) fn named(object: &Json) -> String {
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let (kind, name) = (text(&object["kind"]), text(&object["metadata"]["name"]));
    match object["metadata"]["namespace"].as_str() {
        Some(namespace) => format!("{kind} {namespace}/{name}"),
        None => format!("{kind} {name}"),
    }
}

fn not_ready(object: &Json, why: String) -> ApiError {
    ApiError::NotReady { what: named(object), why }
}

fn path_of(object: &Json) -> String {
    let version = object["apiVersion"].as_str().unwrap_or("v1");
    let kind = object["kind"].as_str().unwrap_or_default();
    let kinds = crate::catalogue::KINDS.iter();
    let plural = kinds.map(|known| known.api).find(|api| api.kind == kind).map_or("", |api| api.plural);
    let collection = collection_of(version, plural, object["metadata"]["namespace"].as_str());
    format!("{collection}/{}", encoded(object["metadata"]["name"].as_str().unwrap_or_default()))
}

/// The selector of an object's pods, as a query has it.
fn selector(object: &Json) -> Option<String> {
    let labels = object["spec"]["selector"]["matchLabels"].as_object()?;
    let pairs = labels.iter().filter_map(|(key, value)| Some(format!("{key}={}", value.as_str()?)));
    Some(pairs.collect::<Vec<_>>().join(",")).filter(|selector| !selector.is_empty())
}

/// Why an object that is being deleted is still there: its finalizers, and what a namespace says.
fn why_still_there(object: &Json) -> String {
    let texts = |list: &Json| -> Vec<String> {
        list.as_array().into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect()
    };
    let finalizers =
        [texts(&object["metadata"]["finalizers"]), texts(&object["spec"]["finalizers"])].concat();
    let conditions = object["status"]["conditions"].as_array().into_iter().flatten();
    let remaining = conditions
        .filter(|condition| condition["status"] == "True")
        .filter_map(|condition| condition["message"].as_str())
        .filter(|message| object["kind"] == "Namespace" && !message.is_empty());
    let mut words: Vec<String> = remaining.map(str::to_owned).collect();
    if !finalizers.is_empty() {
        words.push(format!("waiting for {}", finalizers.join(", ")));
    }
    if words.is_empty() { "terminating".to_owned() } else { words.join("; ") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_holds_a_namespace_is_told() {
        let namespace = json!({
            "kind": "Namespace", "spec": {"finalizers": ["kubernetes"]},
            "status": {"conditions": [
                {"type": "NamespaceContentRemaining", "status": "True", "message": "pods. has 1 resource instances"},
                {"type": "NamespaceDeletionDiscoveryFailure", "status": "False", "message": "none"}]},
        });
        assert_eq!(why_still_there(&namespace), "pods. has 1 resource instances; waiting for kubernetes");
    }

    #[test]
    fn the_path_of_an_object_follows_from_what_it_says() {
        let object = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"namespace": "ml", "name": "a"}});
        assert_eq!(path_of(&object), "/apis/apps/v1/namespaces/ml/deployments/a");
        assert_eq!(named(&object), "Deployment ml/a");
    }
}
