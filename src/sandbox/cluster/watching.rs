//! Watches: a stream of changes, one line of JSON each.
//!
//! Source: <https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes>
//! Invariant: a watcher hears of every change after the version that it names, or that it is too late.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use http::header;
use serde_json::{Value, json};

use crate::cluster::forms::{AnswerShape, Form, partial};
use crate::cluster::reading::{deprecation, selection};
use crate::cluster::requests::Asked;
use crate::cluster::selection::Selection;
use crate::cluster::server::{Call, Spot, warned};
use crate::cluster::status::Refused;
use crate::cluster::store::{Change, Happening, resource_key};
use crate::cluster::tables::table;
use crate::cluster::{Cluster, cluster_now, versions};

/// How long a watch lasts that does not say.
const LONGEST_SECONDS: u64 = 1800;
/// How long before its end a watch begins to tell the version that it has reached.
const BOOKMARKS_BEFORE_END: Duration = Duration::from_secs(2);
const BOOKMARKS_EVERY: Duration = Duration::from_secs(1);
const BOOKMARKS_ELSE: Duration = Duration::from_secs(60);

/// Whether a watch is told how far it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bookmarks {
    No,
    Wanted,
}

struct Watching {
    cluster: Cluster,
    spot: Spot,
    selection: Selection,
    form: Form,
    resource: String,
    at: u64,
    /// Lines that are ready, the last one first.
    ready: Vec<Bytes>,
    bookmarks: Bookmarks,
    /// How long the watch still lasts.
    left: Duration,
    /// Whether columns have been told.
    columns: Columns,
    state: Stream,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Columns {
    Due,
    Told,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stream {
    Open,
    Ended,
}

/// Starts a watch of a kind, or of one object.
pub(crate) async fn answer(call: Call<'_>, name: Option<&str>) -> Result<Response, Refused> {
    let Call { cluster, spot, asked } = call;
    let form = Form::of(asked.headers)?;
    let text = asked.option("timeoutSeconds");
    let seconds: u64 = match text {
        "" => LONGEST_SECONDS,
        text => text
            .parse()
            .map_err(|_| Refused::bad(format!("strconv.ParseInt: parsing {text:?}: invalid syntax")))?,
    };
    let selection = selection(spot, asked)?;
    let selection = name.map_or(selection.clone(), |name| selection.clone().named(name));
    let version = asked.option("resourceVersion");
    let from: Option<u64> = match version {
        "" | "0" => None,
        text => Some(text.parse().map_err(|_| {
            let words = format!("resourceVersion: Invalid value: {text:?}: strconv.ParseUint: parsing {text:?}: invalid syntax");
            Refused::new(500, "", words)
        })?),
    };
    let resource = resource_key(spot.served.store_group(), &spot.served.plural);
    let seconds = if seconds == 0 { LONGEST_SECONDS } else { seconds };
    let mut watching = Watching {
        cluster: cluster.clone(),
        spot: spot.clone(),
        selection,
        form,
        resource,
        at: 0,
        ready: Vec::new(),
        bookmarks: if asked.wants("allowWatchBookmarks") { Bookmarks::Wanted } else { Bookmarks::No },
        left: Duration::from_secs(seconds),
        columns: Columns::Due,
        state: Stream::Open,
    };
    watching.begin(from, asked);
    let stream = futures::stream::unfold(watching, |mut watching| async move {
        let line = watching.next().await?;
        Some((Ok::<Bytes, Infallible>(line), watching))
    });
    let kind = [(header::CONTENT_TYPE, "application/json")];
    Ok(warned((kind, Body::from_stream(stream)).into_response(), &deprecation(&spot.served)))
}

impl Watching {
    fn begin(&mut self, from: Option<u64>, asked: &Asked<'_>) {
        // Progress of the storage is not asked for, so these streams are refused, and clients list first.
        let streams = asked.wants("sendInitialEvents");
        let unset = asked.option("resourceVersion").is_empty();
        if self.bookmarks == Bookmarks::Wanted && (streams || unset) {
            let words = "a watch stream was requested by the client but the required storage feature RequestWatchProgress is disabled";
            self.fail(&Refused::new(500, "InternalError", words));
            return;
        }
        let cluster = self.cluster.clone();
        let world = cluster.world();
        match from {
            Some(from) => self.at = from,
            None => {
                let namespace = self.spot.namespace.clone();
                let all: Vec<Arc<Value>> = world
                    .store
                    .all(&self.resource, namespace.as_deref())
                    .filter(|object| self.selection.takes(object))
                    .cloned()
                    .collect();
                self.ready = all.iter().map(|object| self.line("ADDED", object)).collect();
                self.ready.reverse();
                self.at = world.store.version();
            }
        }
    }

    fn fail(&mut self, refused: &Refused) {
        self.ready.push(line("ERROR", &refused.to_json()));
        self.state = Stream::Ended;
    }

    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(line) = self.ready.pop() {
                return Some(line);
            }
            if self.state == Stream::Ended {
                return None;
            }
            let mut news = self.cluster.news();
            news.mark_unchanged();
            let (changes, oldest) = {
                let world = self.cluster.world();
                (world.store.since(self.at), world.store.oldest())
            };
            let Some(changes) = changes else {
                let words = format!("too old resource version: {} ({oldest})", self.at);
                self.fail(&Refused::new(410, "Expired", words));
                continue;
            };
            if changes.is_empty() {
                let pause = self.pause();
                tokio::select! {
                    changed = news.changed() => changed.ok()?,
                    () = crate::clock::sleep(pause) => self.left = self.left.saturating_sub(pause),
                }
                if self.left.is_zero() {
                    return None;
                }
                self.mark();
                continue;
            }
            self.at = changes.last().map_or(self.at, |change| change.version);
            let lines: Vec<Bytes> = changes.iter().filter_map(|change| self.shown(change)).collect();
            self.ready = lines.into_iter().rev().collect();
        }
    }

    /// How long to wait when nothing happens.
    fn pause(&self) -> Duration {
        if self.bookmarks == Bookmarks::No {
            return self.left;
        }
        if self.left > BOOKMARKS_BEFORE_END {
            return (self.left - BOOKMARKS_BEFORE_END).min(BOOKMARKS_ELSE);
        }
        self.left.min(BOOKMARKS_EVERY)
    }

    /// Tells how far the watch has come, if that is wanted.
    fn mark(&mut self) {
        if self.bookmarks == Bookmarks::No {
            return;
        }
        let version = self.cluster.world().store.version().max(self.at);
        let object = json!({
            "kind": self.spot.served.kind, "apiVersion": self.spot.served.api_version(),
            "metadata": { "resourceVersion": version.to_string() },
        });
        self.ready.push(line("BOOKMARK", &object));
    }

    fn shown(&mut self, change: &Change) -> Option<Bytes> {
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
        // What leaves a selection is shown as it was, with the version of the change.
        let mut object = Arc::clone(&change.object);
        if let (true, false, Some(before)) = (before, after, &change.before) {
            let mut last = (**before).clone();
            last["metadata"]["resourceVersion"] = change.version.to_string().into();
            object = Arc::new(last);
        }
        Some(self.line(word, &object))
    }

    fn line(&mut self, word: &str, object: &Arc<Value>) -> Bytes {
        let object = versions::shown(&self.spot.served, object);
        match &self.form.shape {
            AnswerShape::Whole => line(word, &object),
            AnswerShape::Partial(version) => line(word, &partial(&object, version)),
            AnswerShape::Table(version) => {
                let metadata = json!({ "resourceVersion": object["metadata"]["resourceVersion"] });
                let mut table = table(&self.spot.served, &[&object], &metadata, version, cluster_now());
                if self.columns == Columns::Told {
                    table["columnDefinitions"] = Value::Null;
                }
                self.columns = Columns::Told;
                line(word, &table)
            }
        }
    }
}

fn line(word: &str, object: &Value) -> Bytes {
    let mut line = json!({ "type": word, "object": object }).to_string();
    line.push('\n');
    line.into()
}
